import type { AttributeProto, GraphProto, NodeProto, TensorProto } from "../../onnx/schema.js";
import { readTensor } from "../../onnx/tensor.js";

/**
 * Whether a graph computes each row of its outputs from the same row of its inputs, so that ranges of rows may be run
 * one after the other or side by side. Values are followed through the nodes; what is not known to keep rows apart ends
 * the search with "no".
 */

/** A value with a row for each input row. `sizes`: those of the axes after the first, undefined where not known. */
interface Rows {
  readonly sizes: readonly (number | undefined)[];
}

interface Values {
  readonly rows: Map<string, Rows>;
  /** Values that depend on no input; the tensor where it is an initializer. */
  readonly fixed: Map<string, TensorProto | undefined>;
}

const UNARY = new Set(
  (
    "Abs Acos Acosh Asin Asinh Atan Atanh Cast Ceil Celu Clip Cos Cosh Dropout Elu Erf Exp Floor Gelu HardSigmoid HardSwish Identity IsInf IsNaN " +
    "LeakyRelu Log Mish Neg Not Reciprocal Relu Round Selu Shrink Sigmoid Sign Sin Sinh Softplus Softsign Sqrt Swish Tan Tanh ThresholdedRelu " +
    "Binarizer Imputer Scaler LabelEncoder Normalizer"
  ).split(" "),
);
const ELEMENTWISE = new Set("Add And BitwiseAnd BitwiseOr BitwiseXor Div Equal Greater GreaterOrEqual Less LessOrEqual Max Mean Min Mod Mul Or Pow PRelu Sub Sum Where Xor".split(" "));
const SPATIAL = new Set("AveragePool BatchNormalization Conv ConvTranspose GlobalAveragePool GlobalMaxPool InstanceNormalization LRN MaxPool".split(" "));
const ALONG_AXIS = new Set("Hardmax LayerNormalization LogSoftmax LpNormalization Softmax".split(" "));
const REDUCE = new Set("ArgMax ArgMin ReduceL1 ReduceL2 ReduceLogSum ReduceLogSumExp ReduceMax ReduceMean ReduceMin ReduceProd ReduceSum ReduceSumSquare".split(" "));
const ESTIMATORS = new Set("LinearClassifier LinearRegressor SVMClassifier SVMRegressor TreeEnsemble TreeEnsembleClassifier TreeEnsembleRegressor".split(" "));

const attribute = (node: NodeProto, name: string): AttributeProto | undefined => node.attribute?.find((one) => one.name === name);
const int = (node: NodeProto, name: string, fallback: number): number => Number(attribute(node, name)?.i ?? BigInt(fallback));

const MOST_AXES = 64;

/** Integers of an attribute, or of an input that is an initializer (as later operator sets have them). */
function ints(node: NodeProto, name: string, input: number, { fixed }: Values): number[] | undefined {
  const own = attribute(node, name)?.ints;
  if (own !== undefined) return [...own].map(Number);
  const given = node.input?.[input] ?? "";
  const tensor = fixed.get(given);
  if (tensor === undefined || tensor.dataLocation === 1) return undefined;
  const { values } = readTensor(tensor);
  return values.length > MOST_AXES || !(values instanceof BigInt64Array || values instanceof Int32Array) ? undefined : Array.from(values as ArrayLike<number | bigint>, Number);
}

const product = (sizes: readonly (number | undefined)[]): number | undefined =>
  sizes.reduce<number | undefined>((all, size) => (all === undefined || size === undefined ? undefined : all * size), 1);

const unknown = (rank: number): Rows => ({ sizes: Array.from({ length: rank - 1 }, () => undefined) });

