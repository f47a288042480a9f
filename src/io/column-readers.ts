// DuckDB's vectors (up to 2,048 rows each) into Arrow buffers, one reader a column.
//
// A reader is bound to the vector of a chunk and then takes ranges of its rows. Bytes of DuckDB's memory
// are only looked at between `bind` and the next chunk, while the caller holds the chunk.
import {
  Binary,
  Bool,
  type Data,
  type DataType,
  DateDay,
  Dictionary,
  Field,
  FixedSizeList,
  Float32,
  Float64,
  Int16,
  Int32,
  Int64,
  Int8,
  List,
  Timestamp,
  TimeUnit,
  Uint16,
  Uint32,
  Uint64,
  Uint8,
  Utf8,
  Vector,
  makeData,
} from "apache-arrow";
import { ValidityBuilder, getBit } from "./bits.js";
import { type Bindings, type ColumnType, TypeId, type VectorHandle } from "./duckdb.js";
import { TableError } from "./errors.js";
import { infinityAt } from "./infinity.js";

export interface ColumnContext {
  readonly path: string;
  readonly column: string;
  readonly bindings: Bindings;
  /** How many rows a batch usually has. */
  readonly rows: number;
}

export abstract class ColumnReader {
  protected readonly validity = new ValidityBuilder();
  protected valid: Uint8Array | undefined;
  protected length = 0;

  constructor(
    readonly type: DataType,
    protected readonly context: ColumnContext,
  ) {}

  bind(vector: VectorHandle, count: number): void {
    const { bindings } = this.context;
    if (count === 0) return;
    this.valid = bindings.vector_get_validity(vector, ((count + 63) >> 6) * 8) ?? undefined;
    this.bindValues(vector, count);
  }

  take(start: number, count: number): void {
    this.takeValues(start, count);
    this.validity.append(this.valid, start, count);
    this.length += count;
  }

  finish(): Data {
    const data = this.finishValues({ ...this.validity.finish(), length: this.length });
    this.length = 0;
    return data;
  }

  protected isValid(row: number): boolean {
    return this.valid === undefined || getBit(this.valid, row);
  }

  protected abstract bindValues(vector: VectorHandle, count: number): void;
  protected abstract takeValues(start: number, count: number): void;
  protected abstract finishValues(head: DataHead): Data;
}

interface DataHead {
  readonly length: number;
  readonly nullCount: number;
  readonly nullBitmap: Uint8Array | undefined;
}

/** The part in use; a copy of it if much of the memory would be held for nothing. */
function inUse(bytes: Uint8Array, length: number): Uint8Array {
  return length * 2 < bytes.length ? bytes.slice(0, length) : bytes.subarray(0, length);
}

/** Types whose values are laid out alike on both sides. */
class FixedReader extends ColumnReader {
  private source = new Uint8Array(0) as Uint8Array;
  private values = new Uint8Array(0) as Uint8Array;

  constructor(
    type: DataType,
    protected readonly width: number,
    context: ColumnContext,
  ) {
    super(type, context);
  }

  protected override bindValues(vector: VectorHandle, count: number): void {
    this.source = this.context.bindings.vector_get_data(vector, count * this.width);
  }

  protected override takeValues(start: number, count: number): void {
    const { width } = this;
    const used = this.length * width;
    const needed = used + count * width;
    if (this.values.length < needed) {
      const grown = new Uint8Array(Math.max(needed, this.context.rows * width, this.values.length * 2));
      grown.set(this.values.subarray(0, used));
      this.values = grown;
    }
    this.values.set(this.source.subarray(start * width, (start + count) * width), used);
  }

  protected override finishValues(head: DataHead): Data {
    const data = inUse(this.values, head.length * this.width);
    this.values = new Uint8Array(0);
    // The library looks at the bytes as the type's own kind of array.
    return makeData({ type: this.type as Float64, ...head, data });
  }
}

/** Dates and timestamps; Arrow has no value for DuckDB's infinities. */
class TemporalReader extends FixedReader {
  private words = new Int32Array(0) as Int32Array;

