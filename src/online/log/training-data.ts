import { Field, Schema, Table, Vector, type Data, type DataType, type RecordBatch } from "apache-arrow";
import { DefinitionError, OnlineError, received } from "../../errors.js";
import { openTable } from "../../io/index.js";
import { keyReader, LabelIndex, microsReader, tableOfBatches } from "./label-index.js";
import { readLog, type BatchSource } from "./read-log.js";
import { rebatched } from "./rebatch.js";
import { ALSO_FEATURE, MODEL, MODEL_VERSION, REQUEST_ID, ROLE, TIME, TRANSFORMED, type NameAndVersion } from "./schema.js";
import { batchOf, inOneChunk, takeData, takenType } from "./take.js";

export interface TrainingDataOptions {
  /** What joins a label to a request: its id, or serving keys that log and labels have under the same names. */
  readonly key: "requestId" | readonly string[];
  /** The labels' column or columns that go into the result. */
  readonly label: string | readonly string[];
  /** The labels' column of request ids; `request_id` by default. */
  readonly requestId?: string;
  /** The labels' column of times: when a label became known. Needed with serving keys. */
  readonly labelTime?: string;
  /** Milliseconds after the request's time that a label may have, ends included; by default 0 to any with serving keys, and any with ids. */
  readonly window?: { readonly min?: number; readonly max?: number };
  /** What becomes of requests without a label: left out (default), or kept with a null label. */
  readonly unmatched?: "drop" | "keep";
  /** Columns beside the label: the view's features before (default) or after model-dependent transformations, or columns of the log. */
  readonly columns?: "untransformed" | "transformed" | readonly string[];
  /** Only what this model answered: for logs that hold several, or shadow scores. */
  readonly model?: Partial<NameAndVersion>;
}

export type LoggedData = string | BatchSource | Table | AsyncIterable<RecordBatch>;
export type LabelData = string | Table | AsyncIterable<RecordBatch> | Iterable<RecordBatch>;

/**
 * Logged features with labels that arrived later ("log and wait"): the features as they were when the request was
 * answered, so that no label and no later value leaks into them. One row a request, features in the view's order, then
 * the labels. Of several labels of a request the latest within the window counts, of one time the last in the labels'
 * order; with ids, a request that was logged twice counts once. Labels are held in memory, the log is streamed.
 */
export function trainingDataFromLog(log: LoggedData, labels: LabelData, options: TrainingDataOptions): BatchSource {
  const window = checkedWindow(options);
  let index: Promise<Labels> | undefined;
  const join = async (): Promise<Join> => {
    // Labels are read once, however often the result is.
    index ??= readLabels(labels, options);
    return new Join(await index, options, window);
  };
  const batches = () => (log instanceof Table ? log.batches : typeof log === "string" ? readLog(log) : log);
  return {
    async *[Symbol.asyncIterator]() {
      yield* rebatched(joined(await join(), batches()));
    },
    async table() {
      const work = await join();
      const out: RecordBatch[] = [];
      for await (const batch of rebatched(joined(work, batches()))) out.push(batch);
      if (work.schema === undefined) throw new OnlineError("INVALID_LOG", "the log has no records");
      return out.length === 0 ? new Table(work.schema) : new Table(work.schema, out);
    },
  };
}

async function* joined(work: Join, batches: AsyncIterable<RecordBatch> | Iterable<RecordBatch>): AsyncGenerator<RecordBatch> {
  for await (const batch of batches) {
    const rows = work.batch(batch);
    if (rows.numRows > 0) yield rows;
  }
}

interface Labels {
  readonly table: Table;
  readonly keys: readonly Vector[];
  readonly time: { readonly name: string; readonly column: Vector } | undefined;
  readonly values: readonly Vector[];
  readonly names: readonly string[];
}

async function readLabels(labels: LabelData, options: TrainingDataOptions): Promise<Labels> {
  const names = typeof options.label === "string" ? [options.label] : [...options.label];
  const keys = options.key === "requestId" ? [options.requestId ?? "request_id"] : [...options.key];
  const wanted = [...new Set([...keys, ...(options.labelTime === undefined ? [] : [options.labelTime]), ...names])];
  let table: Table;
  if (labels instanceof Table) table = labels;
  else if (typeof labels === "string") {
    const source = await openTable(labels, { columns: wanted });
    table = await tableOfBatches(source, source.schema);
  } else table = await tableOfBatches(labels);
  const column = (name: string): Vector => {
    const found = table.getChild(name);
    if (found !== null) return found;
    throw new DefinitionError("INVALID_DEFINITION", "the labels lack a column", { column: name, expected: `one of ${table.schema.fields.map((field) => field.name).join(", ")}` });
  };
  return {
    table,
    keys: keys.map(column),
    time: options.labelTime === undefined ? undefined : { name: options.labelTime, column: column(options.labelTime) },
    values: names.map(column),
    names,
  };
}

interface Window {
  readonly min: number;
  readonly max: number;
}

