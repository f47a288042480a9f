import { ModelError, received } from "../errors.js";
import { toFloat16 } from "./float16.js";
import { TENSOR_ARRAYS, type Tensor, type TensorData, type TensorInfo, type TensorType } from "./tensor.js";

/**
 * What a caller may pass as input: a tensor, a typed array of the input's own element type, a number (or text, or
 * boolean) for an input without axes, or arrays of them, nested or flat. Sizes that are not given are inferred where
 * the model leaves one free.
 */
export type InputValue = Tensor | NodeJS.TypedArray | number | bigint | boolean | string | readonly InputElement[];
export type InputElement = number | bigint | boolean | string | NodeJS.TypedArray | readonly InputElement[];

/** One input's value where the model has one, else (or also) values by name. */
export type ScorerInput = InputValue | Readonly<Record<string, InputValue>>;

type Path = readonly (string | number)[];

const RANGES: Readonly<Partial<Record<TensorType, readonly [bigint, bigint]>>> = {
  int8: [-128n, 127n],
  uint8: [0n, 255n],
  int16: [-32768n, 32767n],
  uint16: [0n, 65535n],
  int32: [-(2n ** 31n), 2n ** 31n - 1n],
  uint32: [0n, 2n ** 32n - 1n],
  int64: [-(2n ** 63n), 2n ** 63n - 1n],
  uint64: [0n, 2n ** 64n - 1n],
};

const MOST_AXES = 32;

function isTypedArray(value: unknown): value is NodeJS.TypedArray {
  return ArrayBuffer.isView(value) && !(value instanceof DataView);
}

/** Whether the memory went to another thread; such an array would pass for one of no rows. */
function isDetached(buffer: ArrayBufferLike): boolean {
  try {
    new Uint8Array(buffer);
    return false;
  } catch {
    return true;
  }
}

function isTensor(value: unknown): value is { readonly type?: unknown; readonly dims: readonly unknown[]; readonly data: unknown } {
  if (typeof value !== "object" || value === null || Array.isArray(value) || isTypedArray(value)) return false;
  const { dims, data } = value as { dims?: unknown; data?: unknown };
  return Array.isArray(dims) && (isTypedArray(data) || Array.isArray(data));
}

/** Float16Array, where the platform has it, holds the same bits as our Uint16Array. */
function isFloat16Array(value: NodeJS.TypedArray): boolean {
  return Object.prototype.toString.call(value) === "[object Float16Array]";
}

function shapeText(dims: readonly (number | string | null)[]): string {
  return `[${dims.map((size) => size ?? "?").join(", ")}]`;
}

function wrongShape(path: Path, info: TensorInfo, actual: string): ModelError {
  return new ModelError("WRONG_SHAPE", `input ${JSON.stringify(info.name)} has another shape`, { path, expected: shapeText(info.dims), actual });
}

function wrongType(path: Path, expected: string, value: unknown): ModelError {
  return new ModelError("WRONG_TYPE", "not an input of the model", { path, expected, actual: received(value) });
}

/** Whether sizes fit the declaration; no axes may also mean that the model says nothing. */
function fits(dims: readonly number[], declared: TensorInfo["dims"]): boolean {
  if (declared.length === 0) return true;
  return dims.length === declared.length && dims.every((size, axis) => typeof declared[axis] !== "number" || declared[axis] === size);
}

/** The sizes of `count` elements in a row where at most one size is free. */
function inferDims(count: number, info: TensorInfo, path: Path): number[] {
  const declared = info.dims;
  if (declared.length === 0) return count === 1 ? [] : [count];
  const free = declared.filter((size) => typeof size !== "number").length;
  const known = declared.reduce<number>((product, size) => product * (typeof size === "number" ? size : 1), 1);
  // Of a matrix of any size: one row.
  if (free === 2 && declared.length === 2) return [1, count];
  if (free > 1) {
    throw new ModelError("WRONG_SHAPE", `the shape of input ${JSON.stringify(info.name)} cannot be told from ${count} elements`, {
      path,
      expected: `a tensor of ${shapeText(declared)}`,
      fix: "Give { type, dims, data }",
    });
  }
  const rest = free === 0 ? 1 : known === 0 ? 0 : count / known;
  if (!Number.isInteger(rest) || rest * known !== count) throw wrongShape(path, info, `${count} elements`);
  return declared.map((size) => (typeof size === "number" ? size : rest));
}

