// Arrow buffers into DuckDB's vectors, one writer a column: bound to a batch's data, then asked for ranges
// of rows.
import { type Data, DataType, type Dictionary, TimeUnit, type Vector } from "apache-arrow";
import { copyBits, getBit, setBits } from "./bits.js";
import { type Bindings, type TypeHandle, TypeId, type VectorHandle } from "./duckdb.js";
import { TableError } from "./errors.js";
import { infinityAt } from "./infinity.js";

export interface WriterContext {
  readonly path: string;
  readonly column: string;
  readonly bindings: Bindings;
}

export abstract class ColumnWriter {
  protected data: Data | undefined;

  constructor(
    /** The column's type in a CREATE TABLE. */
    readonly sqlType: string,
    readonly handle: TypeHandle,
    protected readonly context: WriterContext,
  ) {}

  bind(data: Data): void {
    this.data = data;
    this.bindValues(data);
  }

  put(vector: VectorHandle, start: number, count: number): void {
    if (count === 0) return;
    this.putValues(vector, start, count);
    this.putValidity(vector, start, count);
  }

  protected isValid(row: number): boolean {
    const { data } = this;
    return data === undefined || data.nullCount === 0 || getBit(data.nullBitmap, data.offset + row);
  }

  protected putValidity(vector: VectorHandle, start: number, count: number): void {
    const { data } = this;
    if (data === undefined || data.nullCount === 0) return;
    const bits = new Uint8Array(((count + 63) >> 6) * 8);
    copyBits(data.nullBitmap, data.offset + start, bits, 0, count);
    this.sendValidity(vector, bits);
  }

  protected sendValidity(vector: VectorHandle, bits: Uint8Array): void {
    const { bindings } = this.context;
    bindings.vector_ensure_validity_writable(vector);
    bindings.copy_data_to_vector_validity(vector, 0, bits.buffer, bits.byteOffset, bits.byteLength);
  }

  protected send(vector: VectorHandle, bytes: Uint8Array): void {
    // The bindings take no shared memory.
    const plain = bytes.buffer instanceof ArrayBuffer ? bytes : Uint8Array.from(bytes);
    this.context.bindings.copy_data_to_vector(vector, 0, plain.buffer, plain.byteOffset, plain.byteLength);
  }

  protected reject(what: string): never {
    const { path, column } = this.context;
    throw new TableError("UNSUPPORTED_VALUE", `${path}: column "${column}" ${what}`, { path });
  }

  protected abstract bindValues(data: Data): void;
  protected abstract putValues(vector: VectorHandle, start: number, count: number): void;
}

function bytesOf(values: ArrayBufferView): Uint8Array {
  return new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
}

function valuesOf(data: Data): ArrayBufferView {
  return (data.values as ArrayBufferView | undefined) ?? new Uint8Array(0);
}

class FixedWriter extends ColumnWriter {
  private bytes = new Uint8Array(0) as Uint8Array;

  constructor(
    sqlType: string,
    handle: TypeHandle,
    private readonly width: number,
    context: WriterContext,
  ) {
    super(sqlType, handle, context);
  }

  protected override bindValues(data: Data): void {
    this.bytes = bytesOf(valuesOf(data));
  }

  protected override putValues(vector: VectorHandle, start: number, count: number): void {
    this.send(vector, this.bytes.subarray(start * this.width, (start + count) * this.width));
  }
}

class TemporalWriter extends ColumnWriter {
  private words = new Int32Array(0) as Int32Array;

  constructor(
    sqlType: string,
    handle: TypeHandle,
    private readonly wide: boolean,
    context: WriterContext,
  ) {
    super(sqlType, handle, context);
  }

  protected override bindValues(data: Data): void {
    const values = this.converted(data);
    this.words = new Int32Array(values.buffer, values.byteOffset, values.byteLength >> 2);
  }

  protected converted(data: Data): ArrayBufferView {
    return valuesOf(data);
  }

  protected override putValues(vector: VectorHandle, start: number, count: number): void {
    if (infinityAt(this.words, this.wide, start, count, (row) => this.isValid(row)) >= 0) {
      this.reject("has the greatest possible date or timestamp, which DuckDB takes for infinity");
    }
    const step = this.wide ? 2 : 1;
    this.send(vector, bytesOf(this.words.subarray(start * step, (start + count) * step)));
  }
}