/** Elementwise over several operands: the fixed ones must not reach along the rows' axis. */
function broadcast(inputs: readonly string[], { rows, fixed }: Values): Rows | undefined {
  const rank = Math.max(...inputs.map((name) => (rows.get(name)?.sizes.length ?? -1) + 1));
  for (const name of inputs) {
    const own = rows.get(name);
    if (own !== undefined) {
      if (own.sizes.length + 1 !== rank) return undefined;
      continue;
    }
    const dims = fixed.get(name)?.dims;
    if (!fixed.has(name) || (fixed.get(name) === undefined && name !== "")) return undefined;
    const length = dims?.length ?? 0;
    if (length > rank || (length === rank && dims?.[0] !== 1n)) return undefined;
  }
  const first = inputs.map((name) => rows.get(name)).find((one) => one !== undefined);
  // Sizes are kept where nothing can stretch them.
  return first !== undefined && inputs.every((name) => rows.get(name) === first || (fixed.get(name)?.dims ?? []).every((size) => size === 1n)) ? first : unknown(rank);
}

function reshape(node: NodeProto, data: Rows, values: Values): Rows | undefined {
  const shape = ints(node, "shape", 1, values);
  if (shape === undefined || shape.length === 0 || int(node, "allowzero", 0) !== 0) return undefined;
  const [first, ...rest] = shape;
  const inner = product(data.sizes);
  const sizes = rest.map((size, i) => (size === 0 ? data.sizes[i] : size === -1 ? undefined : size));
  if (first === 0) {
    const known = product(rest.filter((size) => size > 0));
    return { sizes: sizes.map((size, i) => (rest[i] === -1 && inner !== undefined && known !== undefined && !rest.includes(0) ? inner / known : size)) };
  }
  return first === -1 && inner !== undefined && product(sizes) === inner ? { sizes } : undefined;
}

function reduce(node: NodeProto, data: Rows, values: Values): Rows | undefined {
  const rank = data.sizes.length + 1;
  const single = node.opType === "ArgMax" || node.opType === "ArgMin";
  const axes = single ? [int(node, "axis", 0)] : ints(node, "axes", 1, values);
  if (axes === undefined || axes.length === 0) return undefined;
  const reduced = new Set(axes.map((axis) => (axis < 0 ? axis + rank : axis)));
  if (reduced.has(0)) return undefined;
  const keep = int(node, "keepdims", 1) === 1;
  return { sizes: data.sizes.flatMap((size, i) => (!reduced.has(i + 1) ? [size] : keep ? [1] : [])) };
}