  protected override bindValues(vector: VectorHandle, count: number): void {
    super.bindValues(vector, count);
    const bytes = this.context.bindings.vector_get_data(vector, count * this.width);
    this.words = new Int32Array(bytes.buffer, bytes.byteOffset, bytes.byteLength >> 2);
  }

  protected override takeValues(start: number, count: number): void {
    const at = infinityAt(this.words, this.width === 8, start, count, (row) => this.isValid(row));
    if (at >= 0) {
      const { path, column } = this.context;
      throw new TableError(
        "UNSUPPORTED_VALUE",
        `${path}: column "${column}" has an infinite date or timestamp, which Arrow cannot hold; ` +
          "exclude such rows with `where`, or read the column as text with `casts`",
        { path },
      );
    }
    super.takeValues(start, count);
  }
}

class BoolReader extends ColumnReader {
  private source = new Uint8Array(0) as Uint8Array;
  private values = new Uint8Array(0) as Uint8Array;

  constructor(context: ColumnContext) {
    super(new Bool(), context);
  }

  protected override bindValues(vector: VectorHandle, count: number): void {
    const bytes = this.context.bindings.vector_get_data(vector, count);
    this.source = new Uint8Array(bytes.buffer, bytes.byteOffset, count);
  }

  protected override takeValues(start: number, count: number): void {
    const needed = (this.length + count + 7) >> 3;
    if (this.values.length < needed) {
      const grown = new Uint8Array(Math.max(needed, (this.context.rows + 7) >> 3, this.values.length * 2));
      grown.set(this.values);
      this.values = grown;
    }
    const { source, values } = this;
    let at = this.length;
    for (let row = start; row < start + count; row++, at++) {
      if (source[row] !== 0) values[at >> 3] = (values[at >> 3] ?? 0) | (1 << (at & 7));
    }
  }

  protected override finishValues(head: DataHead): Data {
    const data = this.values;
    this.values = new Uint8Array(0);
    return makeData({ type: this.type as Bool, ...head, data });
  }
}

/** The length of a text that DuckDB keeps inside its 16-byte entry. */
const inlineBytes = 12;
/** Texts this close to each other are fetched by one call. */
const windowGap = 64;

/** VARCHAR and BLOB. An entry is a length and then either up to 12 bytes or a prefix and a pointer. */
class TextReader extends ColumnReader {
  private words = new Uint32Array(0) as Uint32Array;
  private bytes = new Uint8Array(0) as Uint8Array;
  private offsets = new Int32Array(0) as Int32Array;
  private values = new Uint8Array(0) as Uint8Array;
  private used = 0;
  private readonly windows = new Map<number, Uint8Array>();

  protected override bindValues(vector: VectorHandle, count: number): void {
    const bytes = this.context.bindings.vector_get_data(vector, count * 16);
    this.bytes = new Uint8Array(bytes.buffer, bytes.byteOffset, count * 16);
    this.words = new Uint32Array(bytes.buffer, bytes.byteOffset, count * 4);
    this.windows.clear();
  }

  protected override takeValues(start: number, count: number): void {
    this.reserveOffsets(this.length + count + 1);
    const { words, bytes, offsets, valid } = this;
    let total = 0;
    for (let row = start; row < start + count; row++) {
      if (valid === undefined || getBit(valid, row)) total += words[row * 4] ?? 0;
    }
    this.reserveValues(this.used + total);
    const { values } = this;
    const long: number[] = [];
    let at = this.used;
    let out = this.length;
    for (let row = start; row < start + count; row++) {
      if (valid === undefined || getBit(valid, row)) {
        const length = words[row * 4] ?? 0;
        if (length > inlineBytes) {
          long.push(row, at);
        } else {
          const from = row * 16 + 4;
          for (let k = 0; k < length; k++) values[at + k] = bytes[from + k] ?? 0;
        }
        at += length;
      }
      offsets[++out] = at;
    }
    this.used = at;
    if (long.length > 0) this.copyLong(long);
  }

