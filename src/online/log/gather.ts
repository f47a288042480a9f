import { makeData, type Data } from "apache-arrow";
import type { AnyInputType } from "../../types/input-type.js";
import { arrowTypeOf } from "./arrow-type.js";

/** Memory that cells lie in, under the views that are read. */
export class CellMemory {
  readonly f64: Float64Array;
  readonly u32: Uint32Array;
  readonly bytes: Uint8Array;
  readonly f32: Float32Array;

  constructor(buffer: SharedArrayBuffer) {
    this.f64 = new Float64Array(buffer);
    this.u32 = new Uint32Array(buffer);
    this.bytes = new Uint8Array(buffer);
    this.f32 = new Float32Array(buffer);
  }
}

/** Values of one type as the marshaller wrote them. */
export interface Cells {
  readonly memory: CellMemory;
  readonly count: number;
  /** Of each value, in units of 8 bytes. */
  readonly places: Int32Array;
  /** 1 where there is a value; all where it is left out. */
  readonly present?: Uint8Array;
  /** Where texts and lists are: memory, and for each value the byte that their offsets count from. */
  readonly heap: CellMemory;
  readonly bases: Uint32Array;
}

const NO_VALIDITY = 0xffffffff;

type NumberArray = Float32Array | Float64Array | Int8Array | Int16Array | Int32Array | Uint8Array | Uint16Array | Uint32Array;

/** The cells as an Arrow array of the input's type. */
export function gather(input: AnyInputType, cells: Cells): Data {
  const { count } = cells;
  const type = arrowTypeOf(input);
  const { nullBitmap, nullCount } = validity(cells);
  const make = (parts: object): Data => makeData({ type, length: count, nullCount, nullBitmap, ...parts } as Parameters<typeof makeData>[0]);
  switch (input.storage) {
    case "float64":
      return make({ data: numbers(cells, new Float64Array(count)) });
    case "float32":
      return make({ data: numbers(cells, new Float32Array(count)) });
    case "float16":
      return make({ data: Uint16Array.from(numbers(cells, new Float64Array(count)), halfBits) });
    case "int8":
      return make({ data: numbers(cells, new Int8Array(count)) });
    case "int16":
      return make({ data: numbers(cells, new Int16Array(count)) });
    case "int32":
      return make({ data: numbers(cells, new Int32Array(count)) });
    case "uint8":
      return make({ data: numbers(cells, new Uint8Array(count)) });
    case "uint16":
      return make({ data: numbers(cells, new Uint16Array(count)) });
    case "uint32":
      return make({ data: numbers(cells, new Uint32Array(count)) });
    case "int64":
    case "timestamp":
    case "date64":
      return make({ data: new BigInt64Array(words(cells).buffer) });
    case "uint64":
      return make({ data: new BigUint64Array(words(cells).buffer) });
    case "date32":
      return make({ data: lowWords(cells) });
    case "bool":
      return make({ data: bits(cells) });
    case "utf8":
      return make(texts(cells));
    case "list":
    case "fixedSizeList": {
      const { valueOffsets, elements } = listElements(cells, input.size);
      const child = gather(input.item as AnyInputType, elements);
      return make(input.size === undefined ? { valueOffsets, child } : { child });
    }
  }
}

function has(cells: Cells, i: number): boolean {
  return cells.present === undefined || cells.present[i] === 1;
}

function validity({ count, present }: Cells): { nullBitmap: Uint8Array | undefined; nullCount: number } {
  if (present === undefined) return { nullBitmap: undefined, nullCount: 0 };
  const nullBitmap = new Uint8Array((count + 7) >> 3);
  let nullCount = 0;
  for (let i = 0; i < count; i++) {
    if (present[i] === 1) nullBitmap[i >> 3] = (nullBitmap[i >> 3] as number) | (1 << (i & 7));
    else nullCount++;
  }
  return nullCount === 0 ? { nullBitmap: undefined, nullCount } : { nullBitmap, nullCount };
}

/** Numbers that were widened to float64, as they were; 0 behind nulls. */
function numbers<T extends NumberArray>(cells: Cells, out: T): T {
  const { f64 } = cells.memory;
  for (let i = 0; i < cells.count; i++) if (has(cells, i)) out[i] = f64[cells.places[i] as number] as number;
  return out;
}

