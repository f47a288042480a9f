// Rows of objects as Arrow tables, in the types that the feature groups declare.
import { Bool, Field, Float64, Int64, List, Table, TimestampMillisecond, Utf8, vectorFromArray } from "apache-arrow";

const list = (item) => new List(new Field("item", item, true));
const TYPES = {
  card_id: new Int64(),
  ...Object.fromEntries(["ts", "prev_ts", "updated_at", "reported_at"].map((name) => [name, new TimestampMillisecond()])),
  ...Object.fromEntries(["id", "request_id", "merchant_id", "ip", "prev_ip", "entry", "category", "merchant_category"].map((name) => [name, new Utf8()])),
  recent_amounts: list(new Float64()),
  recent_times: list(new TimestampMillisecond()),
  is_fraud: new Bool(),
};

/** A table of rows, all with the same names. Numbers are float64 where nothing else is said. */
export function tableOfRows(rows) {
  let columns;
  for (const row of rows) {
    columns ??= Object.keys(row).map((name) => ({ name, type: TYPES[name] ?? new Float64(), values: [] }));
    for (const { name, type, values } of columns) values.push(type instanceof Int64 ? BigInt(row[name]) : row[name]);
  }
  return new Table(Object.fromEntries(columns.map(({ name, type, values }) => [name, vectorFromArray(values, type)])));
}
