import { httpSubject } from "../lib/online-http.mjs";
import { logSubject, redisSubject, vectorSubject } from "../lib/online-subjects.mjs";

export default {
  name: "online",
  title: "a view of 2 groups and 20 features, on-demand and fitted transformations, 100 trees of depth 6",
  cases: [
    { name: "vector", unit: "ns", rounds: 5, rows: 1, processes: { getFeatureVector: vectorSubject("getFeatureVector"), predict: vectorSubject("predict") } },
    { name: "redis", unit: "µs", rounds: 5, rows: 1, processes: { skewless: redisSubject() } },
    { name: "log", unit: "µs", rounds: 5, rows: 1, processes: { skewless: logSubject() } },
    { name: "http", unit: "µs", rounds: 5, rows: 1, check: { default: 0.05 }, processes: { fastify: httpSubject("fastify"), skewless: httpSubject("skewless") } },
  ],
  targets: (figures) => {
    const rows = figures.toRows();
    const p99 = (name, subject) => rows.find((row) => row.case === name && row.subject === subject)?.p99;
    const difference = (a, b) => (a === undefined || b === undefined ? undefined : a - b);
    const noise = difference(p99("log", "off again"), p99("log", "off"));
    return [
      { claim: "getFeatureVector on LMDB, median", limit: 25_000, unit: " ns", measured: figures.value("vector", "getFeatureVector") },
      { claim: "getFeatureVector on LMDB, p99", limit: 100_000, unit: " ns", measured: p99("vector", "getFeatureVector") },
      { claim: "getFeatureVector and predict, median", limit: 30_000, unit: " ns", measured: figures.value("vector", "predict") },
      { claim: "getFeatureVector on Redis, times a bare pipelined call", limit: 1.3, unit: "×", measured: figures.ratio("redis", "getFeatureVector", "bare client") },
      { claim: "logging: more at the median", limit: 3, unit: " µs", measured: difference(figures.value("log", "on"), figures.value("log", "off")) },
      // Two services without a log differ by as much: a microsecond at least is noise on any machine.
      { claim: "logging: more at p99, against noise", limit: Math.max(1, 2 * Math.abs(noise ?? 0)), unit: " µs", measured: difference(p99("log", "on"), p99("log", "off")) },
      { claim: "POST /v1/predict, mean latency, times a bare Fastify route", limit: 1.25, unit: "×", measured: figures.ratio("http", "skewless", "fastify") },
      { claim: "POST /v1/predict, time at full load, times a bare Fastify route", limit: 1.25, unit: "×", measured: figures.ratio("http-full", "skewless", "fastify") },
      { claim: "POST /v1/predict at 2,000 requests/s, p99", limit: 10, unit: " ms", measured: figures.value("http-2000-p99", "skewless") },
    ];
  },
};
