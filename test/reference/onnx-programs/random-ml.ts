// One operator of ai.onnx.ml, but for trees, with random attributes.
import type { AttributeValue } from "../../../src/onnx/builder.js";
import type { TensorType } from "../../../src/scorer/tensor.js";
import type { Rng } from "../../equivalence/generators/index.js";
import { WORDS } from "./cases.js";
import { doubles, floats, int64s, ints, texts } from "./models.js";
import { float, maybe, type Draw } from "./random-operators.js";

type Attributes = Record<string, AttributeValue>;
const TRANSFORMS = ["NONE", "SOFTMAX", "LOGISTIC", "SOFTMAX_ZERO", "PROBIT"] as const;
const NUMBERS: readonly TensorType[] = ["float32", "float64", "int64", "int32"];
const list = (rng: Rng, count: number): number[] => Array.from({ length: count }, () => float(rng));

/** Multiplies float32 errors by hundreds near 1/2, 0 and 1, so that its operands must be exact to compare. */
const exact = (rng: Rng, count: number): number[] => Array.from({ length: count }, () => rng.int(-40, 40) / 128);

const linearClassifier: Draw = (rng) => {
  const type = rng.pick(NUMBERS);
  const features = rng.int(1, 5);
  const targets = rng.pick([1, 2, 3, 4]);
  const count = Math.max(2, targets);
  const strings = rng.chance(0.4);
  const transform = rng.pick(["", ...TRANSFORMS]);
  const draw = transform === "PROBIT" ? exact : list;
  const attributes: Attributes = {
    coefficients: draw(rng, targets * features),
    intercepts: draw(rng, targets),
    ...(strings ? { classlabels_strings: WORDS.slice(0, count) } : { classlabels_ints: ints(rng.chance(0.5) ? [0, 1, 2, 3].slice(0, count) : [9, -4, 6, 7].slice(0, count)) }),
    ...(transform === "" ? {} : { post_transform: transform }),
    ...maybe(rng, "multi_class", 1n),
  };
  return { inputs: [[type, features]], operands: ["x0"], attributes, outputs: [strings ? "string" : "int64", "float32"], opset: 1, tame: true, whole: transform === "PROBIT" };
};

const linearRegressor: Draw = (rng) => {
  const features = rng.int(1, 5);
  const targets = rng.pick([1, 1, 2, 3]);
  const transform = rng.pick(["", ...TRANSFORMS]);
  const draw = transform === "PROBIT" ? exact : list;
  const attributes: Attributes = {
    targets: BigInt(targets),
    coefficients: draw(rng, targets * features),
    ...(rng.chance(0.7) ? { intercepts: draw(rng, targets) } : {}),
    ...(transform === "" ? {} : { post_transform: transform }),
  };
  return { inputs: [["float32", features]], operands: ["x0"], attributes, outputs: ["float32"], opset: 1, tame: true, whole: transform === "PROBIT" };
};

const scaler: Draw = (rng) => {
  const features = rng.int(1, 4);
  const count = rng.pick([1, features]);
  return { inputs: [[rng.pick(NUMBERS), features]], operands: ["x0"], attributes: { offset: list(rng, count), scale: list(rng, count) }, outputs: ["float32"], opset: 1 };
};

const normalizer: Draw = (rng) => ({ inputs: [[rng.pick(NUMBERS), rng.int(1, 6)]], operands: ["x0"], attributes: maybe(rng, "norm", rng.pick(["MAX", "L1", "L2"])), outputs: ["float32"], opset: 1 });

const imputer: Draw = (rng) => {
  const features = rng.int(1, 4);
  const count = rng.pick([1, features]);
  return rng.chance(0.7)
    ? { inputs: [["float32", features]], operands: ["x0"], attributes: { imputed_value_floats: list(rng, count), replaced_value_float: rng.pick([NaN, NaN, 0, 2, Infinity]) }, outputs: ["float32"], opset: 1 }
    : { inputs: [["int64", features]], operands: ["x0"], attributes: { imputed_value_int64s: ints(list(rng, count).map(Math.round)), replaced_value_int64: BigInt(rng.int(-2, 2)) }, outputs: ["int64"], opset: 1 };
};

const oneHot: Draw = (rng) => {
  const type = rng.pick(["string", "float32", "float64", "int64"] as const);
  const attributes: Attributes = type === "string" ? { cats_strings: WORDS.slice(0, rng.int(1, 5)) } : { cats_int64s: ints([2, -1, 0, 3].slice(0, rng.int(1, 4))) };
  // Of [N, width] the result is [N, width, categories], which no output of ours is; of [N] it is [N, categories].
  return { inputs: [[type, null]], operands: ["x0"], attributes: { ...attributes, ...maybe(rng, "zeros", 1n) }, outputs: ["float32"], opset: 1, tame: true };
};

