import { type DataType, type Field } from "apache-arrow";
import { stat } from "node:fs/promises";
import { formatOf, openTable } from "../io/index.js";
import { typeText } from "../io/batches.js";
import { storageName } from "../engine/arrow-bridge.js";
import { bytes, count, table } from "./format.js";
import type { Shown } from "./inspect-spec.js";
import { readOptions, type ReadFlags } from "./options.js";

export interface InspectDataFlags extends ReadFlags {
  readonly columns?: readonly string[];
}

/** Schema and number of rows; a format that does not tell the number is read to its end. */
export async function inspectData(path: string, flags: InspectDataFlags, signal: AbortSignal): Promise<Shown> {
  const format = formatOf(path, flags.inputFormat);
  const options = { ...readOptions(flags), signal, ...(flags.cast === undefined ? {} : { casts: flags.cast }) };
  const source = await openTable(path, { ...options, ...(flags.columns === undefined ? {} : { columns: flags.columns }) });
  let rows = source.rowCount;
  try {
    if (rows === undefined) {
      rows = 0;
      for await (const batch of source) rows += batch.numRows;
    }
  } finally {
    await source.close();
  }
  const size = path === "-" ? undefined : (await stat(path)).size;
  const columns = source.schema.fields.map((field: Field) => ({
    name: field.name,
    type: typeText(field.type as DataType),
    input: inputSpelling(field.type as DataType),
  }));
  const text = [
    `${path}: ${format}${size === undefined ? "" : `, ${bytes(size)}`}, ${count(rows)} rows, ${count(columns.length)} columns`,
    "",
    table(["column", "type", "declare as"], columns.map(({ name, type, input }) => [name, type, input ?? "(no input type; cast or leave it out)"]), "  "),
  ].join("\n");
  return { text, json: { kind: "data", path, format, ...(size === undefined ? {} : { bytes: size }), rows, columns } };
}

/** The input type that the column fits as it is, as it is written in a declaration. */
function inputSpelling(type: DataType): string | null {
  const name = storageName(type);
  return name === undefined || name.includes("undefined") ? null : spelling(name);
}

function spelling(name: string): string {
  const list = /^list<(.*)>(?:\[(\d+)\])?$/.exec(name);
  if (list !== null) {
    const item = spelling(list[1] ?? "");
    return list[2] === undefined ? `t.list(${item})` : `t.fixedSizeList(${item}, ${list[2]})`;
  }
  const time = /^timestamp\[(\w+)\]$/.exec(name);
  return time === null ? `t.${name}()` : `t.timestamp("${time[1]}")`;
}
