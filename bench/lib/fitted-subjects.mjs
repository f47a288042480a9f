// The common six of scikit-learn's transformations, each by skewless, by scikit-learn and by hand-written TypeScript.
import { makeVector, Table } from "apache-arrow";
import { defineFeatures, t } from "../../dist/index.js";
import { fitted } from "../baseline/fitted.mjs";
import { sampleColumns } from "./columns.mjs";
import { city, code, fittedRows, makeNumbers, makeTexts, textVector } from "./fitted-data.mjs";
import { timeCalls } from "./measure.mjs";
import { startSklearn } from "./sklearn.mjs";

const CALLS = 3;
const numbers = (options) => ({ numbers: makeNumbers(fittedRows(options)) });
const gaps = (options) => ({ numbers: makeNumbers(fittedRows(options), { missing: true }) });
const codes = (options) => ({ texts: makeTexts(fittedRows(options), { distinct: 20, name: code }) });
const cities = (options) => ({ texts: makeTexts(fittedRows(options), { distinct: 200, name: city }) });

const spread = (quantiles) => Array.from({ length: 101 }, (_, i) => quantiles[Math.floor((i * (quantiles.length - 1)) / 100)]);
const texts = (categories) => categories.flatMap((text) => [text.length, text.charCodeAt(0)]);

/**
 * Each with the data, the chain, the numbers of its state that are compared, the same of the baseline's state, and the
 * classes and options of scikit-learn: several where there is a choice to make, the first its default.
 */
const TRANSFORMERS = {
  standard: {
    data: numbers,
    chain: (x) => x.standardScaler(),
    state: ({ mean, scale }) => [mean, scale],
    byHand: ({ center, scale }) => [center, scale],
    sklearn: { sklearn: ["StandardScaler", {}] },
  },
  robust: {
    data: numbers,
    chain: (x) => x.robustScaler(),
    state: ({ center, scale }) => [center, scale],
    byHand: ({ center, scale }) => [center, scale],
    sklearn: { sklearn: ["RobustScaler", {}] },
  },
  quantile: {
    data: numbers,
    chain: (x) => x.quantileTransformer(),
    state: ({ quantiles }) => spread(quantiles),
    byHand: ({ quantiles }) => spread(quantiles),
    // By default it fits on 10,000 rows drawn by chance; `sklearn-all` on all rows, as skewless does.
    sklearn: { sklearn: ["QuantileTransformer", {}], "sklearn-all": ["QuantileTransformer", { subsample: 2 ** 30 }] },
  },
  onehot: {
    data: codes,
    chain: (x) => x.oneHotEncoder(),
    state: ({ categories }) => texts(categories),
    byHand: (codes) => texts([...codes.keys()]),
    // A sparse matrix of float64 by default; the dense one is float32, as skewless' columns are.
    sklearn: { sklearn: ["OneHotEncoder", {}], "sklearn-dense": ["OneHotEncoder", { sparse_output: false, dtype: "float32" }] },
  },
  ordinal: {
    data: cities,
    chain: (x) => x.ordinalEncoder(),
    state: ({ categories }) => texts(categories),
    byHand: (codes) => texts([...codes.keys()]),
    sklearn: { sklearn: ["OrdinalEncoder", {}] },
  },
  "impute-mean": {
    data: gaps,
    chain: (x) => x.simpleImputer(),
    state: ({ fill }) => [fill],
    byHand: ({ value }) => [value],
    sklearn: { sklearn: ["SimpleImputer", {}] },
  },
  "impute-median": {
    data: gaps,
    chain: (x) => x.simpleImputer({ strategy: "median" }),
    state: ({ fill }) => [fill],
    byHand: ({ value }) => [value],
    sklearn: { sklearn: ["SimpleImputer", { strategy: "median" }] },
  },
};

const subject = (name, definition, make) => ({
  execArgv: ["--expose-gc"],
  ...definition,
  prepare: async (options) => {
    const rows = fittedRows(options);
    const { sample, time } = await make(options, rows);
    await time(CALLS);
    return { facts: { sample }, round: async () => [{ subject: name, rows, samples: await time(CALLS) }] };
  },
});

function table({ numbers: values, texts: strings }) {
  return new Table({ x: values === undefined ? textVector(strings) : makeVector(values) });
}

/** Numbers stay float64, which is what the others compute in; the columns of a one-hot encoding are float32 anyway. */
function features({ data, chain }) {
  const text = data === codes || data === cities;
  return defineFeatures({
    inputs: { x: text ? t.utf8() : t.float64() },
    features: ({ x }) => ({ out: data === codes ? chain(x) : chain(x).as("float64") }),
  });
}

const skewlessFit = (name, entry, threads) =>
  subject(name, {}, async (options) => {
    const data = table(entry.data(options));
    const set = features(entry);
    const run = () => set.fit(data, { threads });
    return { sample: Float64Array.from(entry.state((await run()).steps[0].state)), time: (calls) => timeCalls(run, calls) };
  });

const columnsOf = (result) => result.schema.fields.map((_, c) => {
  const values = result.getChildAt(c);
  return (row) => values.get(row);
});

const skewlessTransform = (name, entry, threads) =>
  subject(name, {}, async (options, rows) => {
    const data = table(entry.data(options));
    const engine = (await features(entry).fit(data)).compile({ threads });
    const run = () => engine.batch(data);
    return { sample: sampleColumns(rows, columnsOf(run())), time: (calls) => timeCalls(run, calls) };
  });

const sklearn = (name, entry, act, [transformer, options]) =>
  subject(name, { peer: "scikit-learn" }, (given, rows) => startSklearn({ rows, ...entry.data(given), transformer, options, act }));

const typescript = (key, entry, act) =>
  subject("typescript", {}, (options, rows) => {
    const { numbers: values, texts: strings } = entry.data(options);
    const column = values ?? strings.strings;
    const { fit, transform } = fitted[key];
    if (act === "fit") {
      const run = () => fit(column);
      return { sample: Float64Array.from(entry.byHand(run())), time: (calls) => timeCalls(run, calls) };
    }
    const state = fit(column);
    const run = () => transform(column, state);
    return { sample: sampleColumns(rows, run().map((out) => (row) => out[row])), time: (calls) => timeCalls(run, calls) };
  });

/** A case a transformer: skewless on one thread and on two, scikit-learn, TypeScript. */
export function fittedCases(act) {
  const skewless = act === "fit" ? skewlessFit : skewlessTransform;
  return Object.entries(TRANSFORMERS).map(([name, entry]) => ({
    name,
    unit: "ms",
    rounds: 5,
    check: {
      default: act === "fit" ? 1e-9 : 1e-6,
      // 10,000 rows of a million: quantiles and ranks near, no more.
      ...(name === "quantile" ? { sklearn: act === "fit" ? 1 : 0.05, "sklearn-all": 1e-9, typescript: 1e-6 } : {}),
    },
    processes: {
      skewless: skewless("skewless", entry, 1),
      "skewless-2": skewless("skewless-2", entry, 2),
      ...Object.fromEntries(
        Object.entries(entry.sklearn)
          // How the result is stored makes no difference to fitting.
          .filter(([peer]) => act !== "fit" || peer !== "sklearn-dense")
          .map(([peer, definition]) => [peer, sklearn(peer, entry, act, definition)]),
      ),
      typescript: typescript(name, entry, act),
    },
  }));
}