const binarizer: Draw = (rng) => ({ inputs: [["float32", 4]], operands: ["x0"], attributes: maybe(rng, "threshold", float(rng)), outputs: ["float32"], opset: 1, tame: true });

const featureVectorizer: Draw = (rng) => {
  const type = rng.pick(NUMBERS);
  const widths = Array.from({ length: rng.int(1, 3) }, () => rng.int(1, 3));
  return { inputs: widths.map((width) => [type, width] as const), operands: widths.map((_, i) => `x${i}`), attributes: { inputdimensions: ints(widths.map((width) => Math.max(1, width + rng.int(-1, 2)))) }, outputs: ["float32"], opset: 1 };
};

const arrayFeatureExtractor: Draw = (rng) => {
  const type = rng.pick(NUMBERS);
  return { inputs: [[type, 4]], constants: { indices: int64s(Array.from({ length: rng.int(1, 5) }, () => rng.int(0, 3))) }, operands: ["x0", "indices"], outputs: [type], opset: 1 };
};

/** Keys or values of a type, as an attribute of its own or as a tensor. */
function side(which: "keys" | "values", type: "string" | "int64" | "float32" | "float64", items: readonly (string | number)[], tensor: boolean): Attributes {
  const numbers = items as readonly number[];
  switch (type) {
    case "string":
      return tensor ? { [`${which}_tensor`]: texts(items as readonly string[]) } : { [`${which}_strings`]: items as readonly string[] };
    case "int64":
      return tensor ? { [`${which}_tensor`]: int64s(numbers) } : { [`${which}_int64s`]: ints(numbers) };
    case "float32":
      return tensor ? { [`${which}_tensor`]: floats(numbers) } : { [`${which}_floats`]: numbers };
    case "float64":
      return { [`${which}_tensor`]: doubles(numbers) };
  }
}

const labelEncoder: Draw = (rng) => {
  const opset = rng.pick([1, 2, 4, 4]);
  if (opset === 1) {
    const type = rng.pick(["string", "int64"] as const);
    return { inputs: [[type, rng.pick([null, 1])]], operands: ["x0"], attributes: { classes_strings: ["red", "blue", "red", "green"], ...(type === "string" ? maybe(rng, "default_int64", 42n) : maybe(rng, "default_string", "none")) }, outputs: [type === "string" ? "int64" : "string"], opset };
  }
  const kinds = opset === 2 ? (["string", "int64", "float32"] as const) : (["string", "int64", "float32", "float64"] as const);
  const from = rng.pick(kinds);
  const to = from === "float64" ? rng.pick(["string", "float64"] as const) : from === "string" ? rng.pick(kinds) : rng.pick(["string", "int64", "float32"] as const);
  const tensor = opset === 4 && (rng.chance(0.4) || from === "float64" || to === "float64");
  const keys = { string: ["red", "", "blue", "red"], int64: [-1, 0, 2, 0], float32: [NaN, 0.5, -0, 1], float64: [NaN, 0.5, -0, 1] }[from];
  const values = { string: ["a", "b", "", "d"], int64: [5, 6, -7, 8], float32: [0.25, NaN, -1, 4], float64: [0.1, NaN, -1, 4] }[to];
  const otherwise: Attributes =
    opset === 4 && tensor
      ? { default_tensor: { string: texts(["other"]), int64: int64s([77]), float32: floats([0.75]), float64: doubles([0.7]) }[to] }
      : { string: maybe(rng, "default_string", "other"), int64: maybe(rng, "default_int64", 77n), float32: maybe(rng, "default_float", 0.75), float64: {} }[to];
  return { inputs: [[from, to === "string" ? rng.pick([null, 1]) : rng.pick([null, 1, 3])]], operands: ["x0"], attributes: { ...side("keys", from, keys, tensor), ...side("values", to, values, tensor), ...otherwise }, outputs: [to], opset };
};

const categoryMapper: Draw = (rng) => {
  const type = rng.pick(["string", "int64"] as const);
  const attributes: Attributes = { cats_strings: ["red", "blue", ""], cats_int64s: ints([2, -1, 0]), ...(type === "string" ? maybe(rng, "default_int64", 9n) : maybe(rng, "default_string", "none")) };
  return { inputs: [[type, rng.pick([null, 1])]], operands: ["x0"], attributes, outputs: [type === "string" ? "int64" : "string"], opset: 1 };
};

export const ML_DRAWS: Readonly<Record<string, Draw>> = {
  LinearClassifier: linearClassifier,
  LinearRegressor: linearRegressor,
  Scaler: scaler,
  Normalizer: normalizer,
  Imputer: imputer,
  OneHotEncoder: oneHot,
  Binarizer: binarizer,
  FeatureVectorizer: featureVectorizer,
  ArrayFeatureExtractor: arrayFeatureExtractor,
  LabelEncoder: labelEncoder,
  CategoryMapper: categoryMapper,
};