/** DuckDB has timestamps with a zone in microseconds only. */
class ZonedWriter extends TemporalWriter {
  constructor(
    private readonly unit: TimeUnit,
    handle: TypeHandle,
    context: WriterContext,
  ) {
    super("TIMESTAMPTZ", handle, true, context);
  }

  protected override converted(data: Data): ArrayBufferView {
    if (this.unit === TimeUnit.MICROSECOND) return valuesOf(data);
    const source = data.values as BigInt64Array;
    const target = new BigInt64Array(data.length);
    const factor = this.unit === TimeUnit.SECOND ? 1_000_000n : 1_000n;
    for (let row = 0; row < data.length; row++) {
      if (!this.isValid(row)) continue;
      const value = source[row] ?? 0n;
      if (this.unit === TimeUnit.NANOSECOND) {
        if (value % factor !== 0n)
          this.reject("has nanoseconds with a time zone, which DuckDB cannot hold; round to microseconds");
        target[row] = value / factor;
      } else {
        const product = value * factor;
        if (BigInt.asIntN(64, product) !== product)
          this.reject("has a timestamp beyond the range of microseconds");
        target[row] = product;
      }
    }
    return target;
  }
}

class BoolWriter extends ColumnWriter {
  protected override bindValues(): void {}

  protected override putValues(vector: VectorHandle, start: number, count: number): void {
    const { data } = this;
    if (data === undefined) return;
    const bits = data.values as Uint8Array;
    const bytes = new Uint8Array(count);
    for (let i = 0; i < count; i++) bytes[i] = getBit(bits, data.offset + start + i) ? 1 : 0;
    this.send(vector, bytes);
  }
}

class HalfWriter extends ColumnWriter {
  protected override bindValues(): void {}

  protected override putValues(vector: VectorHandle, start: number, count: number): void {
    const halves = this.data?.values as Uint16Array;
    const floats = new Float32Array(count);
    for (let i = 0; i < count; i++) floats[i] = floatOfHalf(halves[start + i] ?? 0);
    this.send(vector, bytesOf(floats));
  }
}

function floatOfHalf(bits: number): number {
  const sign = bits & 0x8000 ? -1 : 1;
  const exponent = (bits >> 10) & 0x1f;
  const fraction = bits & 0x3ff;
  if (exponent === 0x1f) return fraction === 0 ? sign * Number.POSITIVE_INFINITY : Number.NaN;
  return exponent === 0 ? sign * fraction * 2 ** -24 : sign * (1024 + fraction) * 2 ** (exponent - 25);
}

const inlineBytes = 12;

/**
 * A text's 16-byte entry in DuckDB, at `at` words; texts of more than 12 bytes need DuckDB's memory
 * instead.
 */
function setEntry(
  words: Uint32Array,
  bytes: Uint8Array,
  at: number,
  source: Uint8Array,
  start: number,
  length: number,
): void {
  words[at] = length;
  const target = at * 4 + 4;
  for (let k = 0; k < length; k++) bytes[target + k] = source[start + k] ?? 0;
}

class TextWriter extends ColumnWriter {
  private values = new Uint8Array(0) as Uint8Array;
  private offsets: Int32Array | Float64Array = new Int32Array(1);

  protected override bindValues(data: Data): void {
    this.values = bytesOf(valuesOf(data));
    const offsets: unknown = data.valueOffsets;
    this.offsets =
      offsets instanceof BigInt64Array ? Float64Array.from(offsets, Number) : (offsets as Int32Array);
    // Entries of up to 12 bytes bypass DuckDB's own check.
    if (this.sqlType === "VARCHAR")
      checkUtf8(this.values, this.offsets, data.length, (what) => this.reject(what));
  }

  protected override putValues(vector: VectorHandle, start: number, count: number): void {
    const { values, offsets } = this;
    const bytes = new Uint8Array(count * 16);
    const words = new Uint32Array(bytes.buffer);
    const long: number[] = [];
    for (let i = 0; i < count; i++) {
      if (!this.isValid(start + i)) continue;
      const from = offsets[start + i] ?? 0;
      const length = (offsets[start + i + 1] ?? 0) - from;
      if (length <= inlineBytes) setEntry(words, bytes, i * 4, values, from, length);
      else long.push(i);
    }
    this.send(vector, bytes);
    for (const i of long) {
      const text = values.subarray(offsets[start + i] ?? 0, offsets[start + i + 1] ?? 0);
      this.context.bindings.vector_assign_string_element_len(vector, i, text);
    }
  }
}