  /**
   * Copies texts that lie behind pointers. A call into DuckDB's bindings costs about 0.7 µs, so that
   * neighbours in memory are fetched together and a text that many rows share (a dictionary's) once. The
   * bytes between two neighbours less than a page apart lie on the page of one or the other, hence are
   * always readable.
   */
  private copyLong(long: readonly number[]): void {
    const { words, values, windows } = this;
    let window = new Uint8Array(0) as Uint8Array;
    let windowStart = 0;
    let windowEnd = 0;
    for (let i = 0; i < long.length; i += 2) {
      const row = long[i] ?? 0;
      const target = long[i + 1] ?? 0;
      const length = words[row * 4] ?? 0;
      const pointer = this.pointerOf(row);
      if (pointer < windowStart || pointer + length > windowEnd) {
        const known = windows.get(pointer);
        if (known !== undefined && known.length >= length) {
          values.set(known.subarray(0, length), target);
          continue;
        }
        windowStart = pointer;
        windowEnd = pointer + length;
        for (let j = i + 2; j < long.length; j += 2) {
          const next = long[j] ?? 0;
          const nextPointer = this.pointerOf(next);
          if (nextPointer < windowEnd || nextPointer > windowEnd + windowGap) break;
          windowEnd = nextPointer + (words[next * 4] ?? 0);
        }
        window = this.fetch(row, windowEnd - windowStart);
        windows.set(pointer, window);
      }
      const from = pointer - windowStart;
      values.set(window.subarray(from, from + length), target);
    }
  }

  /** Exact as a number: addresses of programs have far fewer than 53 bits. */
  private pointerOf(row: number): number {
    return (this.words[row * 4 + 2] ?? 0) + (this.words[row * 4 + 3] ?? 0) * 2 ** 32;
  }

  private fetch(row: number, length: number): Uint8Array {
    const { bindings } = this.context;
    const found = bindings.get_data_from_pointer(
      this.bytes.buffer,
      this.bytes.byteOffset + row * 16 + 8,
      length,
    );
    return found.subarray(0, length);
  }

  private reserveOffsets(count: number): void {
    if (this.offsets.length >= count) return;
    const grown = new Int32Array(Math.max(count, this.context.rows + 1, this.offsets.length * 2));
    grown.set(this.offsets);
    this.offsets = grown;
  }

  private reserveValues(count: number): void {
    if (this.values.length >= count) return;
    if (count > 0x7fffffff) {
      const { path, column } = this.context;
      throw new TableError(
        "UNSUPPORTED_VALUE",
        `${path}: the texts of column "${column}" take more than 2 GB in one batch; lower \`batchRows\``,
        { path },
      );
    }
    const grown = new Uint8Array(Math.min(Math.max(count, this.values.length * 2, 4096), 0x7fffffff));
    grown.set(this.values.subarray(0, this.used));
    this.values = grown;
  }

  protected override finishValues(head: DataHead): Data {
    // The next batch is likely to need as much.
    const data = inUse(this.values, this.used);
    this.values = new Uint8Array(head.length === this.context.rows ? this.used + (this.used >> 3) : 0);
    const valueOffsets = head.length === 0 ? new Int32Array(1) : this.offsets.subarray(0, head.length + 1);
    this.offsets = new Int32Array(0);
    this.used = 0;
    return makeData({ type: this.type as Utf8, ...head, valueOffsets, data });
  }
}

class EnumReader extends ColumnReader {
  private source: Uint8Array | Uint16Array | Uint32Array = new Uint8Array(0);
  private indices = new Int32Array(0) as Int32Array;

  constructor(
    private readonly dictionary: Vector<Utf8>,
    private readonly width: number,
    context: ColumnContext,
  ) {
    super(new Dictionary(new Utf8(), new Int32()), context);
  }

  protected override bindValues(vector: VectorHandle, count: number): void {
    const { buffer, byteOffset } = this.context.bindings.vector_get_data(vector, count * this.width);
    if (this.width === 1) this.source = new Uint8Array(buffer, byteOffset, count);
    else if (this.width === 2) this.source = new Uint16Array(buffer, byteOffset, count);
    else this.source = new Uint32Array(buffer, byteOffset, count);
  }

