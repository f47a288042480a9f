/**
 * A compiled model as data: steps over registers, made by the readers of ONNX, XGBoost and LightGBM models, encoded to
 * bytes and run by native/score. A register holds `width` elements for each row; a step writes one register. Nothing
 * else is shared between rows, so a row and a batch compute the same bits.
 */

import type { TensorInfo } from "./tensor.js";

/** float32, float64, int64 (bool too, as 0 and 1), or text, which only inputs, `select` and `concat` hold. */
export type Element = "f32" | "f64" | "i64" | "text";

export interface Register {
  readonly element: Element;
  readonly width: number;
  /** The same `width` values for all rows. */
  readonly constant?: Float32Array | Float64Array | BigInt64Array | readonly string[];
}

/** Index into `ModelProgram.registers`. */
export type RegisterIndex = number;

export interface ProgramInput extends TensorInfo {
  /** f32 for float16/float32, f64, text; i64 for every integer type and bool. */
  readonly register: RegisterIndex;
}

export interface ProgramOutput extends TensorInfo {
  /** As for inputs. Where `labels` is given: an i64 register of width 1 whose value chooses one of them. */
  readonly register: RegisterIndex;
  /** Class labels of the model; the output is a tensor of string or int64 as `type` says. */
  readonly labels?: readonly string[] | BigInt64Array;
  /** Where the output itself is the index of a class: how many there are, 0, 1, 2 and so on. */
  readonly bound?: number;
  /** Rank of the declared tensor: 1 for [N], 2 for [N, width]. */
  readonly rank: 1 | 2;
}

export interface ModelProgram {
  /** What the model was read from, for messages and `scorer.backend`: "onnx", "xgboost", "lightgbm". */
  readonly source: "onnx" | "xgboost" | "lightgbm";
  readonly registers: readonly Register[];
  readonly inputs: readonly ProgramInput[];
  readonly outputs: readonly ProgramOutput[];
  readonly steps: readonly Step[];
}

/** Elementwise functions of one f32 or f64 register (`not`, `abs`, `neg`, `sign` also i64); the result's element is the input's. */
export type UnaryFunction =
  | "abs" | "neg" | "sign" | "not" | "reciprocal" | "sqrt" | "exp" | "log" | "floor" | "ceil" | "round" // to even
  | "erf" | "sigmoid" | "tanh" | "relu" | "softplus" | "softsign" | "gelu" // 0.5 x (1 + erf(x / sqrt 2))
  | "probit" // sqrt(2) erfinv(2 p - 1), by ONNX Runtime's approximation of erfinv: ONNX-ML's PROBIT
  | "leakyRelu" | "elu" | "celu" | "thresholdedRelu" // parameter alpha
  | "selu" | "hardSigmoid" // alpha, beta (selu: alpha, gamma): hardSigmoid max(0, min(1, alpha x + beta))
  | "clip" // alpha = min, beta = max; NaN stays
  | "binarize" // x > alpha ? 1 : 0
  | "isNaN"; // result i64

/** Elementwise functions of two registers of one element type; widths equal, or one of them 1. Comparisons give i64. */
export type BinaryFunction =
  | "add" | "sub" | "mul" | "div" | "pow" | "min" | "max" // min and max give NaN where either is; i64 wraps, divided by 0 it is 0
  | "mod" // C's fmod for floats, the sign of the divisor for i64 (ONNX Mod with fmod 1 and 0); by 0 of i64: 0
  | "lt" | "le" | "gt" | "ge" | "eq" | "ne"
  | "and" | "or" | "xor"; // of i64

