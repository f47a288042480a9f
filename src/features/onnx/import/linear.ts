import { call } from "../../../expr/call.js";
import type { Expr } from "../../../expr/expr.js";
import { dataTypeName } from "../../../onnx/schema.js";
import { given, typeOf } from "./elementwise.js";
import type { ImportNode, Reader, Readers } from "./node.js";
import { columns, columnsOf, elementwise, isFloat, malformed, numbersOf, rounded, unsupported, type Columns, type Value } from "./value.js";

/** Products with constant matrices and sums along a row. A runtime adds in its own order: results agree within rounding. */

/** The row times a constant matrix [k, m], given column by column. */
function product(node: ImportNode, x: Columns, matrix: readonly number[], k: number, m: number, transposed: boolean, alpha = 1): Columns {
  if (x.dims.length !== 1 || x.dims[0] !== k) throw malformed(`a matrix of ${k} rows for a row of [${x.dims.join(", ")}]`);
  node.spend(k * m);
  const exprs = Array.from({ length: m }, (_, column) => {
    const terms = x.exprs.map((expr, row) => call("mul", [expr, matrix[transposed ? column * k + row : row * m + column] as number]));
    const sum = terms.reduce((left, right) => call("add", [left, right]));
    return rounded(x.type, alpha === 1 ? sum : call("mul", [sum, alpha]));
  });
  return columns(x.type, [m], exprs);
}

function matrixOf(value: Value): { readonly values: readonly number[]; readonly dims: readonly [number, number] } {
  const values = numbersOf(value, "the matrix");
  const dims = value.kind === "constant" ? value.tensor.dims : [];
  if (dims.length !== 2) throw unsupported(`a matrix of the shape [${dims.join(", ")}]`);
  return { values, dims: dims as unknown as readonly [number, number] };
}

function floatRow(node: ImportNode): Columns {
  const x = columnsOf(given(node, 0), "the left operand");
  if (!isFloat(x.type)) throw unsupported(`operands of ${dataTypeName(x.type)}`);
  return x;
}

function matMul(node: ImportNode): Value {
  const { values, dims } = matrixOf(given(node, 1));
  return product(node, floatRow(node), values, dims[0], dims[1], false);
}

function gemm(node: ImportNode): Value {
  if (node.int("transA", 0) !== 0) throw unsupported("transA");
  const transposed = node.int("transB", 0) !== 0;
  const { values, dims } = matrixOf(given(node, 1));
  const [k, m] = transposed ? [dims[1], dims[0]] : dims;
  const out = product(node, floatRow(node), values, k, m, transposed, node.float("alpha", 1));
  const bias = node.inputs[2];
  if (bias === undefined) return out;
  const beta = node.float("beta", 1);
  if (typeOf(bias) !== out.type) throw malformed("a bias of another type");
  return elementwise([out, bias], out.type, ([x, b]) => rounded(out.type, call("add", [x, beta === 1 ? b : call("mul", [b, beta])])));
}

/** Along the last axis. */
function reduce(combine: (values: readonly Expr[]) => Expr): Reader {
  return (node) => {
    const x = floatRow(node);
    const axes = node.ints("axes")?.map(Number) ?? (node.inputs[1] === undefined ? [] : numbersOf(node.inputs[1], "the axes"));
    const last = x.dims.length;
    if (last === 0 || axes.length !== 1 || (axes[0] !== last && axes[0] !== -1)) throw unsupported("a reduction along other axes than the last");
    const width = x.dims[last - 1] as number;
    if (width === 0) throw unsupported("a reduction of nothing");
    const outer = x.dims.slice(0, -1);
    const exprs = Array.from({ length: x.exprs.length / width }, (_, i) => rounded(x.type, combine(x.exprs.slice(i * width, (i + 1) * width))));
    return columns(x.type, node.int("keepdims", 1) === 0 ? outer : [...outer, 1], exprs);
  };
}

const sum = (values: readonly Expr[]): Expr => values.reduce((left, right) => call("add", [left, right]));

export const LINEAR: Readers = {
  MatMul: matMul,
  Gemm: gemm,
  ReduceSum: reduce(sum),
  ReduceMean: reduce((values) => call("div", [sum(values), values.length])),
  ReduceMax: reduce((values) => values.reduce((left, right) => call("greatest", [left, right]))),
  ReduceMin: reduce((values) => values.reduce((left, right) => call("least", [left, right]))),
  ReduceL1: reduce((values) => sum(values.map((value) => call("abs", [value])))),
  ReduceL2: reduce((values) => call("sqrt", [sum(values.map((value) => call("square", [value])))])),
};