  protected override takeValues(start: number, count: number): void {
    const needed = this.length + count;
    if (this.indices.length < needed) {
      const grown = new Int32Array(Math.max(needed, this.context.rows, this.indices.length * 2));
      grown.set(this.indices);
      this.indices = grown;
    }
    // What stands behind a null need not be an index of the dictionary.
    for (let i = 0; i < count; i++) {
      this.indices[this.length + i] = this.isValid(start + i) ? (this.source[start + i] ?? 0) : 0;
    }
  }

  protected override finishValues(head: DataHead): Data {
    const data = this.indices.subarray(0, head.length);
    this.indices = new Int32Array(0);
    return makeData({
      type: this.type as Dictionary<Utf8, Int32>,
      ...head,
      data,
      dictionary: this.dictionary,
    });
  }
}

class ListReader extends ColumnReader {
  private words = new Uint32Array(0) as Uint32Array;
  private offsets = new Int32Array(0) as Int32Array;
  private used = 0;

  constructor(
    private readonly child: ColumnReader,
    context: ColumnContext,
  ) {
    super(new List(new Field("item", child.type, true)), context);
  }

  protected override bindValues(vector: VectorHandle, count: number): void {
    const { bindings } = this.context;
    const bytes = bindings.vector_get_data(vector, count * 16);
    this.words = new Uint32Array(bytes.buffer, bytes.byteOffset, count * 4);
    this.child.bind(bindings.list_vector_get_child(vector), bindings.list_vector_get_size(vector));
  }

  protected override takeValues(start: number, count: number): void {
    const needed = this.length + count + 1;
    if (this.offsets.length < needed) {
      const grown = new Int32Array(Math.max(needed, this.context.rows + 1, this.offsets.length * 2));
      grown.set(this.offsets);
      this.offsets = grown;
    }
    // Lists that follow each other in the child are taken together; after a filter they need not.
    let runStart = 0;
    let runEnd = 0;
    for (let row = start; row < start + count; row++) {
      const length = this.isValid(row) ? this.word(row, 2) : 0;
      if (length > 0) {
        const from = this.word(row, 0);
        if (from !== runEnd) {
          if (runEnd > runStart) this.child.take(runStart, runEnd - runStart);
          runStart = from;
          runEnd = from;
        }
        runEnd += length;
        this.used += length;
      }
      this.offsets[this.length + row - start + 1] = this.used;
    }
    if (runEnd > runStart) this.child.take(runStart, runEnd - runStart);
  }

  private word(row: number, at: 0 | 2): number {
    return (this.words[row * 4 + at] ?? 0) + (this.words[row * 4 + at + 1] ?? 0) * 2 ** 32;
  }

  protected override finishValues(head: DataHead): Data {
    const valueOffsets = head.length === 0 ? new Int32Array(1) : this.offsets.subarray(0, head.length + 1);
    this.offsets = new Int32Array(0);
    this.used = 0;
    return makeData({ type: this.type as List, ...head, valueOffsets, child: this.child.finish() });
  }
}

class ArrayReader extends ColumnReader {
  constructor(
    private readonly child: ColumnReader,
    private readonly size: number,
    context: ColumnContext,
  ) {
    super(new FixedSizeList(size, new Field("item", child.type, true)), context);
  }

  protected override bindValues(vector: VectorHandle, count: number): void {
    this.child.bind(this.context.bindings.array_vector_get_child(vector), count * this.size);
  }

  protected override takeValues(start: number, count: number): void {
    this.child.take(start * this.size, count * this.size);
  }

  protected override finishValues(head: DataHead): Data {
    return makeData({ type: this.type as FixedSizeList, ...head, child: this.child.finish() });
  }
}

interface NestedType extends ColumnType {
  readonly valueType: ColumnType;
}

function isNested(type: ColumnType): type is NestedType {
  return "valueType" in type;
}

