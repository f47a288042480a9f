import { checkCount, integers, pick } from "../fold.js";
import type { Node } from "../node.js";
import type { Operators } from "../operators.js";
import { axisOf, product, type Constant, type Rows, type Value } from "../value.js";

/** Operators that take columns apart and put them together. */

/** A tensor's shape with the rows as -1, and the axis, which is not the rows'. */
function axisIn(node: Node, value: Constant | Rows, given: number): { readonly shape: readonly number[]; readonly axis: number } {
  if (value.kind === "rows" && value.turned === true) throw node.refuse("its input is a list of all rows");
  const shape = value.kind === "constant" ? value.dims : [-1, ...value.dims];
  const axis = axisOf(given, shape.length);
  if (axis === undefined) throw node.invalid(`axis ${given} of rank ${shape.length}`);
  return { shape, axis };
}

/** The elements at these indices along an axis; the axis has `dims` in their place. */
function take(node: Node, value: Constant | Rows, axis: number, indices: readonly number[], dims: readonly number[]): Value {
  const shape = value.kind === "constant" ? value.dims : [1, ...value.dims];
  const inner = product(shape.slice(axis + 1));
  const outer = product(shape.slice(0, axis));
  const size = shape[axis] as number;
  const newShape = [...shape.slice(0, axis), ...dims, ...shape.slice(axis + 1)];
  if (value.kind === "rows") node.checkWidth(product(newShape));
  else checkCount(node, newShape);
  const places: number[] = [];
  for (let o = 0; o < outer; o++) for (const index of indices) for (let i = 0; i < inner; i++) places.push((o * size + index) * inner + i);
  if (value.kind === "constant") return pick(value, places, newShape);
  return { ...value, register: node.emit.select(value.register, places), dims: newShape.slice(1) };
}

function checkedIndices(node: Node, indices: readonly number[], size: number): number[] {
  return indices.map((index) => {
    const at = axisOf(index, size);
    if (at === undefined) throw node.invalid(`index ${index} of ${size}`);
    return at;
  });
}

function tensor(node: Node): Constant | Rows {
  const input = node.input(0);
  return input.kind === "constant" ? input : node.plain(node.anyRows(0));
}

function gather(node: Node): Value[] {
  const data = node.input(0);
  const indices = node.input(1);
  const given = node.attributes.int("axis", 0);
  if (data.kind === "constant" && indices.kind === "rows") return [lookUp(node, data, node.anyRows(1), given)];
  const input = tensor(node);
  const { shape, axis } = axisIn(node, input, given);
  if (shape[axis] === -1) throw node.refuse("it picks rows");
  const { dims } = node.constant(1, "indices");
  return [take(node, input, axis, checkedIndices(node, integers(node, 1, "indices"), shape[axis] as number), dims)];
}

/** Elements of a constant list by an index of each row that is known to lie in it. */
function lookUp(node: Node, data: Constant, indices: Rows, axis: number): Rows {
  if (data.dims.length !== 1 || axisOf(axis, 1) === undefined) throw node.refuse(`a list of rank ${data.dims.length}`);
  return labelled(node, data, indices);
}

/** The index's place taken by the element of a constant list; texts and integers stay an index where the register is of width 1. */
export function labelled(node: Node, data: Constant, given: Rows): Rows {
  const indices = node.plain(given);
  const size = data.values.length;
  if (indices.bound === undefined || indices.bound > size) throw node.refuse("an index that may lie outside of the list");
  const { bound: _bound, ...rest } = indices;
  if (data.type === "string" || data.type === "int64") {
    if (product(indices.dims) === 1) {
      const values = data.values as readonly string[] | BigInt64Array;
      return { ...rest, type: data.type, labels: values };
    }
    if (data.type === "string") throw node.refuse("several texts a row that the model makes");
  }
  node.takes(data, ["float32", "float64", "int64", "int32", "bool"]);
  const keys = BigInt64Array.from({ length: size }, (_, i) => BigInt(i));
  const values =
    data.values instanceof Float32Array || data.values instanceof Float64Array
      ? data.values
      : BigInt64Array.from(data.values as ArrayLike<bigint>, (value: bigint | number) => BigInt(value));
  return { ...rest, type: data.type, register: node.emit.lookup(indices.register, keys, values, values instanceof BigInt64Array ? 0n : 0) };
}

/** Starts, ends, axes and steps: attributes before version 10, inputs since. */
function slice(node: Node): Value[] {
  const { attributes } = node;
  const input = tensor(node);
  const old = node.version < 10;
  const starts = old ? attributes.ints("starts") : integers(node, 1, "starts");
  const ends = old ? attributes.ints("ends") : integers(node, 2, "ends");
  if (starts === undefined || ends === undefined) throw node.invalid("it has no starts or no ends");
  const axes = (old ? attributes.ints("axes") : node.has(3) ? integers(node, 3, "axes") : undefined) ?? starts.map((_, i) => i);
  const steps = (!old && node.has(4) ? integers(node, 4, "steps") : undefined) ?? starts.map(() => 1);
  if ([ends, axes, steps].some(({ length }) => length !== starts.length)) throw node.invalid("starts, ends, axes and steps of different lengths");
  let value: Constant | Rows = input;
  for (const [i, given] of axes.entries()) {
    const { shape, axis } = axisIn(node, value, given);
    const size = shape[axis] as number;
    const [start, end, step] = [starts[i] as number, ends[i] as number, steps[i] as number];
    if (step === 0) throw node.invalid("a step of 0");
    if (size === -1) {
      if (start === 0 && step === 1 && end >= 2 ** 31 - 1) continue;
      throw node.refuse("it picks rows");
    }
    value = take(node, value, axis, range(start, end, step, size), [range(start, end, step, size).length]) as Constant | Rows;
  }
  return [value];
}

