import type { TensorType } from "../../tensor.js";
import { numbers } from "../emitter.js";
import { broadcast, type Node } from "../node.js";
import type { Operators } from "../operators.js";
import type { Constant, Rows, Value } from "../value.js";

const FLOATS: readonly TensorType[] = ["float32", "float64"];

type Floats = Float32Array | Float64Array;

function sameType(node: Node, input: Rows, constant: Constant): Floats {
  if (constant.type !== input.type) throw node.refuse(`its inputs of ${input.type} and ${constant.type}`);
  return constant.values as Floats;
}

/** Weights as [input width, output width]. */
function weightsOf(node: Node, input: Rows, { constant, transposed }: { readonly constant: Constant; readonly transposed: boolean }): { readonly weights: Floats; readonly width: number } {
  const values = sameType(node, input, constant);
  const [rows, columns] = (transposed ? [constant.dims[1], constant.dims[0]] : constant.dims) as readonly [number, number];
  const own = input.dims.at(-1) as number;
  if (rows !== own) throw node.invalid(`weights of [${constant.dims.join(", ")}] for ${own} columns`);
  node.checkWidth(columns);
  if (!transposed) return { weights: values, width: columns };
  const weights = values instanceof Float32Array ? new Float32Array(values.length) : new Float64Array(values.length);
  for (let column = 0; column < columns; column++) {
    for (let row = 0; row < rows; row++) weights[row * columns + column] = values[column * rows + row] as number;
  }
  return { weights, width: columns };
}

function scaled(values: Floats, factor: number): Floats {
  return factor === 1 ? values : values.map((value) => value * factor);
}

function gemm(node: Node): Value[] {
  const { attributes, emit } = node;
  if (node.version < 7) throw node.refuse("a version before 7");
  const input = node.matrix(0);
  node.takes(input, FLOATS);
  if (attributes.int("transA", 0) !== 0) throw node.refuse("transA, which mixes rows");
  const constant = node.constant(1, "a matrix");
  if (constant.dims.length !== 2) throw node.invalid(`weights of rank ${constant.dims.length}`);
  const { weights, width } = weightsOf(node, input, { constant, transposed: attributes.int("transB", 0) !== 0 });
  const alpha = attributes.float("alpha", 1);
  const beta = attributes.float("beta", 1);
  let register = emit.dense(input.register, scaled(weights, alpha), width);
  const result = (): Rows => ({ kind: "rows", type: input.type, register, dims: [width] });
  if (node.has(2)) {
    const addend = node.input(2);
    if (addend.kind === "constant") {
      const values = sameType(node, input, addend);
      const bias: Constant = { ...addend, values: scaled(values, beta) };
      const sum = broadcast(node, [result(), bias]);
      if (sum.dims[0] !== width) throw node.invalid(`C of [${addend.dims.join(", ")}] for ${width} columns`);
      const [left, right] = sum.registers as readonly [number, number];
      register = emit.binary("add", left, right);
    } else {
      const rows = node.matrix(2);
      if (rows.type !== input.type) throw node.refuse(`its inputs of ${input.type} and ${rows.type}`);
      if (emit.width(rows.register) !== width && emit.width(rows.register) !== 1) throw node.invalid("C of another width");
      const part = beta === 1 ? rows.register : emit.binary("mul", rows.register, emit.like(rows.register, beta));
      register = emit.binary("add", register, part);
    }
  }
  return [result()];
}

function matmul(node: Node): Value[] {
  const input = node.rows(0);
  node.takes(input, FLOATS);
  const constant = node.constant(1, "a matrix on the right");
  // A stack of [1, width] matrices is a matrix; others would multiply parts of a row on their own.
  if (input.dims.length === 0 || input.dims.slice(0, -1).some((dim) => dim !== 1)) throw node.refuse(`its input is of rank ${input.dims.length + 1}`);
  const vector = constant.dims.length === 1;
  if (!vector && constant.dims.length !== 2) throw node.refuse(`a matrix of rank ${constant.dims.length}`);
  const matrix: Constant = vector ? { ...constant, dims: [...constant.dims, 1] } : constant;
  const { weights, width } = weightsOf(node, input, { constant: matrix, transposed: false });
  const outer = input.dims.slice(0, -1);
  return [node.result(input.type, node.emit.dense(input.register, weights, width), vector ? outer : [...outer, width])];
}

/** (x - mean) scale / sqrt(variance + epsilon) + B, as one factor and one summand, which is how ONNX Runtime computes it. */
function batchNormalization(node: Node): Value[] {
  const { attributes, emit } = node;
  attributes.ignore("momentum");
  if (node.version < 9 && attributes.int("spatial", 1) !== 1) throw node.refuse("spatial=0");
  if (node.version >= 14 && attributes.int("training_mode", 0) !== 0) throw node.refuse("training mode");
  if (node.wanted.slice(1).includes(true)) throw node.refuse("its running mean and variance are used");
  const input = node.matrix(0);
  node.takes(input, FLOATS);
  const [width] = input.dims as readonly [number];
  const epsilon = attributes.float("epsilon", Math.fround(1e-5));
  const [scale, bias, mean, variance] = [1, 2, 3, 4].map((at) => {
    const values = sameType(node, input, node.constant(at, "a parameter"));
    if (values.length !== width) throw node.invalid(`a parameter of ${values.length} values for ${width} columns`);
    return values;
  }) as [Floats, Floats, Floats, Floats];
  const element = input.type === "float32" ? "f32" : "f64";
  const round = element === "f32" ? Math.fround : (value: number): number => value;
  const factors = numbers(element, Array.from(scale, (value, i) => round(value / round(Math.sqrt(round((variance[i] as number) + round(epsilon)))))));
  const summands = numbers(element, Array.from(bias, (value, i) => round(value - round((mean[i] as number) * (factors[i] as number)))));
  const product = emit.binary("mul", input.register, emit.constant(element, factors));
  return [node.result(input.type, emit.binary("add", product, emit.constant(element, summands)), [width])];
}

export const DENSE_OPERATORS: Operators = {
  Gemm: { since: 7, compile: gemm },
  MatMul: { since: 1, compile: matmul },
  BatchNormalization: { since: 7, compile: batchNormalization },
};
