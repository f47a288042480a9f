import { type Data, type DataType, Field, makeData, RecordBatch, Schema, Struct } from "apache-arrow";
import { checkColumnType } from "../engine/arrow-bridge.js";
import { InputError, SkewlessError } from "../errors.js";
import { formatOf, openTable, TableError, type TableSource } from "../io/index.js";
import type { PlanInput } from "../plan/plan.js";
import { formatInputType, type AnyInputType } from "../types/input-type.js";
import { readOptions, type ReadFlags } from "./options.js";
import { castFor, SQL_TYPE, type TextFormat } from "./text-casts.js";
import { conversionTo, type Conversion } from "./text-conversion.js";

export interface InputBatch {
  /** The columns of the declaration, ready for an engine. */
  readonly inputs: RecordBatch;
  /** The columns as the file has them. */
  readonly columns: RecordBatch;
  /** The place of the first row in what is read. */
  readonly firstRow: number;
}

/** DATA with the columns that a plan reads, checked against the declaration. */
export interface InputTable extends AsyncIterable<InputBatch> {
  readonly schema: Schema;
  readonly rowCount: number | undefined;
  close(): Promise<void>;
}

export interface OpenInputsOptions {
  readonly flags: ReadFlags;
  /** Columns to read besides the inputs. */
  readonly keep?: readonly string[];
  readonly threads?: number | undefined;
  readonly signal?: AbortSignal;
}

/**
 * Opens DATA for a declaration. Columns of CSV and NDJSON are read as the declared types; those of Parquet and Arrow
 * have types of their own, which must fit.
 */
export async function openInputs(path: string, inputs: readonly PlanInput[], options: OpenInputsOptions): Promise<InputTable> {
  const { flags, keep = [], threads, signal } = options;
  const format = formatOf(path, flags.inputFormat);
  const names = [...new Set([...inputs.map(({ name }) => name), ...keep])];
  const text = format === "csv" || format === "ndjson" ? format : undefined;
  const casts = text === undefined ? flags.cast : castsOf(inputs, text, flags.cast ?? {});
  const source = await openNamed(path, inputs, {
    ...readOptions(flags),
    ...(names.length === 0 ? {} : { columns: names }),
    ...(casts === undefined ? {} : { casts }),
    ...(threads === undefined ? {} : { threads }),
    ...(signal === undefined ? {} : { signal }),
  });
  try {
    return new Columns(source, inputs, conversions(source.schema, inputs, text !== undefined, format === "parquet"));
  } catch (error) {
    await source.close();
    throw error;
  }
}

function castsOf(inputs: readonly PlanInput[], format: TextFormat, given: Readonly<Record<string, string>>) {
  return (detected: ReadonlyMap<string, string>): Record<string, string> => {
    const casts: Record<string, string> = {};
    for (const { name, input } of inputs) {
      const type = detected.get(name);
      const cast = type === undefined ? undefined : castFor(input, type, format);
      if (cast !== undefined) casts[name] = cast;
    }
    return { ...casts, ...given };
  };
}

async function openNamed(path: string, inputs: readonly PlanInput[], options: Parameters<typeof openTable>[1]): Promise<TableSource> {
  try {
    return await openTable(path, options);
  } catch (error) {
    if (!(error instanceof TableError) || error.code !== "UNKNOWN_COLUMN" || inputs.length === 0) throw error;
    const declared = inputs.map(({ name, input }) => `${name}: ${formatInputType(input)}`).join(", ");
    throw new TableError(error.code, `${error.message}; the spec reads ${declared}`, { path, cause: error });
  }
}

function conversions(schema: Schema, inputs: readonly PlanInput[], text: boolean, castable: boolean): ReadonlyMap<string, Conversion> {
  const out = new Map<string, Conversion>();
  for (const { name, input } of inputs) {
    const type = schema.fields.find((field) => field.name === name)?.type as DataType | undefined;
    if (type === undefined) continue;
    const conversion = text ? conversionTo(input, type, name) : undefined;
    if (conversion !== undefined) out.set(name, conversion);
    check(name, input, conversion?.type ?? type, text || castable);
  }
  return out;
}

const CASTS: Readonly<Record<string, string>> = {
  ...SQL_TYPE,
  date32: "DATE",
  "timestamp[s]": "TIMESTAMP_S",
  "timestamp[ms]": "TIMESTAMP_MS",
  "timestamp[us]": "TIMESTAMP",
  "timestamp[ns]": "TIMESTAMP_NS",
};

function check(name: string, input: AnyInputType, type: DataType, castable: boolean): void {
  try {
    checkColumnType(name, input, type);
  } catch (error) {
    const cast = CASTS[formatInputType(input).replace(/, [^\]]+\]/, "]")];
    if (!(error instanceof InputError) || !castable || cast === undefined) throw error;
    const flag = `--cast ${/^[\w.-]+$/.test(name) ? name : JSON.stringify(name)}=${cast}`;
    throw error.with({ fix: `Declare the input with the column's type, or cast the column: ${flag}` });
  }
}

class Columns implements InputTable {
  readonly schema: Schema;
  readonly rowCount: number | undefined;
  readonly #source: TableSource;
  readonly #inputs: readonly PlanInput[];
  readonly #conversions: ReadonlyMap<string, Conversion>;

  constructor(source: TableSource, inputs: readonly PlanInput[], conversions: ReadonlyMap<string, Conversion>) {
    this.schema = source.schema;
    this.rowCount = source.rowCount;
    this.#source = source;
    this.#inputs = inputs;
    this.#conversions = conversions;
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<InputBatch> {
    let firstRow = 0;
    for await (const columns of this.#source) {
      yield { inputs: this.#convert(columns, firstRow), columns, firstRow };
      firstRow += columns.numRows;
    }
  }

  close(): Promise<void> {
    return this.#source.close();
  }

  #convert(batch: RecordBatch, firstRow: number): RecordBatch {
    if (this.#conversions.size === 0) return batch;
    const fields: Field[] = [];
    const children: Data[] = [];
    for (const { name } of this.#inputs) {
      const at = batch.schema.fields.findIndex((field) => field.name === name);
      const data = batch.data.children[at];
      if (data === undefined) continue;
      const conversion = this.#conversions.get(name);
      const converted = conversion === undefined ? data : conversion.convert(data, (row) => firstRow + row);
      fields.push(new Field(name, converted.type as DataType, true));
      children.push(converted);
    }
    return new RecordBatch(new Schema(fields), makeData({ type: new Struct(fields), length: batch.numRows, nullCount: 0, children }));
  }
}

/** The batches for a consumer that takes a stream of them; the table is closed when they end. */
export function engineBatches(table: InputTable): AsyncIterable<RecordBatch> & { readonly rowCount: number | undefined } {
  return {
    rowCount: table.rowCount,
    async *[Symbol.asyncIterator]() {
      try {
        for await (const { inputs } of table) yield inputs;
      } finally {
        await table.close();
      }
    },
  };
}

/** Adds the batch's place in the table to an error of one of its rows. */
export function inTable(error: unknown, firstRow: number): unknown {
  return error instanceof SkewlessError && error.row !== undefined ? error.with({ row: firstRow + error.row }) : error;
}
