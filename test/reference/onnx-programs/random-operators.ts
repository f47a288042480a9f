// One operator of ai.onnx with random attributes, shapes and types.
import type { AttributeValue } from "../../../src/onnx/builder.js";
import type { Tensor } from "../../../src/onnx/tensor.js";
import type { TensorType } from "../../../src/scorer/tensor.js";
import type { Rng } from "../../equivalence/generators/index.js";
import { randomCells, WORDS, type Case } from "./cases.js";
import type { Cell } from "./interpreter.js";
import { DATA_TYPE, int64s, ints, makeModel, texts, type Declared } from "./models.js";

type Attributes = Record<string, AttributeValue>;
interface Drawn {
  /** Rows that the caller gives: types and sizes after the rows' axis; null is [N]. */
  readonly inputs: readonly (readonly [TensorType, number | null])[];
  readonly constants?: Readonly<Record<string, Tensor>>;
  /** Names of inputs and constants in the node's order; x0, x1, … are the rows. "" is left out. */
  readonly operands: readonly string[];
  readonly attributes?: Attributes;
  readonly outputs: readonly TensorType[];
  readonly opset?: number;
  readonly tame?: boolean;
  /** Whole numbers only, so that sums of products with short fractions are exact. */
  readonly whole?: boolean;
}
type Draw = (rng: Rng) => Drawn;

export function tensorOf(type: TensorType, cells: readonly Cell[], dims: readonly number[]): Tensor {
  const arrays: Partial<Record<TensorType, () => Tensor["values"]>> = {
    float32: () => Float32Array.from(cells, Number),
    float64: () => Float64Array.from(cells, Number),
    int64: () => BigInt64Array.from(cells, (cell) => BigInt(cell)),
    int32: () => Int32Array.from(cells, Number),
    bool: () => Uint8Array.from(cells, Number),
    string: () => cells as string[],
  };
  return { type: DATA_TYPE[type] as number, dims, values: (arrays[type] as () => Tensor["values"])() };
}

const constant = (rng: Rng, type: TensorType, dims: readonly number[], tame = false): Tensor =>
  tensorOf(type, randomCells(rng, type, dims.reduce((a, b) => a * b, 1), tame), dims);
const float = (rng: Rng): number => Math.fround((rng.float() - 0.5) * 3);
const maybe = (rng: Rng, name: string, value: AttributeValue): Attributes => (rng.chance(0.5) ? { [name]: value } : {});
const FLOATS: readonly TensorType[] = ["float32", "float64"];
const F32: readonly TensorType[] = ["float32"];

function unary(types: readonly TensorType[], attributes: (rng: Rng) => Attributes = () => ({}), opset?: readonly number[], result?: TensorType): Draw {
  return (rng) => {
    const type = rng.pick(types);
    return { inputs: [[type, rng.pick([null, 1, 3, 17])]], operands: ["x0"], attributes: attributes(rng), outputs: [result ?? type], ...(opset === undefined ? {} : { opset: rng.pick(opset) }) };
  };
}

/** Two operands: rows and rows, or rows and a constant on either side, of shapes that broadcast. */
function binary(types: readonly TensorType[], more: { readonly result?: TensorType; readonly nonzero?: boolean; readonly attributes?: (rng: Rng, type: TensorType) => Attributes; readonly opset?: readonly number[]; readonly tame?: boolean } = {}): Draw {
  return (rng) => {
    const type = rng.pick(types);
    const width = rng.pick([1, 3, 5]);
    const integral = type === "int64" || type === "int32";
    const rest = { attributes: more.attributes?.(rng, type) ?? {}, outputs: [more.result ?? type], ...(more.opset === undefined ? {} : { opset: rng.pick(more.opset) }), ...(more.tame === true ? { tame: true } : {}) };
    if (!(more.nonzero === true && integral) && rng.chance(0.4)) {
      return { inputs: [[type, width], [type, rng.chance(0.7) ? width : 1]], operands: rng.chance(0.5) ? ["x0", "x1"] : ["x1", "x0"], ...rest };
    }
    const dims = rng.pick([[], [1], [width], [1, width], [1, 1]]);
    const values = more.nonzero === true && integral ? tensorOf(type, Array.from({ length: dims.reduce((a, b) => a * b, 1) }, () => rng.pick([2, 3, -5, 7])), dims) : constant(rng, type, dims, more.tame);
    const flipped = !(more.nonzero === true && integral) && rng.chance(0.4);
    return { inputs: [[type, width]], constants: { c: values }, operands: flipped ? ["c", "x0"] : ["x0", "c"], ...rest };
  };
}