const strictUtf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

function checkUtf8(
  values: Uint8Array,
  offsets: ArrayLike<number>,
  length: number,
  reject: (what: string) => never,
): void {
  const end = offsets[length] ?? 0;
  let seen = offsets[0] ?? 0;
  // Valid as a whole and no text beginning inside a character: then each is valid by itself.
  for (let start = seen; start < end;) {
    // A portion ends where a character does.
    let stop = Math.min(start + 2 ** 22, end);
    while (stop < end && stop > start && ((values[stop] ?? 0) & 0xc0) === 0x80) stop--;
    try {
      strictUtf8.decode(values.subarray(start, stop === start ? end : stop));
    } catch {
      reject("has text that is not valid UTF-8");
    }
    start = stop === start ? end : stop;
  }
  for (let i = 0; i < length; i++) {
    seen = offsets[i] ?? 0;
    if (seen < end && ((values[seen] ?? 0) & 0xc0) === 0x80) reject("has text that is not valid UTF-8");
  }
}

/** A dictionary of texts; entries are made once for each dictionary. */
class DictionaryWriter extends ColumnWriter {
  private dictionary: Vector | undefined;
  private words = new Uint32Array(0) as Uint32Array;
  private long: (Uint8Array | undefined)[] = [];
  private missing: Uint8Array | undefined;

  protected override bindValues(data: Data<Dictionary>): void {
    if (data.dictionary !== undefined && data.dictionary !== this.dictionary) this.learn(data.dictionary);
  }

  private learn(dictionary: Vector): void {
    this.dictionary = dictionary;
    const bytes = new Uint8Array(dictionary.length * 16);
    this.words = new Uint32Array(bytes.buffer);
    this.long = [];
    this.missing = undefined;
    let at = 0;
    for (const part of dictionary.data as readonly Data[]) {
      const values = valuesOf(part) as Uint8Array;
      const given: unknown = part.valueOffsets;
      const offsets =
        given instanceof BigInt64Array ? Float64Array.from(given, Number) : (given as Int32Array);
      checkUtf8(values, offsets, part.length, (what) => this.reject(what));
      for (let i = 0; i < part.length; i++, at++) {
        if (part.nullCount > 0 && !getBit(part.nullBitmap, part.offset + i)) {
          this.missing ??= new Uint8Array(dictionary.length);
          this.missing[at] = 1;
          continue;
        }
        const from = offsets[i] ?? 0;
        const to = offsets[i + 1] ?? 0;
        if (to - from <= inlineBytes) setEntry(this.words, bytes, at * 4, values, from, to - from);
        else this.long[at] = values.slice(from, to);
      }
    }
  }

  protected override putValues(vector: VectorHandle, start: number, count: number): void {
    const indices = this.data?.values as ArrayLike<number | bigint>;
    const entries = new Uint32Array(count * 4);
    const late: number[] = [];
    for (let i = 0; i < count; i++) {
      if (!this.isValid(start + i)) continue;
      const index = Number(indices[start + i] ?? 0);
      if (this.long[index] !== undefined) late.push(i);
      else for (let k = 0; k < 4; k++) entries[i * 4 + k] = this.words[index * 4 + k] ?? 0;
    }
    this.send(vector, bytesOf(entries));
    for (const i of late) {
      const text = this.long[Number(indices[start + i] ?? 0)];
      if (text !== undefined) this.context.bindings.vector_assign_string_element_len(vector, i, text);
    }
  }

  protected override putValidity(vector: VectorHandle, start: number, count: number): void {
    const { missing } = this;
    if (missing === undefined) return super.putValidity(vector, start, count);
    const indices = this.data?.values as ArrayLike<number | bigint>;
    const bits = new Uint8Array(((count + 63) >> 6) * 8);
    for (let i = 0; i < count; i++) {
      if (this.isValid(start + i) && missing[Number(indices[start + i] ?? 0)] === 0) setBits(bits, i, 1);
    }
    this.sendValidity(vector, bits);
  }
}