/** What a node's outputs are when rows stay apart. */
function follow(node: NodeProto, values: Values): readonly (Rows | undefined)[] | undefined {
  const { rows, fixed } = values;
  const inputs = node.input ?? [];
  const data = rows.get(inputs[0] ?? "");
  const op = node.opType ?? "";
  if (ELEMENTWISE.has(op)) return [broadcast(inputs, values)];
  const others = inputs.slice(1);
  if (op === "Concat" || op === "FeatureVectorizer") {
    const all = inputs.map((name) => rows.get(name));
    const rank = (all[0]?.sizes.length ?? 0) + 1;
    const axis = op === "Concat" ? int(node, "axis", 0) : 1;
    if (all.some((one) => one?.sizes.length !== rank - 1) || (axis + rank) % rank === 0) return undefined;
    return [unknown(rank)];
  }
  if (op === "Gather" && data === undefined) {
    // Rows of a table by index: an embedding.
    const indices = rows.get(inputs[1] ?? "");
    const table = fixed.get(inputs[0] ?? "");
    return indices === undefined || table === undefined || int(node, "axis", 0) !== 0 ? undefined : [unknown(indices.sizes.length + (table.dims?.length ?? 0))];
  }
  if (data === undefined || others.some((name) => !fixed.has(name) && name !== "")) return undefined;
  const rank = data.sizes.length + 1;
  const normal = (axis: number): number => (axis < 0 ? axis + rank : axis);
  if (UNARY.has(op)) return [data];
  // In training these depend on the whole batch.
  if (int(node, "training_mode", 0) !== 0) return undefined;
  if (SPATIAL.has(op)) return rank >= 3 || op === "BatchNormalization" ? [op === "BatchNormalization" ? data : unknown(rank)] : undefined;
  if (ALONG_AXIS.has(op)) return normal(int(node, "axis", -1)) > 0 ? [data] : undefined;
  if (REDUCE.has(op)) return [reduce(node, data, values)];
  if (ESTIMATORS.has(op)) return op.endsWith("Classifier") ? [{ sizes: [] }, unknown(2)] : [unknown(2)];
  switch (op) {
    case "Gemm": {
      const bias = fixed.get(inputs[2] ?? "");
      if (rank !== 2 || int(node, "transA", 0) !== 0 || (bias?.dims !== undefined && bias.dims.length > 1 && bias.dims[0] !== 1n)) return undefined;
      const weights = fixed.get(inputs[1] ?? "");
      if (weights === undefined || ((inputs[2] ?? "") !== "" && bias === undefined)) return undefined;
      return [{ sizes: [Number(weights.dims?.[int(node, "transB", 0) === 0 ? 1 : 0])] }];
    }
    case "MatMul": {
      const weights = fixed.get(inputs[1] ?? "");
      return rank < 2 || weights?.dims?.length !== 2 ? undefined : [{ sizes: [...data.sizes.slice(0, -1), Number(weights.dims[1])] }];
    }
    case "Flatten":
      return normal(int(node, "axis", 1)) === 1 ? [{ sizes: [product(data.sizes)] }] : undefined;
    case "Reshape":
      return [reshape(node, data, values)];
    case "Transpose": {
      const order = attribute(node, "perm")?.ints;
      return order?.[0] === 0n ? [{ sizes: [...order].slice(1).map((axis) => data.sizes[Number(axis) - 1]) }] : undefined;
    }
    case "Squeeze": {
      const axes = ints(node, "axes", 1, values)?.map(normal);
      return axes === undefined || axes.includes(0) ? undefined : [{ sizes: data.sizes.filter((_, i) => !axes.includes(i + 1)) }];
    }
    case "Unsqueeze": {
      const axes = ints(node, "axes", 1, values);
      const out = rank + (axes?.length ?? 0);
      return axes === undefined || axes.some((axis) => (axis + out) % out === 0) ? undefined : [unknown(out)];
    }
    case "Gather":
      return normal(int(node, "axis", 0)) > 0 && fixed.get(inputs[1] ?? "") !== undefined ? [unknown(rank - 1 + (fixed.get(inputs[1] ?? "")?.dims?.length ?? 0))] : undefined;
    case "ArrayFeatureExtractor":
      return rank >= 2 ? [unknown(rank)] : undefined;
    case "OneHotEncoder":
      return [unknown(rank + 1)];
    case "Split":
      return normal(int(node, "axis", 0)) > 0 ? (node.output ?? []).map(() => unknown(rank)) : undefined;
    case "Slice": {
      const axes = ints(node, "axes", 3, values)?.map(normal);
      return axes === undefined || axes.includes(0) ? undefined : [unknown(rank)];
    }
    default:
      return undefined;
  }
}

export function isRowWise(graph: GraphProto): boolean {
  const values: Values = { rows: new Map(), fixed: new Map() };
  for (const tensor of graph.initializer ?? []) values.fixed.set(tensor.name ?? "", tensor);
  for (const { name = "", type } of graph.input ?? []) {
    if (values.fixed.has(name)) continue;
    const dims = type?.tensorType?.shape?.dim;
    // A fixed number of rows cannot be split.
    if (dims === undefined || dims.length === 0 || dims[0]?.dimValue !== undefined) return false;
    values.rows.set(name, { sizes: dims.slice(1).map(({ dimValue }) => (dimValue === undefined ? undefined : Number(dimValue))) });
  }
  for (const node of graph.node ?? []) {
    const outputs = node.output ?? [];
    if (node.opType === "Constant" && outputs[0] !== undefined) {
      values.fixed.set(outputs[0], attribute(node, "value")?.t);
      continue;
    }
    const found = follow(node, values);
    for (const [i, name] of outputs.entries()) {
      const rows = found?.[i];
      if (rows !== undefined) values.rows.set(name, rows);
    }
  }
  return (graph.output ?? []).length > 0 && (graph.output ?? []).every(({ name = "" }) => values.rows.has(name));
}
