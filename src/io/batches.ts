// What a sink expects of the batches that it is given.
import { DataType, Field, RecordBatch, type Schema, Struct, type Table, makeData } from "apache-arrow";
import { batchFault } from "./check-batch.js";
import { TableError } from "./errors.js";

export function batchesOf(input: RecordBatch | Table): readonly RecordBatch[] {
  return input instanceof RecordBatch ? [input] : input.batches;
}

/** The batch under the sink's own schema, after its columns and buffers were checked. */
export function checkedBatch(path: string, schema: Schema, batch: RecordBatch): RecordBatch {
  const { fields } = batch.schema;
  const same =
    fields.length === schema.fields.length &&
    fields.every((field, i) => {
      const expected = schema.fields[i];
      return (
        expected !== undefined &&
        field.name === expected.name &&
        typeText(field.type) === typeText(expected.type)
      );
    });
  if (!same) {
    const text = (list: readonly Field[]) => list.map((f) => `${f.name}: ${typeText(f.type)}`).join(", ");
    throw new TableError(
      "SCHEMA_MISMATCH",
      `${path}: the table has the columns (${text(schema.fields)}), but a batch has (${text(fields)})`,
      { path },
    );
  }
  const fault = batchFault(batch);
  if (fault !== undefined)
    throw new TableError("UNSUPPORTED_VALUE", `${path}: malformed batch: ${fault}`, { path });
  // Data of the sink's own types: a dictionary's id is that of the schema it is written under.
  const children = batch.data.children.map((child, i) => child.clone(schema.fields[i]?.type ?? child.type));
  const data = makeData({ type: new Struct(schema.fields), length: batch.numRows, nullCount: 0, children });
  return new RecordBatch(schema, data, batch.metadata);
}

/** A type's text with what `toString` leaves out. */
export function typeText(type: DataType): string {
  if (DataType.isTimestamp(type))
    return `Timestamp<${["s", "ms", "us", "ns"][type.unit]}, ${type.timezone ?? "no zone"}>`;
  if (DataType.isFixedSizeList(type)) return `FixedSizeList<${type.listSize}, ${typeText(type.valueType)}>`;
  if (DataType.isList(type)) return `List<${typeText(type.valueType)}>`;
  if (DataType.isDictionary(type))
    return `Dictionary<${typeText(type.indices)}, ${typeText(type.dictionary)}>`;
  return String(type);
}

/** The library merges columns of one name when it makes a batch. */
export function refuseSameNames(path: string, schema: Schema): void {
  const seen = new Set<string>();
  for (const { name } of schema.fields) {
    if (seen.has(name)) {
      throw new TableError(
        "DUPLICATE_COLUMN",
        `${path}: two columns have the name ${JSON.stringify(name)}; rename one`,
        { path },
      );
    }
    seen.add(name);
  }
}

/** The library cannot write slices of views. */
export function refuseViews(path: string, schema: Schema): void {
  for (const field of schema.fields) {
    if (!DataType.isUtf8View(field.type) && !DataType.isBinaryView(field.type)) continue;
    throw new TableError(
      "UNSUPPORTED_TYPE",
      `${path}: column "${field.name}" has the type ${String(field.type)}, which cannot be written; ` +
        "use Utf8 or Binary",
      { path },
    );
  }
}
