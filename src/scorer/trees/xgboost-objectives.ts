import type { Link } from "./model.js";
import { invalid, unsupported, type Path } from "./value.js";

/**
 * How the objective's base score becomes a margin, in float32, and a margin a prediction (XGBoost's src/objective, as of
 * version 3). binary:logitraw's score is a margin already, which releases before 1.3.1 saw otherwise.
 */
interface Objective {
  readonly margin: "identity" | "logit" | "log";
  readonly link: Link;
}

const identity: Objective = { margin: "identity", link: { kind: "identity" } };
const logistic: Objective = { margin: "logit", link: { kind: "sigmoid", scale: 1 } };
const logarithmic: Objective = { margin: "log", link: { kind: "exp" } };

const OBJECTIVES: ReadonlyMap<string, Objective> = new Map<string, Objective>([
  ["binary:logistic", logistic],
  ["reg:logistic", logistic],
  ["binary:logitraw", identity],
  ["binary:hinge", { margin: "identity", link: { kind: "hinge" } }],
  ["multi:softprob", { margin: "identity", link: { kind: "softmax" } }],
  ["multi:softmax", { margin: "identity", link: { kind: "argmax" } }],
  ["reg:squarederror", identity],
  ["reg:linear", identity],
  ["reg:squaredlogerror", identity],
  ["reg:pseudohubererror", identity],
  ["reg:absoluteerror", identity],
  ["reg:quantileerror", identity],
  ["rank:pairwise", identity],
  ["rank:ndcg", identity],
  ["rank:map", identity],
  ["reg:gamma", logarithmic],
  ["reg:tweedie", logarithmic],
  ["count:poisson", logarithmic],
  ["survival:cox", logarithmic],
  ["survival:aft", logarithmic],
]);

/** Probabilities are kept this far from 0 and 1 (XGBoost's kRtEps, since version 3.1). */
const LEAST = Math.fround(1e-6);

export function objectiveOf(name: string, path: Path): Objective {
  const objective = OBJECTIVES.get(name);
  if (objective === undefined) throw unsupported(path, `the objective ${JSON.stringify(name.slice(0, 100))}`, { expected: [...OBJECTIVES.keys()].join(", ") });
  return objective;
}

/** A base score, given in the prediction's own unit, as a margin. */
export function baseMargin(score: number, { margin }: Objective, path: Path): number {
  const wrong = (expected: string): never => {
    throw invalid(path, "wrong base score", { expected, actual: String(score) });
  };
  if (!Number.isFinite(score)) wrong("a finite number");
  switch (margin) {
    case "identity":
      return score;
    case "logit": {
      if (!(score >= 0 && score <= 1)) wrong("a number from 0 to 1");
      const inside = Math.min(Math.max(score, LEAST), Math.fround(1 - LEAST));
      return Math.fround(-Math.log(Math.fround(Math.fround(1 / inside) - 1)));
    }
    case "log":
      if (!(score >= 0)) wrong("a number of at least 0");
      return Math.fround(Math.log(score));
  }
}