function checkedWindow({ key, labelTime, window, columns, unmatched, label }: TrainingDataOptions): Window {
  const fail = (path: string, expected: string, actual: unknown): never => {
    throw new DefinitionError("INVALID_DEFINITION", "trainingDataFromLog", { path: [path], expected, actual: received(actual) });
  };
  if (key !== "requestId" && (!Array.isArray(key) || key.length === 0)) fail("key", '"requestId", or names of serving keys', key);
  if (label === undefined || label.length === 0) fail("label", "names of the labels' columns", label);
  if (columns !== undefined && columns !== "untransformed" && columns !== "transformed" && !Array.isArray(columns)) fail("columns", '"untransformed", "transformed", or names of the log\'s columns', columns);
  if (unmatched !== undefined && unmatched !== "drop" && unmatched !== "keep") fail("unmatched", '"drop" or "keep"', unmatched);
  if (labelTime === undefined && (key !== "requestId" || window !== undefined)) fail("labelTime", "the labels' column of times: without it a label from before the request could be joined", labelTime);
  const min = window?.min ?? (key === "requestId" ? -Infinity : 0);
  const max = window?.max ?? Infinity;
  if (typeof min !== "number" || typeof max !== "number" || !(min <= max)) fail("window", "{ min, max } in milliseconds", window);
  return { min: Math.ceil(min * 1000), max: Math.floor(max * 1000) };
}

class Join {
  readonly #labels: Labels;
  readonly #index: LabelIndex;
  readonly #options: TrainingDataOptions;
  readonly #window: Window;
  #out: { readonly schema: Schema; readonly columns: readonly number[] } | undefined;

  constructor(labels: Labels, options: TrainingDataOptions, window: Window) {
    this.#labels = labels;
    this.#index = new LabelIndex(labels.table, labels.keys, labels.time);
    this.#options = options;
    this.#window = window;
  }

  /** Of the result; known when the first batch was joined. */
  get schema(): Schema | undefined {
    return this.#out?.schema;
  }

  batch(logged: RecordBatch): RecordBatch {
    const { key, model } = this.#options;
    this.#out ??= this.#result(logged.schema);
    const keyOf = keyReader((key === "requestId" ? [REQUEST_ID] : key).map((name) => column(logged, name)));
    const timeOf = microsReader(TIME, column(logged, TIME));
    const modelNames = model?.name === undefined ? undefined : column(logged, MODEL);
    const modelVersions = model?.version === undefined ? undefined : column(logged, MODEL_VERSION);
    const rows = new Int32Array(logged.numRows);
    const labels = new Int32Array(logged.numRows);
    let count = 0;
    for (let row = 0; row < logged.numRows; row++) {
      if (modelNames !== undefined && modelNames.get(row) !== model?.name) continue;
      if (modelVersions !== undefined && modelVersions.get(row) !== String(model?.version)) continue;
      const own = keyOf(row);
      const time = timeOf(row) ?? NaN;
      const label = own === undefined ? -1 : this.#index.find(own, time + this.#window.min, time + this.#window.max);
      if (label < 0 && this.#options.unmatched !== "keep") continue;
      // A request that was logged twice is one row.
      if (key === "requestId" && own !== undefined && !this.#index.first(own)) continue;
      rows[count] = row;
      labels[count++] = label;
    }
    return this.#joined(logged, rows.subarray(0, count), this.#index.places(labels.subarray(0, count)));
  }

  #joined(logged: RecordBatch, rows: Int32Array, labels: ReturnType<LabelIndex["places"]>): RecordBatch {
    const { schema, columns } = this.#out as { schema: Schema; columns: readonly number[] };
    const places = inOneChunk(rows);
    const features = columns.map((i) => {
      const data = logged.data.children[i] as Data;
      return takeData(data.type as DataType, [data], places);
    });
    const values = this.#labels.values.map((vector) => takeData(vector.type as DataType, vector.data, labels));
    return batchOf(schema, [...features, ...values], rows.length);
  }

  #result(logged: Schema): { schema: Schema; columns: readonly number[] } {
    const wanted = this.#options.columns ?? "untransformed";
    const picked: { readonly name: string; readonly column: number }[] = [];
    for (const [i, { name, metadata }] of logged.fields.entries()) {
      const role = metadata.get(ROLE);
      if (wanted === "untransformed" && (role === "untransformed" || metadata.get(ALSO_FEATURE) === "true")) picked.push({ name, column: i });
      if (wanted === "transformed" && role === "transformed") picked.push({ name: name.slice(TRANSFORMED.length), column: i });
    }
    if (typeof wanted !== "string") {
      for (const name of wanted) picked.push({ name, column: fieldIndex(logged, name) });
    } else if (picked.length === 0) {
      throw new OnlineError("INVALID_LOG", `the log has no ${wanted} features`, { fix: "Name the columns: columns: [...]" });
    }
    const features = picked.map(({ name, column }) => {
      const field = logged.fields[column] as Field;
      return new Field(name, takenType(field.type as DataType), true, field.metadata);
    });
    const labels = this.#labels.names.map((name, i) => {
      if (picked.some((feature) => feature.name === name)) {
        throw new DefinitionError("INVALID_DEFINITION", "a label has the name of a feature", { path: ["label"], actual: JSON.stringify(name), fix: "Rename the labels' column" });
      }
      return new Field(name, takenType(this.#labels.values[i]?.type as DataType), true);
    });
    return { schema: new Schema([...features, ...labels], logged.metadata), columns: picked.map((feature) => feature.column) };
  }
}

function fieldIndex(schema: Schema, name: string): number {
  const found = schema.fields.findIndex((field) => field.name === name);
  if (found >= 0) return found;
  throw new OnlineError("INVALID_LOG", `the log has no column ${JSON.stringify(name)}`, { expected: schema.fields.map((field) => field.name).join(", ") });
}

function column(batch: RecordBatch, name: string): Vector {
  return new Vector([batch.data.children[fieldIndex(batch.schema, name)] as Data]);
}