/** Where in nested arrays of these sizes the element is that comes at this place of all. */
function nestedAt(at: number, dims: readonly number[]): number[] {
  const out: number[] = [];
  for (const size of dims.slice(1).reverse()) {
    out.unshift(at % size);
    at = Math.floor(at / size);
  }
  return [at, ...out];
}

function integer(type: TensorType, value: unknown, place: (at: number) => Path, at: number): bigint {
  const [least, most] = RANGES[type] as readonly [bigint, bigint];
  const whole = typeof value === "bigint" ? value : typeof value === "number" && Number.isSafeInteger(value) ? BigInt(value) : undefined;
  if (whole === undefined || whole < least || whole > most) throw wrongType(place(at), `an integer from ${least} to ${most}`, value);
  return whole;
}

/** `dims`: the sizes of the arrays that the elements were nested in, for messages. */
function elements<T extends TensorType>(type: T, flat: readonly unknown[], path: Path, dims?: readonly number[]): TensorData[T];
function elements(type: TensorType, flat: readonly unknown[], path: Path, dims: readonly number[] = []): TensorData[TensorType] {
  const place = (at: number): Path => [...path, ...nestedAt(at, dims)];
  if (type === "string") {
    for (const [i, value] of flat.entries()) if (typeof value !== "string") throw wrongType(place(i), "a string", value);
    return flat as readonly string[];
  }
  const out = new TENSOR_ARRAYS[type](flat.length) as Float64Array | BigInt64Array;
  for (let i = 0; i < flat.length; i++) {
    const value = flat[i];
    if (type === "float32" || type === "float64" || type === "float16") {
      if (typeof value !== "number") throw wrongType(place(i), "a number", value);
      out[i] = type === "float16" ? toFloat16(value) : value;
    } else if (type === "bool") {
      if (value !== true && value !== false && value !== 0 && value !== 1) throw wrongType(place(i), "a boolean, 0 or 1", value);
      out[i] = Number(value);
    } else {
      const whole = integer(type, value, place, i);
      out[i] = type === "int64" || type === "uint64" ? whole : Number(whole);
    }
  }
  return out as TensorData[TensorType];
}

/** A typed array as the input's elements; nothing is copied where the types agree. */
function typed(type: TensorType, array: NodeJS.TypedArray, path: Path): TensorData[TensorType] {
  if (type === "string") throw wrongType(path, "strings", array);
  if (type === "float16") {
    if (isFloat16Array(array)) return new Uint16Array(array.buffer as ArrayBuffer, array.byteOffset, array.length);
    if (array instanceof Float32Array || array instanceof Float64Array) return Uint16Array.from(array, toFloat16);
  }
  if (!(array instanceof TENSOR_ARRAYS[type])) throw wrongType(path, `a ${TENSOR_ARRAYS[type].name} for ${type}`, array);
  if (type === "bool" && (array as Uint8Array).some((value) => value > 1)) throw wrongType(path, "a Uint8Array of 0 and 1", array);
  return array as TensorData[TensorType];
}

/** Elements of nested arrays in order, and the sizes of the nesting. */
function flatten(value: readonly unknown[], info: TensorInfo, path: Path): { readonly flat: unknown[]; readonly dims: number[] } {
  const dims: number[] = [];
  const flat: unknown[] = [];
  const visit = (part: readonly unknown[] | NodeJS.TypedArray, depth: number, at: Path): void => {
    if (depth >= MOST_AXES) throw wrongShape(at, info, `arrays nested more than ${MOST_AXES} deep`);
    const known = dims[depth];
    if (known === undefined) dims[depth] = part.length;
    else if (known !== part.length) throw wrongShape(at, info, `arrays of ${known} and of ${part.length} elements`);
    for (let i = 0; i < part.length; i++) {
      const one = part[i];
      if (Array.isArray(one) || isTypedArray(one)) {
        if (flat.length > 0 && dims.length === depth + 1) throw wrongShape([...at, i], info, "arrays nested unevenly");
        visit(one as readonly unknown[], depth + 1, [...at, i]);
      } else {
        if (dims.length > depth + 1) throw wrongShape([...at, i], info, "arrays nested unevenly");
        flat.push(one);
      }
    }
  };
  visit(value, 0, path);
  return { flat, dims };
}

