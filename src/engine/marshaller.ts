import { InputError, received } from "../errors.js";
import { dateTicks, INT64_MAX, INT64_MIN } from "../expr/literal.js";
import type { ExchangeLayout, NativeRowRunner } from "../native.js";
import type { Plan } from "../plan/plan.js";
import type { TimeUnit } from "../types/data-type.js";
import { formatInputType, type AnyInputType, type Storage } from "../types/input-type.js";
import { compileReader, type ReaderField, type RowReader, type SlowField } from "./compiled-reader.js";
import { writeText } from "./text-writer.js";

/** How a field is written; small integers, so that one switch in one loop serves all fields. */
const FLOAT64 = 0;
const FLOAT32 = 1;
const FLOAT16 = 2;
const INTEGER = 3;
const INT64 = 4;
const BOOL = 5;
const UTF8 = 6;
const TIME = 7;
const LIST = 8;

export const RANGES: Partial<Record<Storage, readonly [min: number, max: number]>> = {
  int8: [-128, 127],
  int16: [-32768, 32767],
  int32: [-2147483648, 2147483647],
  uint8: [0, 255],
  uint16: [0, 65535],
  uint32: [0, 4294967295],
};

interface Field {
  readonly name: string;
  readonly kind: number;
  readonly nullable: boolean;
  readonly input: AnyInputType;
  /** Index of the field's 16 bytes in units of 8 bytes, and of its state byte. */
  readonly slot: number;
  readonly state: number;
  readonly min: number;
  readonly max: number;
  readonly unit: TimeUnit;
  /** What every object inherits under the name (a method, for "toString"), which is no value of a row's. */
  readonly inherited: unknown;
}

function kindOf(input: AnyInputType): number {
  switch (input.storage) {
    case "float64":
      return FLOAT64;
    case "float32":
      return FLOAT32;
    case "float16":
      return FLOAT16;
    case "int64":
    case "uint64":
      return INT64;
    case "bool":
      return BOOL;
    case "utf8":
      return UTF8;
    case "timestamp":
    case "date32":
    case "date64":
      return TIME;
    case "list":
    case "fixedSizeList":
      return LIST;
    default:
      return INTEGER;
  }
}

/** The fields whose numbers the compiled reader stores itself. */
function readerField({ name, kind, slot, state, min, max, input }: Field): ReaderField {
  const at = { name, slot, state };
  const safe = "v >= -9007199254740991 && v <= 9007199254740991 && Math.trunc(v) === v";
  switch (kind) {
    case FLOAT64:
      return { ...at, accepts: "true", store: "v" };
    case FLOAT32:
      return { ...at, accepts: "true", store: "Math.fround(v)" };
    case INTEGER:
      return { ...at, accepts: `v >= ${min} && v <= ${max} && Math.trunc(v) === v`, store: "v + 0" };
    case INT64:
      return { ...at, accepts: input.storage === "uint64" ? `v >= 0 && ${safe}` : safe, store: "int64" };
    case TIME:
      return { ...at, accepts: input.storage === "date32" ? "v >= -2147483648 && v <= 2147483647 && Math.trunc(v) === v" : safe, store: "int64" };
    default:
      return { ...at, accepts: undefined, store: "" };
  }
}

/** Of every 65,536 rows, 64 tell which way of reading is faster; the first time after the runtime has optimized both. */
const TRIAL_PERIOD_MASK = 0xffff;
const TRIAL_FIRST = 4096;
const TRIAL_MIDDLE = TRIAL_FIRST + 32;
const TRIAL_END = TRIAL_FIRST + 64;

/** Where rows are written: a native runner's buffer, or memory of the same layout. */
export interface RowTarget {
  readonly exchange: ArrayBufferLike;
  readonly layout: Pick<ExchangeLayout, "rows" | "rowBytes" | "states">;
  readonly setHeap: NativeRowRunner["setHeap"];
}

const INITIAL_HEAP = 4096;
const MAX_HEAP = 2 ** 32 - 8;
/** Longer texts are measured before memory is reserved for them. */
const EXACT_FROM = 4096;
const NO_VALIDITY = 0xffffffff;

/**
 * Writes a row object into the exchange buffer that native code reads: one property read and one typed-array
 * store a field, text as UTF-8 and lists into a heap beside it. Every value is checked; nothing is coerced.
 */