export type Step =
  | { readonly op: "trees"; readonly input: RegisterIndex; readonly output: RegisterIndex; readonly ensemble: TreeEnsemble }
  | {
      /** activation(x W + bias), each sum in the order of x, bias added last. */
      readonly op: "dense";
      readonly input: RegisterIndex;
      readonly output: RegisterIndex;
      /** [input width, output width], row-major, of the register's element. */
      readonly weights: Float32Array | Float64Array;
      readonly bias?: Float32Array | Float64Array;
    }
  | { readonly op: "unary"; readonly fn: UnaryFunction; readonly input: RegisterIndex; readonly output: RegisterIndex; readonly alpha?: number; readonly beta?: number }
  | { readonly op: "binary"; readonly fn: BinaryFunction; readonly left: RegisterIndex; readonly right: RegisterIndex; readonly output: RegisterIndex }
  | {
      /** condition (i64, not 0) ? yes : no; widths equal or 1. */
      readonly op: "where";
      readonly condition: RegisterIndex;
      readonly yes: RegisterIndex;
      readonly no: RegisterIndex;
      readonly output: RegisterIndex;
    }
  | {
      /** (x - offset) * scale for each column. */
      readonly op: "scale";
      readonly input: RegisterIndex;
      readonly output: RegisterIndex;
      readonly offset: Float32Array | Float64Array;
      readonly scale: Float32Array | Float64Array;
    }
  | {
      /** Replaces what equals `missing` (NaN: NaNs) by the column's value; f32, f64 or i64. */
      readonly op: "impute";
      readonly input: RegisterIndex;
      readonly output: RegisterIndex;
      readonly missing: number | bigint;
      readonly values: Float32Array | Float64Array | BigInt64Array;
    }
  | {
      /** Divides a row by its norm; a row of norm 0 stays as it is. "max" divides by the greatest value, as ONNX Runtime does. */
      readonly op: "normalize";
      readonly norm: "l1" | "l2" | "max";
      readonly input: RegisterIndex;
      readonly output: RegisterIndex;
    }
  | { readonly op: "softmax"; readonly kind: "softmax" | "logSoftmax" | "softmaxZero"; readonly input: RegisterIndex; readonly output: RegisterIndex }
  | { readonly op: "reduce"; readonly fn: "sum" | "mean" | "min" | "max" | "sumSquares" | "l1" | "l2"; readonly input: RegisterIndex; readonly output: RegisterIndex }
  | { readonly op: "argmax"; readonly kind: "max" | "min"; readonly last: boolean; readonly input: RegisterIndex; readonly output: RegisterIndex }
  | { readonly op: "select"; readonly columns: Int32Array; readonly input: RegisterIndex; readonly output: RegisterIndex }
  | { readonly op: "concat"; readonly inputs: readonly RegisterIndex[]; readonly output: RegisterIndex }
  | {
      /** Between f32, f64 and i64. To i64: truncation; what is not representable becomes the least int64, as x86 does. */
      readonly op: "cast";
      readonly input: RegisterIndex;
      readonly output: RegisterIndex;
      /** Also to 0 or 1: x is not 0. */
      readonly toBool?: boolean;
    }
  | {
      /** For each column of the input, one 0/1 column a category; unknown values give zeros or fail. i64 and text, f32 too. */
      readonly op: "oneHot";
      readonly input: RegisterIndex;
      readonly output: RegisterIndex;
      readonly categories: BigInt64Array | Float32Array | readonly string[];
      readonly unknown: "zeros" | "error";
    }
  | {
      /** Elementwise lookup of keys (of the input's element; NaN may be a key) to values (of the output's element). */
      readonly op: "lookup";
      readonly input: RegisterIndex;
      readonly output: RegisterIndex;
      readonly keys: BigInt64Array | Float32Array | Float64Array | readonly string[];
      readonly values: BigInt64Array | Float32Array | Float64Array;
      readonly otherwise: number | bigint;
    };

/** The registers that a step reads, in the order in which they are encoded. */
export function operandsOf(step: Step): readonly RegisterIndex[] {
  switch (step.op) {
    case "binary":
      return [step.left, step.right];
    case "where":
      return [step.condition, step.yes, step.no];
    case "concat":
      return step.inputs;
    default:
      return [step.input];
  }
}

/** How a node compares: true leads to `yes`. "in": the value, truncated, is an integer in the node's set. */
export const NODE_MODES = ["leaf", "lt", "le", "gt", "ge", "eq", "ne", "in"] as const;
export type NodeMode = (typeof NODE_MODES)[number];

/**
 * Trees in flat arrays, one entry a node. A leaf adds its values to the targets; nodes of one tree are reached from its
 * root and no node is reached twice. The native side checks all of it.
 */
export interface TreeEnsemble {
  readonly targets: number;
  /** First node of each tree, in the order in which values are added. */
  readonly roots: Int32Array;
  /** Index into NODE_MODES. */
  readonly modes: Uint8Array;
  /** Column of the input; 0 at leaves. */
  readonly features: Int32Array;
  /** In float32 where `compare` is "f32". At "in" nodes: index into `sets`. */
  readonly thresholds: Float64Array;
  readonly yes: Int32Array;
  readonly no: Int32Array;
  /** Where NaN goes: 1 yes, 0 no. */
  readonly missingYes: Uint8Array;
  /** Where given: 1 at nodes to which values of magnitude up to 1e-35 count as missing too (LightGBM's zero_as_missing). */
  readonly zeroMissing?: Uint8Array;
  /** Category sets as bits, 32 a word, for "in" nodes. */
  readonly sets: readonly Uint32Array[];
  /** First entry of each node in leafTargets and leafValues; length nodes + 1, empty ranges at inner nodes. */
  readonly leafStarts: Int32Array;
  readonly leafTargets: Int32Array;
  readonly leafValues: Float64Array;
  /** Values are compared as float32 or float64. An f32 input may be compared as "f64": the value is widened. */
  readonly compare: "f32" | "f64";
  readonly aggregate: "sum" | "average" | "min" | "max";
  /** Sums are made in this precision, tree by tree. */
  readonly accumulate: "f32" | "f64";
  /** A value a target. */
  readonly base: Float64Array;
  /** Whether sums begin with the base value (XGBoost) or it is added at the end (ONNX); first in a "sum" only. */
  readonly baseFirst: boolean;
}
