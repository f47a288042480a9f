import type { Expr } from "../../../expr/expr.js";
import type { Tensor } from "../../../onnx/tensor.js";
import { DataType } from "../../../onnx/schema.js";
import { given } from "./elementwise.js";
import type { ImportNode, Readers } from "./node.js";
import { columns, columnsOf, malformed, MAX_COLUMNS, numbersOf, sizeOf, unsupported, type Columns, type Value } from "./value.js";

/** An axis of [N, …dims] as an index of dims. The rows' axis is out of reach: rows are not mixed. */
function innerAxis(axis: number, rank: number): number {
  const positive = axis < 0 ? axis + rank : axis;
  if (!Number.isInteger(axis) || positive < 0 || positive >= rank) throw malformed(`axis ${axis} of ${rank}`);
  if (positive === 0) throw unsupported("an operator along the rows");
  return positive - 1;
}

/** Rearranged columns: `from(index)` tells where each element of the new dims comes from. */
function pick(x: Columns, dims: readonly number[], from: (index: readonly number[]) => readonly number[]): Columns {
  const count = sizeOf(dims);
  if (count > MAX_COLUMNS) throw unsupported(`${count} columns`);
  const exprs = Array.from({ length: count }, (_, at) => {
    const index: number[] = [];
    for (let axis = dims.length - 1, rest = at; axis >= 0; axis--) {
      index.unshift(rest % (dims[axis] as number));
      rest = Math.floor(rest / (dims[axis] as number));
    }
    const source = from(index).reduce((sum, i, axis) => sum * (x.dims[axis] as number) + i, 0);
    return x.exprs[source] as Expr;
  });
  return columns(x.type, dims, exprs);
}

/** Chosen positions along one inner axis. */
function take(x: Columns, axis: number, positions: readonly number[]): Columns {
  const size = x.dims[axis] as number;
  const places = positions.map((position) => {
    const place = position < 0 ? position + size : position;
    if (!Number.isInteger(place) || place < 0 || place >= size) throw malformed(`position ${position} of ${size}`);
    return place;
  });
  const dims = x.dims.map((dim, i) => (i === axis ? places.length : dim));
  return pick(x, dims, (index) => index.map((i, at) => (at === axis ? (places[i] as number) : i)));
}

function reshape(node: ImportNode): Value {
  const x = given(node, 0);
  const shape = numbersOf(node.inputs[1], "the shape");
  if (x.kind === "constant") return { kind: "constant", tensor: { ...x.tensor, dims: constantShape(x.tensor, shape) } };
  if (node.int("allowzero", 0) !== 0) throw unsupported("allowzero");
  const rank = x.dims.length + 1;
  const [rows, ...rest] = shape.map((size, i) => (size === 0 && i > 0 ? (x.dims[i - 1] ?? 0) : size));
  const count = x.exprs.length;
  const free = rest.indexOf(-1);
  const dims = free === -1 || rows !== 0 ? rest : rest.map((size, i) => (i === free ? count / -sizeOf(rest) : size));
  if (rows === undefined || (rows !== -1 && rows !== 0) || dims.some((size) => size < 0 || !Number.isInteger(size)) || sizeOf(dims) !== count) {
    throw unsupported(`a reshape of [N${x.dims.map((dim) => `, ${dim}`).join("")}] (rank ${rank}) to [${shape.join(", ")}], which mixes rows`);
  }
  return columns(x.type, dims, x.exprs);
}

function constantShape(tensor: Tensor, shape: readonly number[]): number[] {
  const count = sizeOf(tensor.dims);
  const sizes = shape.map((size, i) => (size === 0 ? (tensor.dims[i] ?? 0) : size));
  const known = sizeOf(sizes.filter((size) => size !== -1));
  const dims = sizes.map((size) => (size === -1 ? count / known : size));
  if (dims.some((size) => !Number.isInteger(size) || size < 0) || sizeOf(dims) !== count) throw malformed(`${count} elements in the shape [${shape.join(", ")}]`);
  return dims;
}

function axesOf(node: ImportNode): readonly number[] | undefined {
  const attribute = node.ints("axes");
  if (attribute !== undefined) return attribute.map(Number);
  return node.inputs[1] === undefined ? undefined : numbersOf(node.inputs[1], "the axes");
}

function squeeze(node: ImportNode): Value {
  const x = columnsOf(given(node, 0), "the input");
  const axes = axesOf(node)?.map((axis) => innerAxis(axis, x.dims.length + 1));
  const dropped = (i: number): boolean => (axes === undefined ? x.dims[i] === 1 : axes.includes(i));
  if (axes?.some((axis) => x.dims[axis] !== 1) === true) throw malformed("squeezes an axis that is not 1");
  return columns(x.type, x.dims.filter((_, i) => !dropped(i)), x.exprs);
}

function unsqueeze(node: ImportNode): Value {
  const x = columnsOf(given(node, 0), "the input");
  const axes = axesOf(node) ?? [];
  const rank = x.dims.length + 1 + axes.length;
  const inner = new Set(axes.map((axis) => innerAxis(axis, rank)));
  if (inner.size !== axes.length) throw malformed("the same axis twice");
  const rest = [...x.dims];
  const dims = Array.from({ length: rank - 1 }, (_, i) => (inner.has(i) ? 1 : (rest.shift() as number)));
  return columns(x.type, dims, x.exprs);
}

function flatten(node: ImportNode): Value {
  const x = columnsOf(given(node, 0), "the input");
  if (node.int("axis", 1) !== 1) throw unsupported("Flatten at another axis than 1");
  return columns(x.type, [x.exprs.length], x.exprs);
}

