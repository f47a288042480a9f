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

/** A table of `columns`: arrays of values by name. Numbers are float64 where nothing else is said. */
export function table(columns) {
  return new Table(
    Object.fromEntries(
      Object.entries(columns).map(([name, values]) => {
        const type = TYPES[name] ?? new Float64();
        return [name, vectorFromArray(type instanceof Int64 ? values.map(BigInt) : values, type)];
      }),
    ),
  );
}

export function tableOfRows(rows) {
  return table(Object.fromEntries(Object.keys(rows[0]).map((name) => [name, rows.map((row) => row[name])])));
}
