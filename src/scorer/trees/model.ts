import type { ModelProgram, TreeEnsemble } from "../program.js";

/** What turns a margin into a prediction. */
export type Link =
  | { readonly kind: "identity" | "exp" | "softmax" }
  /** 1 / (1 + exp(-scale x)) */
  | { readonly kind: "sigmoid"; readonly scale: number }
  /** Index of the first greatest margin, as a float. */
  | { readonly kind: "argmax" }
  /** x > 0 ? 1 : 0 */
  | { readonly kind: "hinge" }
  /** log(1 + exp(x)) */
  | { readonly kind: "softplus" }
  /** sign(x) x² */
  | { readonly kind: "signedSquare" };

/** Trees over the input's columns, followed by the columns `floored` rounded down. */
export interface TreeMargin {
  readonly kind: "trees";
  readonly ensemble: TreeEnsemble;
  readonly floored: readonly number[];
}

/** bias + x W, each sum beginning with the bias, in the order of the columns; NaN counts as 0. */
export interface LinearMargin {
  readonly kind: "linear";
  /** [features, outputs], row-major. */
  readonly weights: Float32Array;
  readonly bias: Float32Array;
}

/**
 * Trees whose leaves hold linear functions. Target k of the ensemble is output k's constant; the targets after the
 * constants are coefficients, target `outputs + i` that of column `terms[i].column` for `terms[i].output`.
 */
export interface LinearTreeMargin {
  readonly kind: "linearTrees";
  readonly ensemble: TreeEnsemble;
  readonly terms: readonly { readonly output: number; readonly column: number }[];
}

/** What XGBoost and LightGBM models have in common: a margin for each output, and what is made of it. */
export interface TreeModel {
  readonly source: ModelProgram["source"] & ("xgboost" | "lightgbm");
  /** Columns of the input. */
  readonly features: number;
  readonly outputs: number;
  /** Of margins and predictions. */
  readonly element: "f32" | "f64";
  readonly margin: TreeMargin | LinearMargin | LinearTreeMargin;
  /** Margins are divided by it before the link; they are returned undivided. */
  readonly divisor?: number | undefined;
  readonly link: Link;
}

/** Whether the margin is an output of its own beside the prediction. */
export function hasRaw({ link, divisor }: TreeModel): boolean {
  return link.kind !== "identity" || divisor !== undefined;
}