export function concatenate(parts: readonly Columns[], axis: number): Columns {
  const first = parts[0];
  if (first === undefined) throw malformed("nothing to concatenate");
  if (parts.some((part) => part.type !== first.type)) throw malformed("concatenates different types");
  const same = (part: Columns): boolean => part.dims.length === first.dims.length && part.dims.every((dim, i) => i === axis || dim === first.dims[i]);
  if (!parts.every(same)) throw malformed("concatenates different shapes");
  const total = parts.reduce((sum, part) => sum + (part.dims[axis] as number), 0);
  const dims = first.dims.map((dim, i) => (i === axis ? total : dim));
  if (sizeOf(dims) > MAX_COLUMNS) throw unsupported(`${sizeOf(dims)} columns`);
  // Blocks of each part in turn, for every position of the axes before.
  const blocks = sizeOf(first.dims.slice(0, axis));
  const exprs = Array.from({ length: blocks }, (_, block) =>
    parts.flatMap((part) => {
      const size = part.exprs.length / blocks;
      return part.exprs.slice(block * size, (block + 1) * size);
    }),
  ).flat();
  return columns(first.type, dims, exprs);
}

function concat(node: ImportNode): Value {
  const parts = node.inputs.map((_, i) => columnsOf(given(node, i), `input ${i}`));
  return concatenate(parts, innerAxis(node.int("axis", 1), (parts[0]?.dims.length ?? 0) + 1));
}

function gather(node: ImportNode): Value {
  const x = columnsOf(given(node, 0), "the input");
  const indices = given(node, 1);
  const positions = numbersOf(indices, "the indices");
  const axis = innerAxis(node.int("axis", 0), x.dims.length + 1);
  const rank = indices.kind === "constant" ? indices.tensor.dims.length : 0;
  if (rank > 1) throw unsupported("indices of several axes");
  const taken = take(x, axis, positions);
  return rank === 0 ? columns(x.type, taken.dims.filter((_, i) => i !== axis), taken.exprs) : taken;
}

function arrayFeatureExtractor(node: ImportNode): Value {
  const x = columnsOf(given(node, 0), "the input");
  if (x.dims.length === 0) throw unsupported("an input of one axis");
  return take(x, x.dims.length - 1, numbersOf(node.inputs[1], "the indices"));
}

function slice(node: ImportNode): Value {
  const x = columnsOf(given(node, 0), "the input");
  const from = (at: number, name: string): readonly number[] | undefined =>
    node.ints(name)?.map(Number) ?? (node.inputs[at] === undefined ? undefined : numbersOf(node.inputs[at], `the ${name}`).map((n) => n));
  const [starts, ends, steps] = [from(1, "starts"), from(2, "ends"), from(4, "steps")];
  if (starts === undefined || ends === undefined) throw malformed("no starts or ends");
  const axes = from(3, "axes") ?? starts.map((_, i) => i);
  return axes.reduce<Columns>((out, axis, i) => {
    const inner = innerAxis(axis, x.dims.length + 1);
    const size = out.dims[inner] as number;
    const step = steps?.[i] ?? 1;
    if (step !== 1) throw unsupported(`a slice with step ${step}`);
    const clamp = (place: number): number => Math.min(size, Math.max(0, place < 0 ? place + size : place));
    const [start, end] = [clamp(starts[i] ?? 0), clamp(ends[i] ?? size)];
    return take(out, inner, Array.from({ length: Math.max(0, end - start) }, (_, k) => start + k));
  }, x);
}

function split(node: ImportNode): readonly Value[] {
  const x = columnsOf(given(node, 0), "the input");
  const axis = innerAxis(node.int("axis", 0), x.dims.length + 1);
  const size = x.dims[axis] as number;
  const wanted = node.ints("split")?.map(Number) ?? (node.inputs[1] === undefined ? undefined : numbersOf(node.inputs[1], "the split"));
  const each = Math.ceil(size / node.outputs);
  const sizes = wanted ?? Array.from({ length: node.outputs }, (_, i) => Math.max(0, Math.min(each, size - i * each)));
  if (sizes.reduce((sum, part) => sum + part, 0) !== size || sizes.some((part) => part < 0)) throw malformed(`splits ${size} into ${sizes.join(" + ")}`);
  let at = 0;
  return sizes.map((part) => {
    const start = at;
    at += part;
    return take(x, axis, Array.from({ length: part }, (_, i) => start + i));
  });
}

function constant(node: ImportNode): Value {
  const make = (type: number, values: Tensor["values"], dims: readonly number[]): Value => ({ kind: "constant", tensor: { type, dims, values } });
  const tensor = node.tensor("value");
  if (tensor !== undefined) return { kind: "constant", tensor };
  if (node.has("value_float")) return make(DataType.FLOAT, Float32Array.of(node.float("value_float", 0)), []);
  if (node.has("value_int")) return make(DataType.INT64, BigInt64Array.of(node.bigint("value_int", 0n)), []);
  if (node.has("value_string")) return make(DataType.STRING, [node.string("value_string", "")], []);
  const floats = node.floats("value_floats");
  if (floats !== undefined) return make(DataType.FLOAT, Float32Array.from(floats), [floats.length]);
  const ints = node.ints("value_ints");
  if (ints !== undefined) return make(DataType.INT64, BigInt64Array.from(ints), [ints.length]);
  const strings = node.strings("value_strings");
  if (strings !== undefined) return make(DataType.STRING, strings, [strings.length]);
  throw unsupported("a constant without a value");
}

export const SHAPE: Readers = {
  Identity: (node) => given(node, 0),
  Constant: constant,
  Reshape: reshape,
  Flatten: flatten,
  Squeeze: squeeze,
  Unsqueeze: unsqueeze,
  Concat: concat,
  Gather: gather,
  Slice: slice,
  Split: split,
};

export const SHAPE_ML: Readers = { ArrayFeatureExtractor: arrayFeatureExtractor };