/** Indices of start:end:step as NumPy counts them. */
function range(start: number, end: number, step: number, size: number): number[] {
  const from = start < 0 ? start + size : start;
  const to = end < 0 ? end + size : end;
  const out: number[] = [];
  if (step > 0) {
    for (let at = Math.max(from, 0); at < Math.min(to, size); at += step) out.push(at);
  } else {
    for (let at = Math.min(from, size - 1); at > Math.max(to, -1); at += step) out.push(at);
  }
  return out;
}

function split(node: Node): Value[] {
  const { attributes } = node;
  const input = tensor(node);
  const { shape, axis } = axisIn(node, input, attributes.int("axis", 0));
  const size = shape[axis] as number;
  if (size === -1) throw node.refuse("it splits rows");
  let sizes = node.version < 13 ? attributes.ints("split") : node.has(1) ? integers(node, 1, "sizes") : undefined;
  const declared = node.version >= 18 ? attributes.int("num_outputs") : undefined;
  if (sizes === undefined) {
    const count = declared ?? node.wanted.length;
    if (count !== node.wanted.length || count === 0) throw node.invalid(`${count} parts for ${node.wanted.length} outputs`);
    if (declared === undefined && size % count !== 0) throw node.invalid(`${size} columns in ${count} equal parts`);
    const part = Math.ceil(size / count);
    sizes = Array.from({ length: count }, (_, i) => Math.min(part, size - part * i));
  } else if (declared !== undefined) {
    throw node.invalid("both sizes and num_outputs");
  }
  if (sizes.length !== node.wanted.length || sizes.some((part) => part < 0) || sizes.reduce((sum, part) => sum + part, 0) !== size) {
    throw node.invalid(`parts of ${sizes.join(", ")} of ${size} columns`);
  }
  let start = 0;
  return sizes.map((part) => {
    const indices = Array.from({ length: part }, (_, i) => start + i);
    start += part;
    return take(node, input, axis, indices, [part]);
  });
}

function concat(node: Node): Value[] {
  const given = node.version < 4 ? node.attributes.int("axis", 1) : node.attributes.int("axis");
  if (given === undefined) throw node.invalid("it has no axis");
  if (node.inputs.length === 0) throw node.invalid("it has no inputs");
  const values = node.inputs.map((_, i) => node.input(i));
  const { type } = values[0] as Rows;
  if (values.some((value) => value.kind === "maps" || value.type !== type)) throw node.refuse("its inputs are of several types");
  if (values.every((value) => value.kind === "constant")) return [concatConstants(node, values, given)];
  if (type === "uint64") throw node.refuse("its input of uint64");
  const parts = values.map((_, i) => node.rows(i));
  const [first] = parts as [Rows];
  const { axis } = axisIn(node, first, given);
  if (axis === 0) throw node.refuse("it appends rows");
  for (const part of parts) {
    if (part.dims.length !== first.dims.length || part.dims.some((dim, i) => i !== axis - 1 && dim !== first.dims[i])) {
      throw node.invalid("its inputs have different shapes");
    }
  }
  if (first.dims.slice(0, axis - 1).some((dim) => dim !== 1)) throw node.refuse(`axis ${given} of rank ${first.dims.length + 1}`);
  const total = parts.reduce((sum, part) => sum + (part.dims[axis - 1] as number), 0);
  const dims = first.dims.with(axis - 1, total);
  node.checkWidth(product(dims));
  return [node.result(type, node.emit.concat(parts.map(({ register }) => register)), dims)];
}

function concatConstants(node: Node, values: readonly Constant[], given: number): Constant {
  const [first] = values as readonly [Constant];
  const axis = axisOf(given, first.dims.length);
  if (axis === undefined || first.dims.length !== 1) throw node.refuse("it joins constants of more than one axis");
  const elements = values.flatMap((value) => Array.from(value.values as ArrayLike<number>));
  const dims = [elements.length];
  checkCount(node, dims);
  if (first.type === "string") return { ...first, dims, values: elements as unknown as readonly string[] };
  const typed = first.values as Float64Array;
  return { ...first, dims, values: (typed.constructor as unknown as { from(items: readonly number[]): Float64Array }).from(elements) };
}

export const COLUMN_OPERATORS: Operators = {
  Concat: { since: 4, compile: concat },
  Gather: { since: 1, compile: gather },
  Slice: { since: 1, compile: slice },
  Split: { since: 2, compile: split },
};