function variadic(types: readonly TensorType[]): Draw {
  return (rng) => {
    const type = rng.pick(types);
    const width = rng.pick([1, 4]);
    const count = rng.int(1, 3);
    const inputs = Array.from({ length: count }, () => [type, rng.chance(0.8) ? width : 1] as const);
    const names = inputs.map((_, i) => `x${i}`);
    return rng.chance(0.4)
      ? { inputs, constants: { c: constant(rng, type, rng.pick([[], [1], [1, width]])) }, operands: [...names, "c"], outputs: [type], tame: true }
      : { inputs, operands: names, outputs: [type], tame: true };
  };
}

function reduce(inputSince: number, tame = true): Draw {
  return (rng) => {
    const type = rng.pick(FLOATS);
    const opset = rng.pick([11, 13, 18]);
    const axis = rng.pick([1, -1]);
    const keep = maybe(rng, "keepdims", BigInt(rng.int(0, 1)));
    const width = rng.pick([1, 2, 7, 33]);
    return opset < inputSince
      ? { inputs: [[type, width]], operands: ["x0"], attributes: { axes: ints([axis]), ...keep }, outputs: [type], opset, tame }
      : { inputs: [[type, width]], constants: { axes: int64s([axis]) }, operands: ["x0", "axes"], attributes: keep, outputs: [type], opset, tame };
  };
}

const arg: Draw = (rng) => {
  const type = rng.pick(FLOATS);
  const attributes = { axis: rng.pick([1n, -1n]), ...maybe(rng, "keepdims", BigInt(rng.int(0, 1))), ...maybe(rng, "select_last_index", BigInt(rng.int(0, 1))) };
  return { inputs: [[type, rng.pick([1, 3, 9])]], operands: ["x0"], attributes, outputs: ["int64"], opset: rng.pick([12, 13, 18]), tame: true };
};

const softmax: Draw = (rng) => {
  const type = rng.pick(FLOATS);
  return { inputs: [[type, rng.pick([1, 3, 9, 40])]], operands: ["x0"], attributes: maybe(rng, "axis", rng.pick([1n, -1n])), outputs: [type], opset: rng.pick([9, 11, 13, 18]), tame: type === "float64" };
};

const gemm: Draw = (rng) => {
  const type = rng.pick(FLOATS);
  const [k, m] = [rng.int(1, 7), rng.int(1, 6)];
  const transB = rng.int(0, 1);
  const rows = rng.chance(0.2);
  const dims = rng.pick([[], [1], [m], [1, m], [1, 1]]);
  const constants = { w: constant(rng, type, transB === 1 ? [m, k] : [k, m], true), ...(rows ? {} : { c: constant(rng, type, dims, true) }) };
  const third = rng.chance(0.2) ? [] : rows ? ["x1"] : ["c"];
  const attributes = { transB: BigInt(transB), ...maybe(rng, "alpha", float(rng)), ...maybe(rng, "beta", float(rng)), ...maybe(rng, "transA", 0n) };
  return { inputs: [[type, k], ...(rows && third.length > 0 ? ([[type, m]] as const) : [])], constants, operands: ["x0", "w", ...third], attributes, outputs: [type], opset: rng.pick([11, 13, 18]), tame: true };
};

const matmul: Draw = (rng) => {
  const type = rng.pick(FLOATS);
  const [k, m] = [rng.int(1, 9), rng.int(1, 6)];
  return { inputs: [[type, k]], constants: { w: constant(rng, type, rng.chance(0.2) ? [k] : [k, m], true) }, operands: ["x0", "w"], outputs: [type], tame: true };
};

const batchNormalization: Draw = (rng) => {
  const type = rng.pick(FLOATS);
  const width = rng.int(1, 6);
  const variance = tensorOf(type, Array.from({ length: width }, () => rng.float() * 3 + 0.01), [width]);
  const constants = { s: constant(rng, type, [width], true), b: constant(rng, type, [width], true), m: constant(rng, type, [width], true), v: variance };
  return { inputs: [[type, width]], constants, operands: ["x0", "s", "b", "m", "v"], attributes: { ...maybe(rng, "epsilon", 0.01), ...maybe(rng, "momentum", 0.5) }, outputs: [type], opset: rng.pick([9, 14, 15, 18]) };
};

