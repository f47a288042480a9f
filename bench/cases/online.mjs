import { redisSubject, vectorSubject } from "../lib/online-subjects.mjs";

export default {
  name: "online",
  title: "a view of 2 groups and 20 features, on-demand and fitted transformations, 100 trees of depth 6",
  cases: [
    { name: "vector", unit: "ns", rounds: 5, rows: 1, processes: { getFeatureVector: vectorSubject("getFeatureVector"), predict: vectorSubject("predict") } },
    { name: "redis", unit: "µs", rounds: 5, rows: 1, processes: { skewless: redisSubject() } },
  ],
  targets: (figures) => {
    const row = (name, subject) => figures.toRows().find((entry) => entry.case === name && entry.subject === subject);
    return [
      { claim: "getFeatureVector on LMDB, median", limit: 25_000, unit: " ns", measured: figures.value("vector", "getFeatureVector") },
      { claim: "getFeatureVector on LMDB, p99", limit: 100_000, unit: " ns", measured: row("vector", "getFeatureVector")?.p99 },
      { claim: "getFeatureVector and predict, median", limit: 30_000, unit: " ns", measured: figures.value("vector", "predict") },
      { claim: "getFeatureVector on Redis, times a bare pipelined call", limit: 1.3, unit: "×", measured: figures.ratio("redis", "getFeatureVector", "bare client") },
    ];
  },
};
