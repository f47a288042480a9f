import type { Link } from "./model.js";
import { invalid, unsupported, type Path } from "./value.js";

/** ConvertOutput of LightGBM's src/objective, by the objective's name and the options written after it. */
export function lightgbmLink(text: string | undefined, outputs: number, path: Path): Link {
  // Models of a custom objective have no line, or `none` or `custom`; their margins are their predictions.
  const [name = "", ...options] = (text ?? "").trim().split(/ +/);
  const sqrt = options.includes("sqrt");
  switch (name) {
    case "":
    case "none":
    case "custom":
    case "lambdarank":
    case "rank_xendcg":
    case "huber":
      return { kind: "identity" };
    case "regression":
    case "regression_l2":
    case "regression_l1":
    case "fair":
    case "quantile":
    case "mape":
      return { kind: sqrt ? "signedSquare" : "identity" };
    case "poisson":
    case "gamma":
    case "tweedie":
      return { kind: "exp" };
    case "binary":
      return { kind: "sigmoid", scale: option(options, "sigmoid", path) };
    case "multiclassova":
      checkClasses(options, outputs, path);
      return { kind: "sigmoid", scale: option(options, "sigmoid", path) };
    case "multiclass":
      checkClasses(options, outputs, path);
      return { kind: "softmax" };
    case "cross_entropy":
    case "xentropy":
      return { kind: "sigmoid", scale: 1 };
    case "cross_entropy_lambda":
    case "xentlambda":
      return { kind: "softplus" };
    default:
      throw unsupported(path, `the objective ${JSON.stringify(name.slice(0, 100))}`, {
        expected:
          "regression, regression_l1, huber, fair, quantile, mape, poisson, gamma, tweedie, binary, multiclass, multiclassova, cross_entropy, cross_entropy_lambda, lambdarank, rank_xendcg or custom",
      });
  }
}

/** `sigmoid:1`, `num_class:3`: a number above 0. */
function option(options: readonly string[], name: string, path: Path): number {
  const text = options.find((item) => item.startsWith(`${name}:`))?.slice(name.length + 1);
  const value = text !== undefined && /^(?:\d+(?:\.\d*)?|\.\d+)(?:e[-+]?\d+)?$/i.test(text) ? Number(text) : NaN;
  if (!(value > 0 && value < Infinity)) throw invalid(path, `the objective's ${name}`, { expected: "a number above 0", actual: text ?? "nothing" });
  return value;
}

function checkClasses(options: readonly string[], outputs: number, path: Path): void {
  const classes = option(options, "num_class", path);
  if (classes !== outputs) throw invalid(path, "the objective has another number of classes than the model has outputs", { expected: String(outputs), actual: String(classes) });
}
