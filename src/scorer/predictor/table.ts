import { Field, Float32, Float64, Int64, makeData, RecordBatch, Schema, Struct, Utf8, type Data, type DataType } from "apache-arrow";
import { InputError, ModelError } from "../../errors.js";
import type { ModelValue, Tensor, TensorInfo } from "../tensor.js";
import { categoryName } from "../../features/fitted/statistics/categories.js";
import type { ChosenOutputs } from "./model-outputs.js";

/** A prediction column while it is filled, chunk by chunk. */
interface Column {
  readonly name: string;
  readonly type: DataType;
  put(values: readonly ModelValue[], row: number, rows: number): void;
  data(): Data;
}

function tensorOf(value: ModelValue | undefined): Tensor {
  if (value === undefined || !("data" in value)) throw new ModelError("WRONG_SHAPE", "the model gave another kind of output than it declares");
  return value as Tensor;
}

/** How a table's columns are called. */
export interface ColumnNames {
  /** "prediction" by default; several targets become prediction_0, prediction_1 and so on. */
  readonly prediction: string;
  /** "probability" by default: probability_<class>. */
  readonly probability: string;
}

/** What the columns of a model's outputs are: their names and types in Arrow, and where their numbers are. */
export class PredictionColumns {
  readonly #specs: readonly { readonly name: string; readonly make: (rows: number) => Column }[];
  readonly names: readonly string[];

  /** `widths` has the elements a row of each output. */
  constructor(outputs: readonly TensorInfo[], widths: readonly number[], chosen: ChosenOutputs, classes: readonly (string | bigint)[] | undefined, names: ColumnNames) {
    const { prediction, probabilities } = chosen;
    const info = outputs[prediction] as TensorInfo;
    const width = widths[prediction] as number;
    const many = (i: number): string => (width === 1 ? names.prediction : `${names.prediction}_${classes !== undefined && info.map !== undefined ? categoryName(classes[i] as string) : i}`);
    const specs = Array.from({ length: width }, (_, i) => ({ name: many(i), make: (rows: number) => columnOf(info, many(i), prediction, i, width, rows) }));
    if (probabilities !== undefined) {
      const scores = outputs[probabilities] as TensorInfo;
      const count = widths[probabilities] as number;
      for (let i = 0; i < count; i++) {
        const name = `${names.probability}_${classes === undefined ? i : categoryName(classes[i] as string)}`;
        specs.push({ name, make: (rows) => scoreColumn(scores, name, probabilities, i, count, rows) });
      }
    }
    this.#specs = specs;
    this.names = specs.map(({ name }) => name);
  }

  /** SCHEMA_MISMATCH where the table has a column of one of the names. */
  refuseCollisions(schema: Schema): void {
    for (const name of this.names) {
      if (!schema.fields.some((field: Field) => field.name === name)) continue;
      throw new InputError("SCHEMA_MISMATCH", "the table has a column of the prediction's name", {
        column: name,
        fix: "Give other names: predictionColumn, probabilityColumn",
      });
    }
  }

  /** Columns for a batch of so many rows. */
  begin(rows: number): BatchColumns {
    return new BatchColumns(this.#specs.map(({ make }) => make(rows)), rows);
  }
}

export class BatchColumns {
  readonly #columns: readonly Column[];
  readonly #rows: number;

  constructor(columns: readonly Column[], rows: number) {
    this.#columns = columns;
    this.#rows = rows;
  }

  put(values: readonly ModelValue[], row: number, rows: number): void {
    for (const column of this.#columns) column.put(values, row, rows);
  }

  /** The schema with the columns' fields behind its own. */
  schema(own: Schema): Schema {
    const fields = this.#columns.map(({ name, type }) => new Field(name, type, false));
    return new Schema([...own.fields, ...fields], own.metadata, own.dictionaries);
  }

  /** The batch with the columns behind its own, which are not copied. */
  append(batch: RecordBatch): RecordBatch {
    const schema = this.schema(batch.schema);
    const { fields } = schema;
    const children = [...batch.data.children, ...this.#columns.map((column) => column.data())];
    return new RecordBatch(schema, makeData({ type: new Struct(fields), length: this.#rows, nullCount: 0, children }));
  }
}

function columnOf(info: TensorInfo, name: string, output: number, at: number, width: number, rows: number): Column {
  if (info.map !== undefined || info.type.startsWith("float")) return scoreColumn(info, name, output, at, width, rows);
  if (info.type === "string") return textColumn(name, output, at, width, rows);
  const data = new BigInt64Array(rows);
  return {
    name,
    type: new Int64(),
    put(values, row, count) {
      const source = tensorOf(values[output]).data as ArrayLike<number | bigint>;
      if (source instanceof BigInt64Array && width === 1) data.set(source.length === count ? source : source.subarray(0, count), row);
      else for (let r = 0; r < count; r++) data[row + r] = BigInt(source[r * width + at] as number | bigint);
    },
    data: () => makeData({ type: new Int64(), length: rows, nullCount: 0, data }),
  };
}

function scoreColumn(info: TensorInfo, name: string, output: number, at: number, width: number, rows: number): Column {
  const wide = info.type === "float64" && info.map === undefined;
  const data = wide ? new Float64Array(rows) : new Float32Array(rows);
  const key = info.map?.keys[at];
  return {
    name,
    type: wide ? new Float64() : new Float32(),
    put(values, row, count) {
      const value = values[output];
      if (Array.isArray(value)) {
        const maps = value as readonly ReadonlyMap<string | bigint, number>[];
        for (let r = 0; r < count; r++) data[row + r] = maps[r]?.get(key as string) ?? NaN;
        return;
      }
      const source = tensorOf(value).data as Float32Array;
      if (width === 1) data.set(source.length === count ? source : source.subarray(0, count), row);
      else for (let r = 0; r < count; r++) data[row + r] = source[r * width + at] as number;
    },
    data: () =>
      data instanceof Float64Array
        ? makeData({ type: new Float64(), length: rows, nullCount: 0, data })
        : makeData({ type: new Float32(), length: rows, nullCount: 0, data }),
  };
}

/** Class labels as text: few distinct ones, each encoded once. */
function textColumn(name: string, output: number, at: number, width: number, rows: number): Column {
  const encoder = new TextEncoder();
  const encoded = new Map<string, Uint8Array>();
  const labels = new Array<Uint8Array>(rows);
  let bytes = 0;
  return {
    name,
    type: new Utf8(),
    put(values, row, count) {
      const source = tensorOf(values[output]).data as readonly string[];
      for (let r = 0; r < count; r++) {
        const text = source[r * width + at] as string;
        let label = encoded.get(text);
        if (label === undefined) encoded.set(text, (label = encoder.encode(text)));
        labels[row + r] = label;
        bytes += label.length;
      }
    },
    data() {
      if (bytes > 2 ** 31 - 1) throw new InputError("TOO_LARGE", "the labels of one batch take more than 2^31 - 1 bytes", { column: name, fix: "Predict in smaller batches" });
      const valueOffsets = new Int32Array(rows + 1);
      const text = new Uint8Array(bytes);
      let end = 0;
      for (let r = 0; r < rows; r++) {
        text.set(labels[r] as Uint8Array, end);
        valueOffsets[r + 1] = end += (labels[r] as Uint8Array).length;
      }
      return makeData({ type: new Utf8(), length: rows, nullCount: 0, valueOffsets, data: text });
    },
  };
}
