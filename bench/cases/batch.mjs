import { defineFeatures, t } from "../../dist/index.js";
import { elementary, scaler, six } from "../baseline/columns.mjs";
import { duckdbSubject, loopSubject, polarsSubject, skewlessSubject } from "../lib/batch-subjects.mjs";
import { MEAN_A, MEAN_B, SCALE_A, SCALE_B, sixFeatures } from "../lib/columns.mjs";

const ROUNDS = 7;
const oneColumn = (expression) => () =>
  defineFeatures({ inputs: { a: t.float64() }, features: ({ a }) => ({ out: expression(a).as("float64") }) });

const sixCase = {
  name: "six",
  unit: "ms",
  rounds: ROUNDS,
  check: { default: 1e-14, "skewless-float32": 1e-6 },
  processes: {
    skewless: skewlessSubject("skewless", () => sixFeatures("float64")),
    "skewless-float32": skewlessSubject("skewless-float32", () => sixFeatures("float32")),
    polars: polarsSubject(({ col }) => [
      col("a").sub(MEAN_A).div(SCALE_A).alias("aScaled"),
      col("b").sub(MEAN_B).div(SCALE_B).alias("bScaled"),
      col("a").log1p().alias("aLog"),
      col("a").clip(10, 90).alias("aClipped"),
      col("a").div(col("b").add(1)).alias("ratio"),
      col("a").mul(col("b")).alias("product"),
    ]),
    duckdb: duckdbSubject(
      `(a - ${MEAN_A}) / ${SCALE_A}::DOUBLE, (b - ${MEAN_B}) / ${SCALE_B}::DOUBLE, ln(1 + a), greatest(least(a, 90), 10), a / (b + 1), a * b`,
    ),
    typescript: loopSubject("typescript", six),
  },
};

const scalerCase = {
  name: "scaler",
  unit: "ms",
  rounds: ROUNDS,
  check: { default: 1e-14, memcpy: Infinity, "memcpy-warm": Infinity },
  processes: {
    skewless: skewlessSubject("skewless", oneColumn((a) => a.standardize(MEAN_A, SCALE_A)), { inputs: ["a"] }),
    // A copy into memory of its own, as the scaler's result is, and one into memory that is there already.
    memcpy: loopSubject("memcpy", ({ a }) => () => [a.slice()]),
    "memcpy-warm": loopSubject("memcpy-warm", ({ a }, rows) => {
      const target = new Float64Array(rows);
      return () => {
        target.set(a);
        return [target];
      };
    }),
    polars: polarsSubject(({ col }) => [col("a").sub(MEAN_A).div(SCALE_A).alias("out")]),
    duckdb: duckdbSubject(`(a - ${MEAN_A}) / ${SCALE_A}::DOUBLE`),
    typescript: loopSubject("typescript", scaler),
  },
};

const perElement = (milliseconds, rows) => (milliseconds * 1e6) / rows;

const elementaryCase = (name, sql) => {
  const features = oneColumn((a) => a[name]());
  const shared = { scale: perElement };
  return {
    name,
    unit: "ns/element",
    rounds: ROUNDS,
    check: { default: 1e-14 },
    processes: {
      skewless: skewlessSubject("skewless", features, { ...shared, inputs: ["a"] }),
      "skewless-avx2": skewlessSubject("skewless-avx2", features, { ...shared, inputs: ["a"], compile: { isa: "avx2" } }),
      polars: polarsSubject(({ col }) => [col("a")[name]().alias("out")], shared),
      duckdb: duckdbSubject(`${sql}(a)`, shared),
      typescript: loopSubject("typescript", elementary[name], shared),
    },
  };
};

export default {
  name: "batch",
  title: "columns of float64 on one thread, results in memory of their own",
  cases: [sixCase, scalerCase, elementaryCase("log", "ln"), elementaryCase("exp", "exp"), elementaryCase("sin", "sin")],
  targets: (figures) => [
    { claim: "six: times faster than Polars", limit: 3, unit: "×", atLeast: true, measured: figures.ratio("six", "polars", "skewless") },
    { claim: "six: times faster than DuckDB", limit: 5, unit: "×", atLeast: true, measured: figures.ratio("six", "duckdb", "skewless") },
    { claim: "scaler: times a copy into fresh memory", limit: 1.5, unit: "×", measured: figures.ratio("scaler", "skewless", "memcpy") },
    { claim: "scaler: times a copy into used memory", limit: 1.5, unit: "×", measured: figures.ratio("scaler", "skewless", "memcpy-warm") },
    ...["log", "exp", "sin"].flatMap((name) => [
      { claim: `${name}, an element`, limit: 2.5, unit: " ns", measured: figures.value(name, "skewless") },
      { claim: `${name} with AVX2, an element`, limit: 2.5, unit: " ns", measured: figures.value(name, "skewless-avx2") },
    ]),
  ],
};