const clip: Draw = (rng) => {
  const type = rng.pick(["float32", "float32", "float64", "int64", "int32"] as const);
  if (type === "float32" && rng.chance(0.3)) return { inputs: [[type, 4]], operands: ["x0"], attributes: { ...maybe(rng, "min", float(rng) - 1.5), ...maybe(rng, "max", float(rng) + 1.5) }, outputs: [type], opset: 10 };
  const constants = { low: constant(rng, type, [], true), high: constant(rng, type, [], true) };
  return { inputs: [[type, 4]], constants, operands: rng.pick([["x0"], ["x0", "low"], ["x0", "low", "high"], ["x0", "", "high"]]), outputs: [type], opset: rng.pick([12, 13, 18]) };
};

const where: Draw = (rng) => {
  const type = rng.pick(["float32", "float64", "int64", "int32"] as const);
  const width = rng.pick([1, 4]);
  const constants = { a: constant(rng, type, rng.pick([[], [1, width]])), b: constant(rng, type, [1]) };
  return { inputs: [["bool", rng.chance(0.5) ? width : 1], [type, width]], constants, operands: ["x0", ...rng.pick([["x1", "a"], ["a", "x1"], ["a", "b"], ["x1", "x1"]])], outputs: [type] };
};

const cast: Draw = (rng) => {
  const from = rng.pick(["float32", "float64", "int64", "int32", "bool"] as const);
  const to = rng.pick(["float32", "float64", "int64", "int32", "bool"] as const);
  // What does not fit is left to the processor and not compared.
  return { inputs: [[from, rng.pick([null, 1, 5])]], operands: ["x0"], attributes: { to: BigInt(DATA_TYPE[to] as number) }, outputs: [to], tame: true, opset: rng.pick([9, 13, 18]) };
};

const prelu: Draw = (rng) => {
  const type = rng.pick(F32);
  const width = rng.pick([1, 4]);
  return { inputs: [[type, width]], constants: { slope: constant(rng, type, rng.pick([[width], [1, width], [1]]), true) }, operands: ["x0", "slope"], outputs: [type], opset: rng.pick([9, 16]) };
};

const equalText: Draw = (rng) => ({ inputs: [["string", rng.pick([1, 2])]], constants: { word: texts([rng.pick(WORDS)]) }, operands: rng.chance(0.5) ? ["x0", "word"] : ["word", "x0"], outputs: ["bool"], opset: 19 });

const concat: Draw = (rng) => {
  const type = rng.pick(["float32", "float64", "int64", "int32"] as const);
  const count = rng.int(1, 4);
  return { inputs: Array.from({ length: count }, () => [type, rng.int(1, 4)] as const), operands: Array.from({ length: count }, (_, i) => `x${i}`), attributes: { axis: rng.pick([1n, -1n]) }, outputs: [type] };
};

const gather: Draw = (rng) => {
  const type = rng.pick(["float32", "float64", "int64", "int32"] as const);
  const width = rng.int(1, 5);
  const dims = rng.pick([[], [1], [3]]);
  const indices = int64s(Array.from({ length: dims[0] ?? 1 }, () => rng.int(-width, width - 1)), dims);
  return { inputs: [[type, width]], constants: { indices }, operands: ["x0", "indices"], attributes: { axis: rng.pick([1n, -1n]) }, outputs: [type] };
};

const slice: Draw = (rng) => {
  const type = rng.pick(["float32", "int64"] as const);
  const start = rng.int(-5, 2);
  const end = rng.pick([5, 6, 100, 2 ** 31 - 1]);
  if (rng.chance(0.3)) return { inputs: [[type, 5]], operands: ["x0"], attributes: { starts: ints([start]), ends: ints([end]), axes: ints([1]) }, outputs: [type], opset: 9 };
  const backwards = rng.chance(0.3);
  const constants = { starts: int64s([backwards ? 4 : start]), ends: int64s([backwards ? -6 : end]), axes: int64s([rng.pick([1, -1])]), steps: int64s([backwards ? -1 : rng.int(1, 2)]) };
  return { inputs: [[type, 5]], constants, operands: ["x0", "starts", "ends", "axes", "steps"], outputs: [type] };
};

