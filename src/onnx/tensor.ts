import { OnnxError } from "../errors.js";
import { DataType, dataTypeName, type TensorProto } from "./schema.js";

/** The values of a tensor, in the narrowest array that holds its type; bool as 0 and 1, float16 as numbers. */
export type TensorValues =
  | Float32Array
  | Float64Array
  | Int8Array
  | Int16Array
  | Int32Array
  | BigInt64Array
  | Uint8Array
  | Uint16Array
  | Uint32Array
  | BigUint64Array
  | readonly string[];

export interface Tensor {
  /** TensorProto.DataType. */
  readonly type: number;
  /** Row-major; empty for a scalar. */
  readonly dims: readonly number[];
  readonly values: TensorValues;
}

/** Bytes of external data: `location` relative to the model, `length` undefined to the end of the file. */
export type ExternalReader = (location: string, offset: number, length: number | undefined) => Uint8Array;

interface Layout {
  readonly size: number;
  readonly array: new (length: number) => Exclude<TensorValues, readonly string[]>;
  /** The typed field that may hold the values in place of raw bytes. */
  readonly field: "floatData" | "doubleData" | "int32Data" | "int64Data" | "uint64Data";
}

const LAYOUTS: ReadonlyMap<number, Layout> = new Map<number, Layout>([
  [DataType.FLOAT, { size: 4, array: Float32Array, field: "floatData" }],
  [DataType.DOUBLE, { size: 8, array: Float64Array, field: "doubleData" }],
  [DataType.INT8, { size: 1, array: Int8Array, field: "int32Data" }],
  [DataType.INT16, { size: 2, array: Int16Array, field: "int32Data" }],
  [DataType.INT32, { size: 4, array: Int32Array, field: "int32Data" }],
  [DataType.INT64, { size: 8, array: BigInt64Array, field: "int64Data" }],
  [DataType.UINT8, { size: 1, array: Uint8Array, field: "int32Data" }],
  [DataType.BOOL, { size: 1, array: Uint8Array, field: "int32Data" }],
  [DataType.UINT16, { size: 2, array: Uint16Array, field: "int32Data" }],
  [DataType.FLOAT16, { size: 2, array: Uint16Array, field: "int32Data" }],
  [DataType.UINT32, { size: 4, array: Uint32Array, field: "uint64Data" }],
  [DataType.UINT64, { size: 8, array: BigUint64Array, field: "uint64Data" }],
]);

function bad(tensor: TensorProto, what: string): OnnxError {
  return new OnnxError("INVALID_ONNX", `tensor ${JSON.stringify(tensor.name ?? "")}: ${what}`);
}

/** The shape, checked: no negative sizes, a product that is an exact integer. */
export function tensorDims(tensor: TensorProto): { readonly dims: readonly number[]; readonly count: number } {
  const dims: number[] = [];
  let count = 1;
  for (const dim of tensor.dims ?? []) {
    if (dim < 0n || dim > BigInt(Number.MAX_SAFE_INTEGER)) throw bad(tensor, `the size ${dim} of an axis`);
    dims.push(Number(dim));
    count *= Number(dim);
    if (!Number.isSafeInteger(count)) throw bad(tensor, `the shape [${(tensor.dims ?? []).join(", ")}] has too many elements`);
  }
  return { dims, count };
}

/**
 * A tensor's values, wherever the file keeps them. INVALID_ONNX when there are not exactly as many as the shape
 * says, so nothing is allocated that the file does not hold.
 */
export function readTensor(tensor: TensorProto, external?: ExternalReader): Tensor {
  const type = tensor.dataType ?? DataType.UNDEFINED;
  const { dims, count } = tensorDims(tensor);
  if (type === DataType.STRING) return { type, dims, values: readStrings(tensor, count) };
  const layout = LAYOUTS.get(type);
  if (layout === undefined) {
    throw new OnnxError("UNSUPPORTED_ONNX", `tensor ${JSON.stringify(tensor.name ?? "")} has the type ${dataTypeName(type)}`, {
      expected: "numbers of up to 64 bits, bool or string",
    });
  }
  const raw = tensor.dataLocation === 1 ? readExternal(tensor, count * layout.size, external) : tensor.rawData;
  if (raw !== undefined) {
    if (raw.length !== count * layout.size) throw bad(tensor, `${raw.length} bytes for the shape [${dims.join(", ")}] of ${dataTypeName(type)}`);
    return { type, dims, values: float16(type, rawValues(raw, layout, count)) };
  }
  const typed = tensor[layout.field];
  if ((typed?.length ?? 0) !== count) throw bad(tensor, `${typed?.length ?? 0} values for the shape [${dims.join(", ")}]`);
  if (typed === undefined) return { type, dims, values: float16(type, new layout.array(0)) };
  return { type, dims, values: float16(type, typed instanceof layout.array ? typed : narrowed(typed, layout, count)) };
}

