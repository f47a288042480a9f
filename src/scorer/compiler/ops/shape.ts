import { integers, pick } from "../fold.js";
import type { Node } from "../node.js";
import type { Operators } from "../operators.js";
import { axisOf, product, type Constant, type Rows, type Value } from "../value.js";

/** Operators that change the shape and, but for Transpose, leave the elements where they are. */

/** The shape given with at most one -1, which takes what is left of `count`. */
function resolve(node: Node, target: readonly number[], count: number): number[] {
  const free = target.indexOf(-1);
  if (target.some((dim, i) => dim < -1 || (dim === -1 && i !== free))) throw node.invalid(`the shape [${target.join(", ")}]`);
  if (free === -1) {
    if (product(target) !== count) throw node.invalid(`${count} elements in the shape [${target.join(", ")}]`);
    return [...target];
  }
  const rest = product(target.filter((_, i) => i !== free));
  if (rest === 0 || count % rest !== 0) throw node.invalid(`${count} elements in the shape [${target.join(", ")}]`);
  return target.map((dim) => (dim === -1 ? count / rest : dim));
}

function reshapeRows(node: Node, rows: Rows, target: readonly number[], allowZero: boolean): Rows {
  const { turned, ...rest } = rows;
  const width = product(rows.dims);
  const [first, ...others] = target;
  if (first === undefined) throw node.refuse("a scalar of all rows");
  if (allowZero && target.includes(0)) throw node.refuse("a shape without elements");
  const own = others.map((dim, i) => {
    if (dim !== 0) return dim;
    if (turned === true) throw node.refuse("a 0 in the shape of a list of all rows");
    const copied = rows.dims[i];
    if (copied === undefined) throw node.invalid(`the shape [${target.join(", ")}] copies an axis that is not there`);
    return copied;
  });
  // -1 or 0 stand for the rows when the rest takes exactly one row; a number only where the inputs fix it.
  if (first === -1 || (first === 0 && turned !== true) || (first === node.batch && turned !== true)) {
    if (first === -1 && own.includes(-1)) throw node.invalid(`the shape [${target.join(", ")}]`);
    if (first === -1 && product(own) !== width) throw node.refuse(`the shape [${target.join(", ")}] mixes rows of ${width}`);
    return { ...rest, dims: resolve(node, own, width) };
  }
  throw node.refuse(`the shape [${target.join(", ")}] fixes the number of rows`);
}

function reshape(node: Node): Value[] {
  const target = node.version < 5 ? node.attributes.ints("shape") : integers(node, 1, "a shape");
  if (target === undefined) throw node.invalid("it has no shape");
  const allowZero = node.version >= 14 && node.attributes.int("allowzero", 0) !== 0;
  const input = node.input(0);
  if (input.kind !== "constant") return [reshapeRows(node, node.anyRows(0), target, allowZero)];
  const dims = target.map((dim, i) => (dim === 0 && !allowZero ? (input.dims[i] ?? 0) : dim));
  return [{ ...input, dims: resolve(node, dims, input.values.length) }];
}

function flatten(node: Node): Value[] {
  const axis = node.attributes.int("axis", 1);
  const input = node.input(0);
  if (input.kind === "constant") {
    const at = axis === input.dims.length ? axis : axisOf(axis, input.dims.length);
    if (at === undefined) throw node.invalid(`axis ${axis} of rank ${input.dims.length}`);
    return [{ ...input, dims: [product(input.dims.slice(0, at)), product(input.dims.slice(at))] }];
  }
  const rows = node.anyRows(0);
  if (rows.turned === true) throw node.refuse("its input is a list of all rows");
  const rank = rows.dims.length + 1;
  const at = axis === rank ? axis : axisOf(axis, rank);
  if (at === undefined) throw node.invalid(`axis ${axis} of rank ${rank}`);
  // Everything before the axis becomes the first axis: more than the rows only where there is nothing more.
  if (at === 0 || rows.dims.slice(0, at - 1).some((dim) => dim !== 1)) throw node.refuse(`axis ${axis} mixes rows`);
  return [{ ...rows, dims: [product(rows.dims)] }];
}

/** Axes as an attribute before version 13, an input since. */
function axesOf(node: Node, rank: number): number[] | undefined {
  const axes = node.version < 13 ? node.attributes.ints("axes") : node.has(1) ? integers(node, 1, "axes") : undefined;
  return axes?.map((axis) => {
    const at = axisOf(axis, rank);
    if (at === undefined) throw node.invalid(`axis ${axis} of rank ${rank}`);
    return at;
  });
}