const split: Draw = (rng) => {
  const type = rng.pick(["float32", "int64"] as const);
  const base = { inputs: [[type, 6]] as const, outputs: [type, type] };
  return rng.pick<Drawn>([
    { ...base, operands: ["x0"], attributes: { axis: 1n, split: ints([2, 4]) }, opset: 11 },
    { ...base, operands: ["x0"], attributes: { axis: 1n }, opset: 13 },
    { ...base, operands: ["x0", "sizes"], constants: { sizes: int64s([1, 5]) }, attributes: { axis: -1n }, opset: 13 },
    { ...base, inputs: [[type, 5]], operands: ["x0"], attributes: { axis: 1n, num_outputs: 2n }, opset: 18 },
  ]);
};

const reshape: Draw = (rng) => {
  const type = rng.pick(["float32", "int64"] as const);
  const [width, shape] = rng.pick<readonly [number | null, readonly number[]]>([[4, [-1, 4]], [4, [0, 4]], [4, [0, -1]], [1, [-1]], [1, [-1, 1]], [null, [-1, 1]], [null, [-1]]]);
  return { inputs: [[type, width]], constants: { shape: int64s(shape) }, operands: ["x0", "shape"], outputs: [type], opset: rng.pick([9, 13, 14]) };
};

const flatten: Draw = (rng) => ({ inputs: [["float32", rng.int(1, 3)]], operands: ["x0"], attributes: maybe(rng, "axis", rng.pick([1n, -1n])), outputs: ["float32"], opset: 13 });
const squeeze: Draw = (rng) =>
  rng.chance(0.5)
    ? { inputs: [["float32", 1]], operands: ["x0"], attributes: { axes: ints([1]) }, outputs: ["float32"], opset: 11 }
    : { inputs: [["int64", 1]], constants: { axes: int64s([-1]) }, operands: ["x0", "axes"], outputs: ["int64"] };
const unsqueeze: Draw = (rng) =>
  rng.chance(0.5)
    ? { inputs: [["float32", null]], operands: ["x0"], attributes: { axes: ints([1]) }, outputs: ["float32"], opset: 11 }
    : { inputs: [["int64", null]], constants: { axes: int64s([1]) }, operands: ["x0", "axes"], outputs: ["int64"] };
const transpose: Draw = (rng) => ({ inputs: [["float32", 3]], operands: ["x0"], attributes: { perm: ints([0, 1]) }, outputs: ["float32"], opset: rng.pick([11, 13]) });
const castLike: Draw = (rng) => {
  const to = rng.pick(["float32", "float64", "int64"] as const);
  return { inputs: [["int64", 3]], constants: { like: constant(rng, to, [1]) }, operands: ["x0", "like"], outputs: [to] };
};

const NUMBERS: readonly TensorType[] = ["float32", "float64", "int64", "int32"];
const comparison = binary(NUMBERS, { result: "bool" });
const logical = binary(["bool"]);