export class Marshaller {
  readonly #fields: readonly Field[];
  readonly #runner: RowTarget;
  readonly #f64: Float64Array;
  readonly #i64: BigInt64Array;
  readonly #u32: Uint32Array;
  readonly #states: Uint8Array;
  #heap!: Uint8Array;
  #heapF64!: Float64Array;
  #heapI64!: BigInt64Array;
  #heapU32!: Uint32Array;
  #top = 0;
  /** Of the row being written, in units of 8 bytes. */
  #base = 0;
  readonly #rowBytes: number;
  #writes = 0;
  #calls = 0;
  #loopWins = false;
  #readerTime = 0;
  #loopTime = 0;
  /** Compiled for the fields' names; undefined where that is not possible. */
  readonly #reader: RowReader | undefined;

  constructor(plan: Pick<Plan, "inputs">, runner: RowTarget) {
    this.#runner = runner;
    const { exchange, layout } = runner;
    this.#f64 = new Float64Array(exchange);
    this.#i64 = new BigInt64Array(exchange);
    this.#u32 = new Uint32Array(exchange);
    this.#states = new Uint8Array(exchange);
    this.#rowBytes = layout.rowBytes;
    this.#grow(INITIAL_HEAP);
    this.#fields = plan.inputs.map(({ name, input }, i): Field => {
      const [min, max] = RANGES[input.storage] ?? [0, 0];
      return {
        name,
        kind: kindOf(input),
        nullable: input.isNullable,
        input,
        slot: layout.rows / 8 + i * 2,
        state: layout.rows + layout.states + i,
        min,
        max,
        unit: input.type.kind === "timestamp" ? input.type.unit : "ms",
        inherited: ({} as Readonly<Record<string, unknown>>)[name],
      };
    });
    const slow: SlowField = (index, value, row, number) => this.#field(this.#fields[index] as Field, value, row, number);
    this.#reader = compileReader(this.#fields.map(readerField), this.#f64, this.#u32, this.#states, slow);
  }

  #grow(bytes: number): void {
    // Offsets into the heap have 32 bits.
    if (bytes > MAX_HEAP) {
      throw new InputError("TOO_LARGE", "the row's texts and lists take too much memory", { expected: `at most ${MAX_HEAP} bytes as UTF-8 and 8-byte elements` });
    }
    let size = this.#heap === undefined ? INITIAL_HEAP : this.#heap.length;
    while (size < bytes) size *= 2;
    let grown: ArrayBuffer;
    try {
      grown = new ArrayBuffer(size);
    } catch (error) {
      throw new InputError("OUT_OF_MEMORY", `memory for the row's texts and lists was refused: ${size} bytes`, {}, { cause: error });
    }
    if (this.#heap !== undefined) new Uint8Array(grown).set(this.#heap);
    this.#heap = new Uint8Array(grown);
    this.#heapF64 = new Float64Array(grown);
    this.#heapI64 = new BigInt64Array(grown);
    this.#heapU32 = new Uint32Array(grown);
    this.#runner.setHeap(grown);
  }

  /** Bytes of text and lists in the heap. */
  get heapBytes(): number {
    return this.#top;
  }

  /** Writes a lone row as row 0 of the buffer. */
  write(row: Readonly<Record<string, unknown>>): void {
    this.#top = 0;
    this.#writeRow(row, 0, undefined);
  }

  /** Empties the heap. Call before the first row of a list. */
  clear(): void {
    this.#top = 0;
  }

  /** Writes a row of a list as row `at` of the buffer; `number` is its number in the list, for messages. */
  writeAt(row: Readonly<Record<string, unknown>>, at: number, number?: number): void {
    this.#writeRow(row, at, number);
  }

  #writeRow(row: Readonly<Record<string, unknown>>, at: number, number: number | undefined): void {
    if (row === null || typeof row !== "object") this.#notARow(row, number);
    const ticket = ++this.#writes;
    const base = at * this.#rowBytes;
    this.#base = base / 8;
    const call = this.#calls++ & TRIAL_PERIOD_MASK;
    if (this.#reader === undefined) this.#loop(row, number);
    else if (call >= TRIAL_FIRST && call < TRIAL_END) this.#trial(call, row, base, number);
    else if (this.#loopWins) this.#loop(row, number);
    else this.#reader(row, base, number);
    // A getter of the row that used this engine would have overwritten what was written before it.
    if (ticket !== this.#writes) {
      throw new InputError("WRONG_TYPE", "a getter of the row called the engine that reads it", {
        ...(number === undefined ? {} : { row: number }),
        expected: "an object of plain values",
      });
    }
  }

  #loop(row: Readonly<Record<string, unknown>>, number: number | undefined): void {
    const fields = this.#fields;
    for (let i = 0; i < fields.length; i++) {
      const field = fields[i] as Field;
      this.#field(field, row[field.name], row, number);
    }
  }

  /**
   * Loads by literal names are faster where rows share hidden classes, and over twice as slow where every row has one
   * of its own (objects merged by spread from dynamic parts): so both are timed now and then on the rows that come.
   */
  #trial(call: number, row: Readonly<Record<string, unknown>>, base: number, number: number | undefined): void {
    const byLoop = call >= TRIAL_MIDDLE;
    if (call === TRIAL_FIRST) this.#readerTime = this.#loopTime = 0;
    const start = performance.now();
    if (byLoop) this.#loop(row, number);
    else this.#reader?.(row, base, number);
    const took = performance.now() - start;
    if (byLoop) this.#loopTime += took;
    else this.#readerTime += took;
    if (call === TRIAL_END - 1) this.#loopWins = this.#loopTime < 0.8 * this.#readerTime;
  }

  /** Any value of a field. */
  #field(field: Field, given: unknown, row: Readonly<Record<string, unknown>>, number: number | undefined): void {
    const state = this.#base * 8 + field.state;
    const value = given === field.inherited ? undefined : given;
    if (value === undefined || value === null) {
      if (!field.nullable) this.#missing(field, row, value, number);
      this.#states[state] = 1;
      return;
    }
    this.#states[state] = 0;
    const slot = this.#base + field.slot;
    switch (field.kind) {
      case FLOAT64:
        if (typeof value !== "number") this.#wrong(field, value, number);
        this.#f64[slot] = value as number;
        break;
      case FLOAT32:
        if (typeof value !== "number") this.#wrong(field, value, number);
        this.#f64[slot] = Math.fround(value as number);
        break;
      case FLOAT16:
        if (typeof value !== "number") this.#wrong(field, value, number);
        this.#f64[slot] = roundToFloat16(value as number);
        break;
      case INTEGER:
        if (typeof value !== "number") this.#wrong(field, value, number);
        if (!((value as number) >= field.min && (value as number) <= field.max) || Math.trunc(value as number) !== value) {
          this.#outOfRange(field, value, number);
        }
        // -0 is not an integer that a column can hold.
        this.#f64[slot] = (value as number) + 0;
        break;
      case INT64:
        if (typeof value === "number" && Number.isSafeInteger(value)) this.#writeSafe(slot, value);
        else this.#i64[slot] = this.#bigint(field, value, number);
        if (field.input.storage === "uint64" && (value as number | bigint) < 0) this.#outOfRange(field, value, number);
        break;
      case BOOL:
        if (typeof value !== "boolean") this.#wrong(field, value, number);
        this.#f64[slot] = value === true ? 1 : 0;
        break;
      case UTF8:
        if (typeof value !== "string") this.#wrong(field, value, number);
        this.#text(field, value as string, slot * 2, number);
        break;
      case TIME:
        this.#time(field, value, number);
        break;
      default:
        this.#list(field, value, number);
    }
  }

  /** A safe integer as 64 bits without making a bigint. */
  #writeSafe(slot: number, value: number): void {
    const low = value >>> 0;
    this.#u32[slot * 2] = low;
    this.#u32[slot * 2 + 1] = (value - low) / 4294967296;
  }

  #bigint(field: Field, value: unknown, number: number | undefined, item?: number): bigint {
    if (typeof value !== "bigint") {
      if (typeof value === "number") this.#outOfRange(field, value, number, item);
      this.#wrong(field, value, number, item);
    }
    if ((value as bigint) < INT64_MIN || (value as bigint) > INT64_MAX) this.#outOfRange(field, value, number, item);
    return value as bigint;
  }

  #text(field: Field, value: string, at: number, number: number | undefined, path?: number): void {
    const start = this.#top;
    const need = start + (value.length > EXACT_FROM ? Buffer.byteLength(value) : value.length * 3);
    if (need > this.#heap.length) this.#grow(need);
    const end = writeText(this.#heap, start, value);
    if (end < 0) {
      throw new InputError("INVALID_UTF8", "the text holds a lone surrogate, which has no UTF-8 form", {
        ...this.#place(field, number, path),
        actual: received(value),
        fix: "Repair it with String.prototype.toWellFormed()",
      });
    }
    this.#top = end;
    this.#u32[at] = start;
    this.#u32[at + 1] = end - start;
  }

  #ticks(field: Field, unit: TimeUnit, value: unknown, number: number | undefined, path?: number): bigint | number {
    if (value instanceof Date) {
      // date32: the day of the instant in UTC, as a date has no time of its own.
      if (unit === "d" && Number.isFinite(value.getTime())) return Math.floor(value.getTime() / 86_400_000);
      const ticks = unit === "ms" ? value.getTime() : dateTicks(value, unit);
      if (ticks === undefined || (typeof ticks === "number" && !Number.isFinite(ticks))) {
        throw new InputError("OUT_OF_RANGE", "the Date is invalid or lies between two ticks of the input's unit", {
          ...this.#place(field, number, path),
          expected: formatInputType(field.input),
          actual: Number.isFinite(value.getTime()) ? value.toISOString() : "an invalid Date",
        });
      }
      return ticks;
    }
    if (typeof value === "number" && Number.isSafeInteger(value)) return value;
    return this.#bigint(field, value, number, path);
  }

  #time(field: Field, value: unknown, number: number | undefined): void {
    if (value instanceof Date && field.unit === "ms") {
      // The common case, without a boxed number on its way through #ticks.
      const ms = value.getTime();
      if (Number.isFinite(ms)) {
        this.#writeSafe(this.#base + field.slot, ms);
        return;
      }
    }
    const ticks = this.#ticks(field, field.unit, value, number);
    if (field.input.storage === "date32" && (ticks < -2147483648 || ticks > 2147483647)) this.#outOfRange(field, value, number);
    if (typeof ticks === "number") this.#writeSafe(this.#base + field.slot, ticks);
    else this.#i64[this.#base + field.slot] = ticks;
  }

  #list(field: Field, value: unknown, number: number | undefined): void {
    if (!Array.isArray(value) && (!ArrayBuffer.isView(value) || value instanceof DataView)) this.#wrong(field, value, number);
    const items = value as ArrayLike<unknown>;
    const length = items.length;
    if (field.input.size !== undefined && length !== field.input.size) {
      throw new InputError("WRONG_TYPE", "the list has another length than declared", {
        ...this.#place(field, number),
        expected: `${field.input.size} elements`,
        actual: `${length}`,
      });
    }
    const item = field.input.item as AnyInputType;
    const start = (this.#top + 7) & ~7;
    const bits = start + length * 8;
    this.#top = bits + ((length + 7) >> 3);
    if (this.#top > this.#heap.length) this.#grow(this.#top);
    const at = (this.#base + field.slot) * 2;
    this.#u32[at] = start;
    this.#u32[at + 1] = length;
    this.#u32[at + 2] = NO_VALIDITY;
    const first = start / 8;
    if (item.storage === "float64" || item.storage === "float32") {
      if (value instanceof Float64Array && item.storage === "float64") {
        this.#heapF64.set(value, first);
        return;
      }
      const single = item.storage === "float32";
      const target = this.#heapF64;
      let i = 0;
      for (; i < length; i++) {
        const v = items[i];
        if (typeof v !== "number") break;
        target[first + i] = single ? Math.fround(v) : v;
      }
      if (i === length) return;
    }
    this.#listItems(field, item, items, first, bits, number);
  }

  /** The general case: nulls, integers, text, timestamps. */
  #listItems(field: Field, item: AnyInputType, items: ArrayLike<unknown>, first: number, bits: number, number: number | undefined): void {
    const length = items.length;
    const kind = kindOf(item);
    const [min, max] = RANGES[item.storage] ?? [0, 0];
    let nulls = false;
    this.#heap.fill(0, bits, bits + ((length + 7) >> 3));
    for (let i = 0; i < length; i++) {
      const v = items[i];
      if (v === null || v === undefined) {
        nulls = true;
        continue;
      }
      const byte = bits + (i >> 3);
      this.#heap[byte] = (this.#heap[byte] as number) | (1 << (i & 7));
      switch (kind) {
        case FLOAT64:
        case FLOAT32:
        case FLOAT16:
        case INTEGER: {
          if (typeof v !== "number") this.#wrong(field, v, number, i);
          const x = v as number;
          if (kind === INTEGER && (!(x >= min && x <= max) || Math.trunc(x) !== x)) this.#outOfRange(field, v, number, i);
          this.#heapF64[first + i] = kind === FLOAT32 ? Math.fround(x) : kind === FLOAT16 ? roundToFloat16(x) : x + (kind === INTEGER ? 0 : -0);
          break;
        }
        case UTF8: {
          if (typeof v !== "string") this.#wrong(field, v, number, i);
          // #text writes offset and length at an index of the exchange buffer; move them to the heap.
          const at = (this.#base + field.slot) * 2;
          const [offset, size] = [this.#u32[at] as number, this.#u32[at + 1] as number];
          this.#text(field, v as string, at, number, i);
          this.#heapU32[(first + i) * 2] = this.#u32[at] as number;
          this.#heapU32[(first + i) * 2 + 1] = this.#u32[at + 1] as number;
          this.#u32[at] = offset;
          this.#u32[at + 1] = size;
          break;
        }
        default: {
          const unit = item.type.kind === "timestamp" ? item.type.unit : undefined;
          const ticks =
            unit === undefined
              ? typeof v === "number" && Number.isSafeInteger(v)
                ? v
                : this.#bigint(field, v, number, i)
              : this.#ticks(field, unit, v, number, i);
          if (item.storage === "uint64" && ticks < 0) this.#outOfRange(field, v, number, i);
          if (item.storage === "date32" && (ticks < -2147483648 || ticks > 2147483647)) this.#outOfRange(field, v, number, i);
          this.#heapI64[first + i] = BigInt(ticks);
        }
      }
    }
    if (nulls) this.#u32[(this.#base + field.slot) * 2 + 2] = bits;
  }

  #place(field: Field, number: number | undefined, item?: number): { path: (string | number)[]; row?: number } {
    const path = item === undefined ? [field.name] : [field.name, item];
    return number === undefined ? { path } : { path, row: number };
  }

  #wrong(field: Field, value: unknown, number: number | undefined, item?: number): never {
    throw new InputError("WRONG_TYPE", "wrong type", {
      ...this.#place(field, number, item),
      expected: expectedValue(item === undefined ? field.input : (field.input.item as AnyInputType)),
      actual: received(value),
    });
  }

  #outOfRange(field: Field, value: unknown, number: number | undefined, item?: number): never {
    const input = item === undefined ? field.input : (field.input.item as AnyInputType);
    throw new InputError("OUT_OF_RANGE", "the number does not fit the input's type", {
      ...this.#place(field, number, item),
      expected: expectedValue(input),
      actual: received(value),
    });
  }

  #notARow(row: unknown, number: number | undefined): never {
    throw new InputError("WRONG_TYPE", "a row must be an object", { ...(number === undefined ? {} : { row: number }), actual: received(row) });
  }

  #missing(field: Field, row: object, value: unknown, number: number | undefined): never {
    if (value === undefined && !Object.hasOwn(row, field.name)) {
      throw new InputError("MISSING_INPUT", "the row lacks a value", {
        ...this.#place(field, number),
        expected: expectedValue(field.input),
        fix: "Give it, or declare the input nullable()",
      });
    }
    throw new InputError("NULL_INPUT", "the input is not nullable", {
      ...this.#place(field, number),
      expected: expectedValue(field.input),
      actual: received(value),
      fix: "Give a value, or declare the input nullable()",
    });
  }
}