/** Lists of any kind; a fixed-size list becomes a plain one, as Parquet knows no other. */
class ListWriter extends ColumnWriter {
  private offsets: ArrayLike<number | bigint> | undefined;

  constructor(
    private readonly child: ColumnWriter,
    private readonly size: number | undefined,
    context: WriterContext,
  ) {
    super(`${child.sqlType}[]`, context.bindings.create_list_type(child.handle), context);
  }

  protected override bindValues(data: Data): void {
    this.offsets = this.size === undefined ? (data.valueOffsets as ArrayLike<number | bigint>) : undefined;
    const child = data.children[0];
    if (child !== undefined) this.child.bind(child);
  }

  private offset(row: number): number {
    return this.size === undefined ? Number(this.offsets?.[row] ?? 0) : row * this.size;
  }

  protected override putValues(vector: VectorHandle, start: number, count: number): void {
    const { bindings } = this.context;
    const first = this.offset(start);
    const total = this.offset(start + count) - first;
    const entries = new Uint32Array(count * 4);
    for (let i = 0; i < count; i++) {
      // Below 2^32: a chunk of 2,048 rows with more elements would not fit into memory.
      const from = this.offset(start + i);
      entries[i * 4] = from - first;
      entries[i * 4 + 2] = this.offset(start + i + 1) - from;
    }
    bindings.list_vector_reserve(vector, total);
    bindings.list_vector_set_size(vector, total);
    this.child.put(bindings.list_vector_get_child(vector), first, total);
    this.send(vector, bytesOf(entries));
  }
}

/** The writer of a column, or undefined if DuckDB has no counterpart of its type. */
export function writerOf(type: DataType, context: WriterContext): ColumnWriter | undefined {
  const { bindings } = context;
  const handle = (id: number) => bindings.create_logical_type(id);
  if (DataType.isBool(type)) return new BoolWriter("BOOLEAN", handle(TypeId.BOOLEAN), context);
  if (DataType.isInt(type)) {
    const signed = { 8: "TINYINT", 16: "SMALLINT", 32: "INTEGER", 64: "BIGINT" }[type.bitWidth];
    const name = `${type.isSigned ? "" : "U"}${signed}`;
    const id = (TypeId as Readonly<Record<string, number>>)[name];
    return id === undefined ? undefined : new FixedWriter(name, handle(id), type.bitWidth / 8, context);
  }
  if (DataType.isFloat(type)) {
    if (type.precision === 0) return new HalfWriter("FLOAT", handle(TypeId.FLOAT), context);
    return type.precision === 1
      ? new FixedWriter("FLOAT", handle(TypeId.FLOAT), 4, context)
      : new FixedWriter("DOUBLE", handle(TypeId.DOUBLE), 8, context);
  }
  if (DataType.isUtf8(type) || DataType.isLargeUtf8(type))
    return new TextWriter("VARCHAR", handle(TypeId.VARCHAR), context);
  if (DataType.isBinary(type) || DataType.isLargeBinary(type))
    return new TextWriter("BLOB", handle(TypeId.BLOB), context);
  if (DataType.isDate(type)) {
    return type.unit === 0
      ? new TemporalWriter("DATE", handle(TypeId.DATE), false, context)
      : new TemporalWriter("TIMESTAMP_MS", handle(TypeId.TIMESTAMP_MS), true, context);
  }
  if (DataType.isTimestamp(type)) {
    if (type.timezone) return new ZonedWriter(type.unit, handle(TypeId.TIMESTAMP_TZ), context);
    const name = (["TIMESTAMP_S", "TIMESTAMP_MS", "TIMESTAMP", "TIMESTAMP_NS"] as const)[type.unit];
    return new TemporalWriter(name, handle(TypeId[name]), true, context);
  }
  if (DataType.isDictionary(type)) {
    const texts = DataType.isUtf8(type.dictionary) || DataType.isLargeUtf8(type.dictionary);
    return texts ? new DictionaryWriter("VARCHAR", handle(TypeId.VARCHAR), context) : undefined;
  }
  if (DataType.isList(type) || DataType.isLargeList(type) || DataType.isFixedSizeList(type)) {
    const child = writerOf(type.valueType, context);
    return (
      child && new ListWriter(child, DataType.isFixedSizeList(type) ? type.listSize : undefined, context)
    );
  }
  return undefined;
}