/** 64-bit integers, two words each. */
function words(cells: Cells): Uint32Array<ArrayBuffer> {
  const { u32 } = cells.memory;
  const out = new Uint32Array(cells.count * 2);
  for (let i = 0; i < cells.count; i++) {
    if (!has(cells, i)) continue;
    const at = (cells.places[i] as number) * 2;
    out[i * 2] = u32[at] as number;
    out[i * 2 + 1] = u32[at + 1] as number;
  }
  return out;
}

function lowWords(cells: Cells): Int32Array {
  const { u32 } = cells.memory;
  const out = new Int32Array(cells.count);
  for (let i = 0; i < cells.count; i++) if (has(cells, i)) out[i] = u32[(cells.places[i] as number) * 2] as number;
  return out;
}

function bits(cells: Cells): Uint8Array {
  const { f64 } = cells.memory;
  const out = new Uint8Array((cells.count + 7) >> 3);
  for (let i = 0; i < cells.count; i++) {
    if (has(cells, i) && f64[cells.places[i] as number] === 1) out[i >> 3] = (out[i >> 3] as number) | (1 << (i & 7));
  }
  return out;
}

function texts(cells: Cells): { valueOffsets: Int32Array; data: Uint8Array } {
  const { u32 } = cells.memory;
  const { bytes } = cells.heap;
  const valueOffsets = new Int32Array(cells.count + 1);
  let total = 0;
  for (let i = 0; i < cells.count; i++) {
    if (has(cells, i)) total += u32[(cells.places[i] as number) * 2 + 1] as number;
    valueOffsets[i + 1] = total;
  }
  const data = new Uint8Array(total);
  for (let i = 0; i < cells.count; i++) {
    if (!has(cells, i)) continue;
    const start = (cells.bases[i] as number) + (u32[(cells.places[i] as number) * 2] as number);
    const target = valueOffsets[i] as number;
    const size = (valueOffsets[i + 1] as number) - target;
    if (size > 32) data.set(bytes.subarray(start, start + size), target);
    else for (let j = 0; j < size; j++) data[target + j] = bytes[start + j] as number;
  }
  return { valueOffsets, data };
}

/** The elements of lists as cells in the heap. A null list of a fixed size has that many null elements. */
function listElements(cells: Cells, size: number | undefined): { valueOffsets: Int32Array; elements: Cells } {
  const { u32 } = cells.memory;
  const { heap } = cells;
  const valueOffsets = new Int32Array(cells.count + 1);
  let total = 0;
  for (let i = 0; i < cells.count; i++) {
    total += size ?? (has(cells, i) ? (u32[(cells.places[i] as number) * 2 + 1] as number) : 0);
    valueOffsets[i + 1] = total;
  }
  const places = new Int32Array(total);
  const bases = new Uint32Array(total);
  const present = new Uint8Array(total);
  for (let i = 0; i < cells.count; i++) {
    if (!has(cells, i)) continue;
    const at = (cells.places[i] as number) * 2;
    const base = cells.bases[i] as number;
    const first = (base + (u32[at] as number)) >>> 3;
    const valid = u32[at + 2] as number;
    const start = valueOffsets[i] as number;
    const length = (valueOffsets[i + 1] as number) - start;
    for (let j = 0; j < length; j++) {
      places[start + j] = first + j;
      bases[start + j] = base;
      present[start + j] = valid === NO_VALIDITY ? 1 : ((heap.bytes[base + valid + (j >> 3)] as number) >> (j & 7)) & 1;
    }
  }
  return { valueOffsets, elements: { memory: heap, count: total, places, present, heap, bases } };
}

const single = new Float32Array(1);
const singleBits = new Uint32Array(single.buffer);

/** The bits of a value that is a float16 already. IEEE 754: 1 sign bit, 5 of the exponent (bias 15), 10 of the fraction. */
export function halfBits(value: number): number {
  if (Number.isNaN(value)) return 0x7e00;
  single[0] = value;
  const bits = singleBits[0] as number;
  const sign = (bits >>> 16) & 0x8000;
  const magnitude = Math.abs(value);
  if (magnitude === Infinity) return sign | 0x7c00;
  // Below 2^-14 the fraction counts units of 2^-24.
  if (magnitude < 2 ** -14) return sign | (magnitude * 2 ** 24);
  return sign | (((bits >>> 13) & 0x3ffff) - (112 << 10));
}