/** The tensor that a value stands for. WRONG_TYPE, WRONG_SHAPE. */
export function tensorOf(value: unknown, info: TensorInfo, path: Path): Tensor {
  const { type } = info;
  if (isTensor(value)) return checkedTensor(value, info, path);
  if (isTypedArray(value)) {
    if (value.length === 0 && isDetached(value.buffer)) throw new ModelError("WRONG_TYPE", "not an input of the model", { path, expected: "an array that has its memory", actual: "one whose buffer was transferred" });
    const data = typed(type, value, path);
    return { type, dims: inferDims(data.length, info, path), data };
  }
  if (Array.isArray(value)) {
    const { flat, dims } = flatten(value, info, path);
    const nested = dims.length > 1 || info.dims.length === 1 || info.dims.length === 0;
    const inferred = nested && (dims.length === info.dims.length || info.dims.length === 0) ? dims : inferDims(flat.length, info, path);
    if (!fits(inferred, info.dims) || (dims.length > 1 && inferred[0] !== dims[0])) throw wrongShape(path, info, shapeText(dims));
    return { type, dims: inferred, data: elements(type, flat, path, dims) };
  }
  if (info.dims.every((size) => size === 1 || typeof size !== "number") && ["number", "bigint", "boolean", "string"].includes(typeof value)) {
    return { type, dims: info.dims.map(() => 1), data: elements(type, [value], path) };
  }
  throw wrongType(path, `a tensor, typed array or array of ${type} ${shapeText(info.dims)}`, value);
}

function checkedTensor(value: { readonly type?: unknown; readonly dims: readonly unknown[]; readonly data: unknown }, info: TensorInfo, path: Path): Tensor {
  const { type } = info;
  if (value.type !== undefined && value.type !== type) throw wrongType([...path, "type"], JSON.stringify(type), value.type);
  let count = 1;
  for (const [axis, size] of value.dims.entries()) {
    if (typeof size !== "number" || !Number.isInteger(size) || size < 0) throw wrongType([...path, "dims", axis], "an integer from 0", size);
    count *= size;
  }
  const dims = [...(value.dims as readonly number[])];
  if (!fits(dims, info.dims)) throw wrongShape([...path, "dims"], info, shapeText(dims));
  const data = isTypedArray(value.data) ? typed(type, value.data, [...path, "data"]) : elements(type, value.data as readonly unknown[], [...path, "data"]);
  if (data.length !== count) throw new ModelError("WRONG_SHAPE", "the tensor's data and dims differ", { path, expected: `${count} elements for ${shapeText(dims)}`, actual: `${data.length}` });
  return { type, dims, data };
}

/** An object that names inputs, and not a Map, a Date or a buffer. */
function isPlain(value: object): boolean {
  return Object.prototype.toString.call(value) === "[object Object]";
}

/** Tensors in the order of the model's inputs. */
export function inputTensors(input: unknown, infos: readonly TensorInfo[]): Tensor[] {
  const [first] = infos;
  const single = infos.length === 1 && first !== undefined;
  if (single && (Array.isArray(input) || isTypedArray(input) || isTensor(input) || typeof input !== "object")) return [tensorOf(input, first, [])];
  if (typeof input !== "object" || input === null || Array.isArray(input) || isTypedArray(input)) {
    throw wrongType([], single ? "the model's input" : `an object with the inputs ${infos.map(({ name }) => name).join(", ")}`, input);
  }
  if (single && !isPlain(input)) throw wrongType([], `a tensor, typed array or array of ${first.type} ${shapeText(first.dims)}`, input);
  const named = input as Readonly<Record<string, unknown>>;
  for (const name of Object.keys(named)) {
    if (!infos.some((info) => info.name === name)) {
      throw new ModelError("WRONG_TYPE", "the model has no such input", { path: [name], expected: infos.map((info) => info.name).join(", ") });
    }
  }
  return infos.map((info) => {
    if (!Object.hasOwn(named, info.name)) throw new ModelError("MISSING_INPUT", "the model's input is not given", { path: [info.name], expected: `${info.type} ${shapeText(info.dims)}` });
    return tensorOf(named[info.name], info, [info.name]);
  });
}
