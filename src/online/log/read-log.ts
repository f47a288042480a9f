import { Schema, Table, type DataType, type Field, type RecordBatch } from "apache-arrow";
import { InputError, OnlineError, received } from "../../errors.js";
import { typeText } from "../../io/batches.js";
import { TIME, type NameAndVersion } from "./schema.js";
import { segmentFiles } from "./segment-files.js";
import { openSegment, type OnTorn } from "./segment-reader.js";
import { batchOf, takeRows } from "./take.js";

export interface ReadLogOptions {
  /** Records of this time and later; a number is milliseconds since 1970. */
  readonly from?: Date | number;
  /** Records before this time. */
  readonly to?: Date | number;
  /** Columns to read, in this order; all by default. */
  readonly columns?: readonly string[];
  /** Only segments of the log of this name. */
  readonly name?: string;
  /** Only segments of this view. Versions of a view whose columns differ cannot be read together. */
  readonly view?: Partial<NameAndVersion>;
  readonly onTorn?: OnTorn;
}

/** A stream of batches that can be read again and again, or as one table. */
export interface BatchSource extends AsyncIterable<RecordBatch> {
  /** All rows in memory. */
  table(): Promise<Table>;
}

/**
 * The records of a log: finished segments and those being written, up to what was flushed. `path` is a directory, a
 * file, or a pattern with `*` and `?` in names. Segments come in the order in which they were begun; records of several
 * processes, or with times of their own, are not sorted. INVALID_LOG where there is no log or a segment is malformed.
 */
export function readLog(path: string, options: ReadLogOptions = {}): BatchSource {
  const range = { from: micros("from", options.from), to: micros("to", options.to) };
  const iterate = () => read(path, options, range);
  return {
    [Symbol.asyncIterator]: () => onlyBatches(iterate()),
    table: async () => {
      let schema: Schema | undefined;
      const batches: RecordBatch[] = [];
      for await (const part of iterate()) {
        if (part instanceof Schema) schema = part;
        else batches.push(part);
      }
      if (schema === undefined) throw new OnlineError("INVALID_LOG", "the log has no segments", { actual: path });
      return batches.length === 0 ? new Table(schema) : new Table(schema, batches);
    },
  };
}

async function* onlyBatches(parts: AsyncIterable<Schema | RecordBatch>): AsyncGenerator<RecordBatch> {
  for await (const part of parts) if (!(part instanceof Schema)) yield part;
}

interface Range {
  readonly from: bigint | undefined;
  readonly to: bigint | undefined;
}

/** The schema, once there is a segment, and then batches of it. */
async function* read(path: string, options: ReadLogOptions, range: Range): AsyncGenerator<Schema | RecordBatch> {
  let schema: Schema | undefined;
  let first = "";
  for (const file of await segmentFiles(path, options.name)) {
    const segment = await openSegment(file, options.onTorn);
    try {
      if (segment.schema === undefined || !ofView(segment.schema, options.view)) continue;
      const own = projected(segment.schema, options.columns, segment.path);
      if (schema === undefined) {
        schema = own.schema;
        first = segment.path;
        yield schema;
      } else if (columnsText(schema) !== columnsText(own.schema)) {
        throw new OnlineError("INVALID_LOG", "segments have different columns", {
          expected: `those of ${first}: ${columnsText(schema)}`,
          actual: `${columnsText(own.schema)} in ${segment.path}`,
          fix: "Read one version: { view: { version } }, or name columns that both have",
        });
      }
      const time = segment.schema.fields.findIndex((field) => field.name === TIME);
      if (time < 0 && (range.from !== undefined || range.to !== undefined)) throw new OnlineError("INVALID_LOG", "the segment has no times", { actual: segment.path });
      for await (const batch of segment.batches) {
        const children = own.columns.map((column) => batch.data.children[column]) as typeof batch.data.children;
        const picked = batchOf(schema, children, batch.numRows);
        const rows = range.from === undefined && range.to === undefined ? undefined : rowsWithin(batch.data.children[time]?.values as BigInt64Array, range);
        if (rows === undefined || rows.length === batch.numRows) yield picked;
        else if (rows.length > 0) yield takeRows(picked, schema, rows);
      }
    } finally {
      await segment.close();
    }
  }
}

function ofView(schema: Schema, view: Partial<NameAndVersion> | undefined): boolean {
  if (view?.name !== undefined && schema.metadata.get("skewless.view") !== view.name) return false;
  return view?.version === undefined || schema.metadata.get("skewless.view_version") === String(view.version);
}

function projected(schema: Schema, names: readonly string[] | undefined, path: string): { schema: Schema; columns: readonly number[] } {
  if (names === undefined) return { schema, columns: schema.fields.map((_, i) => i) };
  const columns = names.map((name) => {
    const found = schema.fields.findIndex((field) => field.name === name);
    if (found >= 0) return found;
    throw new OnlineError("INVALID_LOG", `the log has no column ${JSON.stringify(name)}`, { expected: schema.fields.map((field) => field.name).join(", "), actual: path });
  });
  return { schema: new Schema(columns.map((i) => schema.fields[i] as Field<DataType>), schema.metadata), columns };
}

function columnsText({ fields }: Schema): string {
  return fields.map((field) => `${field.name}: ${typeText(field.type)}`).join(", ");
}

function rowsWithin(times: BigInt64Array, { from, to }: Range): Int32Array {
  const rows = new Int32Array(times.length);
  let count = 0;
  for (let i = 0; i < times.length; i++) {
    const time = times[i] as bigint;
    if ((from === undefined || time >= from) && (to === undefined || time < to)) rows[count++] = i;
  }
  return rows.subarray(0, count);
}

/** Milliseconds to the log's microseconds: the first that is not before it. */
function micros(name: string, value: Date | number | undefined): bigint | undefined {
  if (value === undefined) return undefined;
  const ticks = Math.ceil(Number(value) * 1000);
  if (!Number.isSafeInteger(ticks)) throw new InputError("WRONG_TYPE", "wrong time", { path: [name], expected: "a Date, or milliseconds since 1970", actual: received(value) });
  return BigInt(ticks);
}