function narrowed(typed: ArrayLike<number | bigint>, layout: Layout, count: number): Exclude<TensorValues, readonly string[]> {
  const out = new layout.array(count);
  for (let i = 0; i < count; i++) out[i] = Number(typed[i]);
  return out;
}

function rawValues(raw: Uint8Array, layout: Layout, count: number): Exclude<TensorValues, readonly string[]> {
  // Fields stand at any byte of the file; the copy is aligned. The format is little-endian, as every machine that Node runs on but s390x.
  const out = new layout.array(count);
  new Uint8Array(out.buffer).set(raw);
  if (layout.size > 1 && new Uint8Array(new Uint16Array([1]).buffer)[0] === 0) {
    const bytes = new Uint8Array(out.buffer);
    for (let at = 0; at < bytes.length; at += layout.size) bytes.subarray(at, at + layout.size).reverse();
  }
  return out;
}

function float16(type: number, values: Exclude<TensorValues, readonly string[]>): TensorValues {
  if (type !== DataType.FLOAT16) return values;
  return Float32Array.from(values as Uint16Array, (bits) => {
    const sign = bits & 0x8000 ? -1 : 1;
    const exponent = (bits >> 10) & 31;
    const fraction = bits & 1023;
    if (exponent === 31) return fraction === 0 ? sign * Infinity : NaN;
    return sign * (exponent === 0 ? fraction * 2 ** -24 : (1024 + fraction) * 2 ** (exponent - 25));
  });
}

function readStrings(tensor: TensorProto, count: number): string[] {
  const items = tensor.stringData ?? [];
  if (items.length !== count) throw bad(tensor, `${items.length} texts for ${count} elements`);
  return items.map((item) => decodeText(item, () => `tensor ${JSON.stringify(tensor.name ?? "")}`));
}

const utf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** Text of a bytes field; INVALID_ONNX where it is not UTF-8. */
export function decodeText(bytes: Uint8Array, where: () => string): string {
  try {
    return utf8.decode(bytes);
  } catch (cause) {
    throw new OnnxError("INVALID_ONNX", `${where()}: text that is not UTF-8`, {}, { cause });
  }
}

function readExternal(tensor: TensorProto, size: number, external: ExternalReader | undefined): Uint8Array {
  const entries = new Map((tensor.externalData ?? []).map(({ key, value }) => [key, value]));
  const location = entries.get("location");
  if (location === undefined) throw bad(tensor, "external data without a location");
  const number = (key: string): number | undefined => {
    const text = entries.get(key);
    if (text === undefined) return undefined;
    if (!/^\d{1,15}$/.test(text)) throw bad(tensor, `external data with the ${key} ${JSON.stringify(text)}`);
    return Number(text);
  };
  const length = number("length");
  if (length !== undefined && length !== size) throw bad(tensor, `${length} bytes of external data for a shape of ${size}`);
  if (external === undefined) {
    throw new OnnxError("UNSUPPORTED_ONNX", `tensor ${JSON.stringify(tensor.name ?? "")} is kept in another file, ${JSON.stringify(location)}`, {
      fix: "Give the model's path instead of its bytes",
    });
  }
  return external(location, number("offset") ?? 0, size);
}

const encoder = new TextEncoder();

/** A tensor to write: numbers as raw bytes, text as it is. */
export function makeTensor(name: string, { type, dims, values }: Tensor): TensorProto {
  const shape = { name, dataType: type, dims: BigInt64Array.from(dims, BigInt) };
  if (type === DataType.STRING) return { ...shape, stringData: (values as readonly string[]).map((text) => encoder.encode(text)) };
  const layout = LAYOUTS.get(type);
  if (layout === undefined) throw new RangeError(`cannot write tensors of ${dataTypeName(type)}`);
  const typed = values as Float64Array;
  const raw = new Uint8Array(typed.length * layout.size);
  const view = new DataView(raw.buffer);
  // Little-endian whatever the machine.
  const setters: Readonly<Record<string, (at: number, i: number) => void>> = {
    Float32Array: (at, i) => view.setFloat32(at, typed[i] as number, true),
    Float64Array: (at, i) => view.setFloat64(at, typed[i] as number, true),
    BigInt64Array: (at, i) => view.setBigInt64(at, (values as BigInt64Array)[i] as bigint, true),
    Int32Array: (at, i) => view.setInt32(at, typed[i] as number, true),
    Uint8Array: (at, i) => view.setUint8(at, typed[i] as number),
  };
  const set = setters[typed.constructor.name];
  if (set === undefined || !(values instanceof layout.array)) throw new TypeError(`${typed.constructor.name} for ${dataTypeName(type)}`);
  for (let i = 0; i < typed.length; i++) set(i * layout.size, i);
  return { ...shape, rawData: raw };
}