/** All axes of a tensor, the rows' as -1. */
function shapeOf(value: Constant | Rows): readonly number[] {
  if (value.kind === "constant") return value.dims;
  return value.turned === true ? [1, -1] : [-1, ...value.dims];
}

function withShape(node: Node, value: Constant | Rows, shape: readonly number[]): Value {
  if (value.kind === "constant") return { ...value, dims: shape };
  const { turned: _turned, ...rest } = value;
  const [first, ...dims] = shape;
  if (first === -1) return { ...rest, dims };
  if (shape.length === 2 && first === 1 && shape[1] === -1) return { ...rest, dims: [], turned: true };
  throw node.refuse("the rows would not be its first axis");
}

function tensor(node: Node): Constant | Rows {
  const input = node.input(0);
  return input.kind === "constant" ? input : node.anyRows(0);
}

function squeeze(node: Node): Value[] {
  const input = tensor(node);
  const shape = shapeOf(input);
  const axes = axesOf(node, shape.length);
  // Without axes a batch of one row would lose its rows too.
  if (axes === undefined && input.kind === "rows") throw node.refuse("it has no axes");
  const gone = new Set(axes ?? shape.flatMap((dim, axis) => (dim === 1 ? [axis] : [])));
  for (const axis of gone) {
    if (shape[axis] === -1) throw node.refuse("it takes the rows' axis away");
    if (shape[axis] !== 1) throw node.invalid(`axis ${axis} is of size ${shape[axis]}`);
  }
  return [withShape(node, input, shape.filter((_, axis) => !gone.has(axis)))];
}

function unsqueeze(node: Node): Value[] {
  const input = tensor(node);
  const shape = shapeOf(input);
  const count = (node.version < 13 ? node.attributes.ints("axes") : integers(node, 1, "axes"))?.length;
  if (count === undefined) throw node.invalid("it has no axes");
  if (count > 64) throw node.refuse(`${count} axes`);
  const axes = new Set(axesOf(node, shape.length + count));
  if (axes.size !== count) throw node.invalid("an axis is named twice");
  const rest = [...shape];
  const wide = Array.from({ length: shape.length + count }, (_, axis) => (axes.has(axis) ? 1 : (rest.shift() as number)));
  return [withShape(node, input, wide)];
}

function transpose(node: Node): Value[] {
  const input = tensor(node);
  const shape = shapeOf(input);
  const order = node.attributes.ints("perm") ?? shape.map((_, axis) => shape.length - 1 - axis);
  if (order.length !== shape.length || new Set(order).size !== order.length || order.some((axis) => axisOf(axis, shape.length) !== axis)) {
    throw node.invalid(`perm [${order.join(", ")}] of rank ${shape.length}`);
  }
  const dims = order.map((axis) => shape[axis] as number);
  if (input.kind === "constant") return [pick(input, permuted(shape, order), dims)];
  // One element a row stays where it is.
  if (product(input.dims) === 1) return [withShape(node, input, dims)];
  if (order[0] !== 0) throw node.refuse("it moves the rows' axis");
  const rows = node.plain(input);
  const places = permuted(rows.dims, order.slice(1).map((axis) => axis - 1));
  return [{ ...rows, register: node.emit.select(rows.register, places), dims: dims.slice(1) }];
}

/** For each element after the permutation, its place before. */
function permuted(dims: readonly number[], order: readonly number[]): number[] {
  const strides = dims.map((_, axis) => product(dims.slice(axis + 1)));
  let out = [0];
  for (const axis of order) {
    const next: number[] = [];
    for (const at of out) for (let i = 0; i < (dims[axis] as number); i++) next.push(at + i * (strides[axis] as number));
    out = next;
  }
  return out;
}

function shape(node: Node): Value[] {
  const input = node.input(0);
  if (input.kind !== "constant") throw node.refuse("it makes numbers of the batch's shape");
  const rank = input.dims.length;
  const bound = (name: string, otherwise: number): number => {
    const given = node.version < 15 ? otherwise : node.attributes.int(name, otherwise);
    return Math.min(Math.max(given < 0 ? given + rank : given, 0), rank);
  };
  const dims = input.dims.slice(bound("start", 0), bound("end", rank));
  return [{ kind: "constant", type: "int64", dims: [dims.length], values: BigInt64Array.from(dims, BigInt) }];
}

export const SHAPE_OPERATORS: Operators = {
  Reshape: { since: 1, compile: reshape },
  Flatten: { since: 1, compile: flatten },
  Squeeze: { since: 1, compile: squeeze },
  Unsqueeze: { since: 1, compile: unsqueeze },
  Transpose: { since: 1, compile: transpose },
  Shape: { since: 1, compile: shape },
};
