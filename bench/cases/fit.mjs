import { fittedCases } from "../lib/fitted-subjects.mjs";

export default {
  name: "fit",
  title: "fitting one column of 1 M rows, from memory to state",
  cases: fittedCases("fit"),
  targets: (figures) =>
    figures.cases.map((name) => ({
      claim: `${name}: times as fast as scikit-learn`,
      limit: 1,
      unit: "×",
      atLeast: true,
      measured: figures.ratio(name, "sklearn", "skewless"),
    })),
};