export const OPERATOR_DRAWS: Readonly<Record<string, Draw>> = {
  Relu: unary(FLOATS),
  LeakyRelu: unary(F32, (rng) => maybe(rng, "alpha", float(rng))),
  PRelu: prelu,
  Elu: unary(F32, (rng) => maybe(rng, "alpha", float(rng))),
  Selu: unary(F32, (rng) => ({ ...maybe(rng, "alpha", float(rng)), ...maybe(rng, "gamma", float(rng)) })),
  Celu: unary(F32, (rng) => maybe(rng, "alpha", Math.abs(float(rng)) + 0.1)),
  ThresholdedRelu: unary(F32, (rng) => maybe(rng, "alpha", float(rng))),
  HardSigmoid: unary(F32, (rng) => ({ ...maybe(rng, "alpha", float(rng)), ...maybe(rng, "beta", float(rng)) })),
  HardSwish: unary(F32),
  Softplus: unary(F32),
  Softsign: unary(F32),
  // Of the least infinity the kernels give the limit, 0, and ONNX Runtime NaN.
  Gelu: (rng) => ({ ...unary(F32, () => ({}), [20])(rng), tame: true }),
  Sigmoid: unary(FLOATS),
  Tanh: unary(FLOATS),
  Erf: unary(F32),
  Exp: unary(FLOATS),
  Log: unary(FLOATS),
  Sqrt: unary(FLOATS),
  Abs: unary([...FLOATS, "int64"]),
  Neg: unary([...FLOATS, "int64"]),
  Sign: unary([...FLOATS, "int64", "int32"]),
  Reciprocal: unary(FLOATS),
  Floor: unary(FLOATS),
  Ceil: unary(FLOATS),
  Round: unary(FLOATS),
  Not: unary(["bool"]),
  IsNaN: unary(F32, () => ({}), [13], "bool"),
  IsInf: unary(F32, (rng) => maybe(rng, "detect_negative", 0n), [10, 18], "bool"),
  Identity: unary([...FLOATS, "int64", "bool"]),
  Dropout: unary(F32),
  Clip: clip,
  Add: binary(NUMBERS),
  Sub: binary(NUMBERS),
  Mul: binary(NUMBERS),
  Div: binary(NUMBERS, { nonzero: true }),
  Pow: binary(FLOATS),
  Mod: binary(["float32", "float64", "int64"], { nonzero: true, attributes: (rng, type): Attributes => ({ fmod: type === "int64" ? BigInt(rng.int(0, 1)) : 1n }) }),
  Min: variadic(NUMBERS),
  Max: variadic(NUMBERS),
  Sum: variadic(FLOATS),
  Mean: variadic(F32),
  Less: comparison,
  LessOrEqual: comparison,
  Greater: comparison,
  GreaterOrEqual: comparison,
  Equal: (rng) => (rng.chance(0.2) ? equalText(rng) : binary([...NUMBERS, "bool"], { result: "bool" })(rng)),
  And: logical,
  Or: logical,
  Xor: logical,
  Where: where,
  Cast: cast,
  CastLike: castLike,
  Gemm: gemm,
  MatMul: matmul,
  BatchNormalization: batchNormalization,
  ReduceSum: reduce(13),
  ReduceMean: reduce(18),
  ReduceMin: reduce(18),
  ReduceMax: reduce(18),
  ReduceSumSquare: reduce(18),
  ReduceL1: reduce(18),
  ReduceL2: reduce(18),
  ArgMax: arg,
  ArgMin: arg,
  Softmax: softmax,
  LogSoftmax: softmax,
  Concat: concat,
  Gather: gather,
  Slice: slice,
  Split: split,
  Reshape: reshape,
  Flatten: flatten,
  Squeeze: squeeze,
  Unsqueeze: unsqueeze,
  Transpose: transpose,
};

function cells(rng: Rng, type: TensorType, count: number, { tame, whole }: Drawn): Cell[] {
  const drawn = randomCells(rng, type, count, tame);
  return whole === true ? drawn.map((cell) => (typeof cell === "number" ? Math.trunc(cell) : cell)) : drawn;
}

export function operatorCase(rng: Rng, op: string, draw: Draw, domain = ""): Case {
  const drawn = draw(rng);
  const rows = rng.pick([1, 2, 9]);
  const inputs: Declared[] = drawn.inputs.map(([type, width], i) => ({ name: `x${i}`, type, dims: width === null ? ["N"] : ["N", width] }));
  const outputs = drawn.outputs.map((type, i): Declared => ({ name: `y${i}`, type }));
  const used = new Set(drawn.operands);
  return {
    name: `${op} ${JSON.stringify({ ...drawn, constants: undefined }, (_, value: unknown) => (typeof value === "bigint" ? Number(value) : value))}`,
    model: makeModel({
      inputs,
      outputs,
      constants: Object.fromEntries(Object.entries(drawn.constants ?? {}).filter(([name]) => used.has(name))),
      nodes: [{ op, domain, inputs: drawn.operands, outputs: outputs.map(({ name }) => name), ...(drawn.attributes === undefined ? {} : { attributes: drawn.attributes }) }],
      opset: domain === "" ? (drawn.opset ?? 18) : 18,
      mlOpset: domain === "" ? 3 : (drawn.opset ?? 3),
    }),
    batch: Object.fromEntries(
      drawn.inputs.map(([type, width], i) => [`x${i}`, { type, dims: width === null ? [rows] : [rows, width], cells: cells(rng, type, rows * (width ?? 1), drawn) }]),
    ),
  };
}

export type { Draw, Drawn };
export { constant, float, maybe };
