import { fittedCases } from "../lib/fitted-subjects.mjs";

export default {
  name: "transform-sklearn",
  title: "transforming one column of 1 M rows, results in memory of their own",
  cases: fittedCases("transform"),
  targets: (figures) =>
    figures.cases.map((name) => ({
      claim: `${name}: times faster than scikit-learn`,
      limit: 3,
      unit: "×",
      atLeast: true,
      measured: figures.ratio(name, "sklearn", "skewless"),
    })),
};
