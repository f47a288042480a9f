import { Bool, Float32, makeData, RecordBatch, Struct, Timestamp, Utf8, type Data, type DataType, type Schema } from "apache-arrow";
import { CellMemory, gather, type Cells } from "./gather.js";
import { HAS_VECTOR, HEAPS, type LogLayout } from "./layout.js";
import type { QueueMemory } from "./queue.js";
import { arrowSchema, META_INPUTS, type LogDefinition } from "./schema.js";

/** Turns rows of the queue into record batches of the log's schema. */
export class BlockReader {
  readonly schema: Schema;
  readonly #definition: LogDefinition;
  readonly #layout: LogLayout;
  readonly #rows: CellMemory;
  readonly #heaps: CellMemory;

  constructor(definition: LogDefinition, layout: LogLayout, memory: QueueMemory) {
    this.schema = arrowSchema(definition);
    this.#definition = definition;
    this.#layout = layout;
    this.#rows = new CellMemory(memory.rows);
    this.#heaps = new CellMemory(memory.heaps);
  }

  /** Rows [from, to) of the queue. */
  batch(from: number, to: number): RecordBatch {
    const { view, model } = this.#definition;
    const count = to - from;
    const meta = new Map(this.#part(0, from, count).map((data, i) => [this.#layout.parts[0].inputs[i]?.name ?? "", data]));
    const of = (name: (typeof META_INPUTS)[number]): Data => meta.get(name) as Data;
    const probabilities = meta.get("probabilities");
    const children = [
      this.#times(from, count),
      of("requestId"),
      constant(view.name, count),
      constant(view.version, count),
      withDefault(of("modelName") as Data<Utf8>, model?.name),
      withDefault(of("modelVersion") as Data<Utf8>, model?.version),
      ...this.#part(1, from, count),
      ...this.#part(2, from, count),
      ...this.#vectors(from, count),
      of("prediction"),
      ...(probabilities === undefined ? [] : [probabilities]),
      notNull(of("fallback") as Data<Bool>),
      of("fallbackReason"),
    ];
    const struct = makeData({ type: new Struct(this.schema.fields), length: count, nullCount: 0, children });
    return new RecordBatch(this.schema, struct);
  }

  #part(part: 0 | 1 | 2, from: number, count: number): Data[] {
    const { rowBytes, parts } = this.#layout;
    const { inputs, slots, states } = parts[part];
    const { u32, bytes } = this.#rows;
    const bases = new Uint32Array(count);
    for (let i = 0; i < count; i++) bases[i] = u32[((from + i) * rowBytes + HEAPS) / 4 + part] as number;
    return inputs.map(({ input }, field) => {
      const places = new Int32Array(count);
      const present = new Uint8Array(count);
      for (let i = 0; i < count; i++) {
        const row = (from + i) * rowBytes;
        places[i] = (row + slots) / 8 + field * 2;
        present[i] = bytes[row + states + field] === 0 ? 1 : 0;
      }
      const cells: Cells = { memory: this.#rows, count, places, present, heap: this.#heaps, bases };
      return gather(input, cells);
    });
  }

  #times(from: number, count: number): Data {
    const { rowBytes } = this.#layout;
    const { u32 } = this.#rows;
    const words = new Uint32Array(count * 2);
    for (let i = 0; i < count; i++) {
      const at = ((from + i) * rowBytes) / 4;
      words[i * 2] = u32[at] as number;
      words[i * 2 + 1] = u32[at + 1] as number;
    }
    return makeData({ type: this.schema.fields[0]?.type as Timestamp, length: count, nullCount: 0, data: new BigInt64Array(words.buffer) });
  }

  #vectors(from: number, count: number): Data[] {
    const { rowBytes, vector, width } = this.#layout;
    if (width === 0) return [];
    const { u32, f32 } = this.#rows;
    const bitmap = new Uint8Array((count + 7) >> 3);
    let nullCount = 0;
    for (let i = 0; i < count; i++) {
      if (u32[((from + i) * rowBytes + HAS_VECTOR) / 4] === 1) bitmap[i >> 3] = (bitmap[i >> 3] as number) | (1 << (i & 7));
      else nullCount++;
    }
    const nullBitmap = nullCount === 0 ? undefined : bitmap;
    return Array.from({ length: width }, (_, column) => {
      const data = new Float32Array(count);
      const first = vector / 4 + column;
      for (let i = 0; i < count; i++) data[i] = f32[((from + i) * rowBytes) / 4 + first] as number;
      return makeData({ type: new Float32(), length: count, nullCount, nullBitmap, data });
    });
  }
}

function constant(text: string | undefined, count: number): Data<Utf8> {
  const bytes = Buffer.from(text ?? "");
  const valueOffsets = Int32Array.from({ length: count + 1 }, (_, i) => i * bytes.length);
  const data = new Uint8Array(bytes.length * count);
  for (let i = 0; i < count; i++) data.set(bytes, i * bytes.length);
  if (text !== undefined) return makeData({ type: new Utf8(), length: count, nullCount: 0, valueOffsets, data });
  return makeData({ type: new Utf8(), length: count, nullCount: count, nullBitmap: new Uint8Array((count + 7) >> 3), valueOffsets, data });
}

/** The texts, with one value where there is null. */
function withDefault(texts: Data<Utf8>, text: string | undefined): Data<Utf8> {
  if (texts.nullCount === 0 || text === undefined) return texts;
  if (texts.nullCount === texts.length) return constant(text, texts.length);
  const bytes = Buffer.from(text);
  const parts: Uint8Array[] = [];
  const valueOffsets = new Int32Array(texts.length + 1);
  for (let i = 0; i < texts.length; i++) {
    const own = texts.getValid(i) ? texts.values.subarray(texts.valueOffsets[i], texts.valueOffsets[i + 1]) : bytes;
    parts.push(own);
    valueOffsets[i + 1] = (valueOffsets[i] as number) + own.length;
  }
  return makeData({ type: new Utf8(), length: texts.length, nullCount: 0, valueOffsets, data: Buffer.concat(parts) });
}

/** False where there is null: the bits behind nulls are 0. */
function notNull(flags: Data<Bool>): Data<DataType> {
  return makeData({ type: new Bool(), length: flags.length, nullCount: 0, data: flags.values });
}
