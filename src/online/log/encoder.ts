import { Marshaller } from "../../engine/marshaller.js";
import { InputError, received } from "../../errors.js";
import { HAS_VECTOR, HEAPS, type LogLayout, type LogPart } from "./layout.js";
import type { QueueMemory } from "./queue.js";

/** What is logged of a request. Nothing of it is kept after the call that appends it. */
export interface LogRecord {
  /** Of the request: milliseconds since 1970 UTC, kept to the microsecond; now where it is left out. */
  readonly time?: number;
  readonly requestId: string;
  readonly keys?: Readonly<Record<string, unknown>>;
  /** Values of untransformed features; null, undefined and missing ones are null. */
  readonly untransformed?: Readonly<Record<string, unknown>>;
  /** The transformed vector, in the schema's order; without one its columns are null. */
  readonly transformed?: ArrayLike<number> | null;
  readonly prediction?: number | bigint | string | null;
  readonly probabilities?: ArrayLike<number> | null;
  /** Where it is another than the schema's model: for a log that several versions share. */
  readonly modelName?: string | null;
  readonly modelVersion?: string | null;
  /** Whether the answer came from a fallback; false where it is left out. */
  readonly fallback?: boolean | null;
  readonly fallbackReason?: string | null;
}

const NOTHING: Readonly<Record<string, unknown>> = Object.freeze({});
/** Below this, words are copied one by one: a call into the runtime costs more. */
const SHORT = 256;

/** One of a record's objects: the engine's marshaller writes its fields into the row, and texts beside them. */
class PartWriter {
  readonly #marshaller: Marshaller;
  #heap = new Int32Array(0);

  constructor(part: LogPart, layout: LogLayout, rows: SharedArrayBuffer) {
    this.#marshaller = new Marshaller(part, {
      exchange: rows,
      layout: { rows: part.slots, rowBytes: layout.rowBytes, states: part.states - part.slots },
      setHeap: (heap) => {
        this.#heap = new Int32Array(heap);
      },
    });
  }

  write(object: Readonly<Record<string, unknown>>, row: number): void {
    this.#marshaller.clear();
    this.#marshaller.writeAt(object, row);
  }

  /** Of texts and lists, rounded up to whole 8 bytes. */
  get heapBytes(): number {
    return (this.#marshaller.heapBytes + 7) & ~7;
  }

  copyHeap(target: Int32Array, at: number): void {
    const words = this.heapBytes >> 2;
    const start = at >> 2;
    const source = this.#heap;
    if (words > SHORT / 4) target.set(source.subarray(0, words), start);
    else for (let i = 0; i < words; i++) target[start + i] = source[i] as number;
  }
}

/** Writes records into the queue's rows. */
export class RecordEncoder {
  readonly #layout: LogLayout;
  readonly #meta: PartWriter;
  readonly #keys: PartWriter | undefined;
  readonly #features: PartWriter | undefined;
  readonly #bytes: Uint8Array;
  readonly #u32: Uint32Array;
  readonly #f32: Float32Array;
  readonly #heaps: Int32Array;

  constructor(layout: LogLayout, { rows, heaps }: QueueMemory) {
    const [meta, keys, features] = layout.parts;
    const writer = (part: LogPart) => (part.inputs.length === 0 ? undefined : new PartWriter(part, layout, rows));
    this.#layout = layout;
    this.#meta = new PartWriter(meta, layout, rows);
    this.#keys = writer(keys);
    this.#features = writer(features);
    this.#bytes = new Uint8Array(rows);
    this.#u32 = new Uint32Array(rows);
    this.#f32 = new Float32Array(rows);
    this.#heaps = new Int32Array(heaps);
  }

  /** Writes all but texts and lists as row `row` of the queue; returns the bytes that those take. */
  write(record: LogRecord, row: number): number {
    if (record === null || typeof record !== "object") throw new InputError("WRONG_TYPE", "a log record must be an object", { actual: received(record) });
    const base = row * this.#layout.rowBytes;
    this.#time(record.time ?? Date.now(), base >> 2);
    this.#meta.write(record as unknown as Readonly<Record<string, unknown>>, row);
    this.#keys?.write(record.keys ?? NOTHING, row);
    this.#features?.write(record.untransformed ?? NOTHING, row);
    this.#vector(record.transformed, base);
    return this.#meta.heapBytes + (this.#keys?.heapBytes ?? 0) + (this.#features?.heapBytes ?? 0);
  }

  /** Moves a row that was written; its texts are not in a heap yet. */
  move(from: number, to: number): void {
    const { rowBytes } = this.#layout;
    this.#bytes.copyWithin(to * rowBytes, from * rowBytes, (from + 1) * rowBytes);
  }

  /** Copies the texts and lists of the row written last to byte `at` of the heaps. */
  finish(row: number, at: number): void {
    const word = (row * this.#layout.rowBytes + HEAPS) >> 2;
    at = this.#copy(this.#meta, word, at);
    if (this.#keys !== undefined) at = this.#copy(this.#keys, word + 1, at);
    if (this.#features !== undefined) this.#copy(this.#features, word + 2, at);
  }

  #copy(part: PartWriter, word: number, at: number): number {
    this.#u32[word] = at;
    part.copyHeap(this.#heaps, at);
    return at + part.heapBytes;
  }

  #time(milliseconds: number, word: number): void {
    const micros = Math.round(milliseconds * 1000);
    if (typeof milliseconds !== "number" || !Number.isSafeInteger(micros)) {
      throw new InputError("WRONG_TYPE", "wrong time", { path: ["time"], expected: "milliseconds since 1970", actual: received(milliseconds) });
    }
    const low = micros >>> 0;
    this.#u32[word] = low;
    this.#u32[word + 1] = (micros - low) / 4294967296;
  }

  #vector(vector: ArrayLike<number> | null | undefined, base: number): void {
    const { width } = this.#layout;
    const present = vector !== undefined && vector !== null;
    this.#u32[(base + HAS_VECTOR) >> 2] = present ? 1 : 0;
    if (!present) return;
    if (vector.length !== width) {
      throw new InputError("WRONG_SHAPE", "the transformed vector", { path: ["transformed"], expected: `${width} numbers`, actual: received(vector) });
    }
    const at = (base + this.#layout.vector) >> 2;
    for (let i = 0; i < width; i++) this.#f32[at + i] = vector[i] as number;
  }
}