/** The nearest float16, ties to even, as a double. */
export function roundToFloat16(value: number): number {
  if (!Number.isFinite(value) || value === 0) return value;
  const magnitude = Math.abs(value);
  if (magnitude >= 65520) return value < 0 ? -Infinity : Infinity;
  // Adding and subtracting a power of two rounds to that many bits, ties to even.
  const exponent = Math.max(Math.floor(Math.log2(magnitude)), -14);
  const scale = 2 ** (exponent - 10) * 2 ** 52 * 1.5;
  const rounded = value + scale - scale;
  return rounded === 0 && value < 0 ? -0 : rounded;
}

export function expectedValue(input: AnyInputType): string {
  const range = RANGES[input.storage];
  const type = formatInputType(input);
  if (range !== undefined) return `an integer from ${range[0]} to ${range[1]} (${type})`;
  switch (input.storage) {
    case "float64":
    case "float32":
    case "float16":
      return `a number (${type})`;
    case "int64":
      return "a bigint or safe integer (int64)";
    case "uint64":
      return "a bigint or safe integer from 0 to 2^63 - 1 (uint64)";
    case "bool":
      return "a boolean";
    case "utf8":
      return "a string";
    case "list":
    case "fixedSizeList":
      return `an array (${type})`;
    default:
      return `a Date, bigint or safe integer of ticks (${type})`;
  }
}