function enumValues(type: ColumnType): { values: readonly string[]; width: number } | undefined {
  if (!("values" in type) || !Array.isArray(type.values)) return undefined;
  const values: readonly string[] = type.values;
  const internal = "internalTypeId" in type ? type.internalTypeId : undefined;
  return { values, width: internal === TypeId.UTINYINT ? 1 : internal === TypeId.USMALLINT ? 2 : 4 };
}

/** The SQL type to which a column is cast before it is read, if its own has no counterpart. */
export function castBeforeReading(type: ColumnType): string | undefined {
  if (type.typeId === TypeId.DECIMAL) return "DOUBLE";
  if (!isNested(type)) return undefined;
  const element = castBeforeReading(type.valueType);
  if (element === undefined) return undefined;
  return type.typeId === TypeId.ARRAY && "length" in type
    ? `${element}[${String(type.length)}]`
    : `${element}[]`;
}

function textVector(texts: readonly string[]): Vector<Utf8> {
  const encoded = texts.map((text) => Buffer.from(text));
  const valueOffsets = new Int32Array(texts.length + 1);
  encoded.forEach((bytes, i) => (valueOffsets[i + 1] = (valueOffsets[i] ?? 0) + bytes.length));
  const data = new Uint8Array(Buffer.concat(encoded));
  return new Vector([makeData({ type: new Utf8(), length: texts.length, nullCount: 0, valueOffsets, data })]);
}

/** The reader of a column, or undefined if its type has no counterpart. */
export function readerOf(type: ColumnType, context: ColumnContext): ColumnReader | undefined {
  // DuckDB's JSON is text by its layout only.
  if (type.alias === "JSON") return undefined;
  const fixed = (arrow: DataType, width: number) => new FixedReader(arrow, width, context);
  const stamp = (unit: TimeUnit, zone?: string) =>
    new TemporalReader(new Timestamp(unit, zone ?? null), 8, context);
  switch (type.typeId) {
    case TypeId.BOOLEAN:
      return new BoolReader(context);
    case TypeId.TINYINT:
      return fixed(new Int8(), 1);
    case TypeId.SMALLINT:
      return fixed(new Int16(), 2);
    case TypeId.INTEGER:
      return fixed(new Int32(), 4);
    case TypeId.BIGINT:
      return fixed(new Int64(), 8);
    case TypeId.UTINYINT:
      return fixed(new Uint8(), 1);
    case TypeId.USMALLINT:
      return fixed(new Uint16(), 2);
    case TypeId.UINTEGER:
      return fixed(new Uint32(), 4);
    case TypeId.UBIGINT:
      return fixed(new Uint64(), 8);
    case TypeId.FLOAT:
      return fixed(new Float32(), 4);
    case TypeId.DOUBLE:
      return fixed(new Float64(), 8);
    case TypeId.DATE:
      return new TemporalReader(new DateDay(), 4, context);
    case TypeId.TIMESTAMP_S:
      return stamp(TimeUnit.SECOND);
    case TypeId.TIMESTAMP_MS:
      return stamp(TimeUnit.MILLISECOND);
    case TypeId.TIMESTAMP:
      return stamp(TimeUnit.MICROSECOND);
    case TypeId.TIMESTAMP_NS:
      return stamp(TimeUnit.NANOSECOND);
    case TypeId.TIMESTAMP_TZ:
      return stamp(TimeUnit.MICROSECOND, "UTC");
    case TypeId.VARCHAR:
      return new TextReader(new Utf8(), context);
    case TypeId.BLOB:
      return new TextReader(new Binary(), context);
    case TypeId.ENUM: {
      const members = enumValues(type);
      return members && new EnumReader(textVector(members.values), members.width, context);
    }
    case TypeId.LIST: {
      const child = isNested(type) ? readerOf(type.valueType, context) : undefined;
      return child && new ListReader(child, context);
    }
    case TypeId.ARRAY: {
      const child = isNested(type) ? readerOf(type.valueType, context) : undefined;
      const size = "length" in type && typeof type.length === "number" ? type.length : 0;
      return child && new ArrayReader(child, size, context);
    }
    default:
      return undefined;
  }
}
