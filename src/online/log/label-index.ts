import { DataType, Table, type Data, type RecordBatch, type Schema, type Timestamp, type Vector } from "apache-arrow";
import { InputError } from "../../errors.js";
import type { Places } from "./take.js";

const NO_ROWS: readonly number[] = [];

/** Microseconds since 1970 of a time column's value, rounded down; undefined for null. */
export function microsReader(name: string, column: Vector): (row: number) => number | undefined {
  const type = column.type as DataType;
  let perSecond: number;
  if (DataType.isTimestamp(type)) perSecond = [1, 1e3, 1e6, 1e9][(type as Timestamp).unit] as number;
  else if (DataType.isDate(type)) perSecond = type.unit === 0 ? 0 : 1e3;
  else throw new InputError("WRONG_TYPE", "not a time", { column: name, expected: "a timestamp or date", actual: String(type) });
  const at = locator(column.data);
  return (row) => {
    const [chunk, index] = at(row);
    const data = column.data[chunk] as Data;
    if (data.nullCount > 0 && !data.getValid(index)) return undefined;
    const ticks = (data.values as BigInt64Array | Int32Array)[index] as bigint | number;
    if (perSecond === 0) return Number(ticks) * 86_400e6;
    if (perSecond <= 1e6) return Number(ticks) * (1e6 / perSecond);
    const exact = BigInt(ticks);
    return Number((exact - (((exact % 1000n) + 1000n) % 1000n)) / 1000n);
  };
}

function locator(chunks: readonly Data[]): (row: number) => readonly [chunk: number, row: number] {
  const starts = [0];
  for (const { length } of chunks) starts.push((starts.at(-1) as number) + length);
  return (row) => {
    let low = 0;
    let high = chunks.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if ((starts[middle] as number) <= row) low = middle;
      else high = middle - 1;
    }
    return [low, row - (starts[low] as number)];
  };
}

/** A row's key as text: integers of any width, texts, booleans, dates; undefined where a part is null. */
export function keyReader(columns: readonly Vector[]): (row: number) => string | undefined {
  const part = (value: unknown): string | undefined => {
    if (value === null || value === undefined) return undefined;
    if (typeof value === "string") return JSON.stringify(value);
    return value instanceof Date ? String(value.getTime()) : String(value);
  };
  const [only] = columns;
  if (columns.length === 1 && only !== undefined) return (row) => part(only.get(row));
  return (row) => {
    let text = "";
    for (const column of columns) {
      const own = part(column.get(row));
      if (own === undefined) return undefined;
      text += `${own},`;
    }
    return text;
  };
}

/** Labels in memory, found by key and time. */
export class LabelIndex {
  readonly #rows = new Map<string, number | number[]>();
  readonly #times: Float64Array | undefined;
  readonly #used = new Set<string>();
  readonly #at: (row: number) => readonly [chunk: number, row: number];

  constructor(table: Table, keys: readonly Vector[], time: { readonly name: string; readonly column: Vector } | undefined) {
    const keyOf = keyReader(keys);
    const timeOf = time === undefined ? undefined : microsReader(time.name, time.column);
    this.#times = timeOf === undefined ? undefined : new Float64Array(table.numRows);
    this.#at = locator(table.batches.map(({ data }) => data));
    for (let row = 0; row < table.numRows; row++) {
      const key = keyOf(row);
      const micros = timeOf?.(row);
      // A label without a time is known at no time.
      if (key === undefined || (timeOf !== undefined && micros === undefined)) continue;
      if (this.#times !== undefined) this.#times[row] = micros as number;
      const known = this.#rows.get(key);
      if (known === undefined) this.#rows.set(key, row);
      else if (typeof known === "number") this.#rows.set(key, [known, row]);
      else known.push(row);
    }
    const times = this.#times;
    // In the order of their times, those of one time in the table's order.
    if (times !== undefined) for (const rows of this.#rows.values()) if (typeof rows !== "number") rows.sort((a, b) => (times[a] as number) - (times[b] as number) || a - b);
  }

  /** The row of the key's latest label from time `from` to time `to`, both included; -1 where there is none. */
  find(key: string, from: number, to: number): number {
    const found = this.#rows.get(key);
    const rows = found === undefined ? NO_ROWS : typeof found === "number" ? [found] : found;
    const times = this.#times;
    if (times === undefined) return rows.at(-1) ?? -1;
    let low = 0;
    let high = rows.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((times[rows[middle] as number] as number) <= to) low = middle + 1;
      else high = middle;
    }
    const row = rows[low - 1];
    return row !== undefined && (times[row] as number) >= from ? row : -1;
  }

  /** Whether this is the first request of a key that has labels: their number bounds what is remembered. */
  first(key: string): boolean {
    if (!this.#rows.has(key)) return true;
    if (this.#used.has(key)) return false;
    this.#used.add(key);
    return true;
  }

  places(rows: Int32Array): Places {
    const chunk = new Int32Array(rows.length);
    const row = new Int32Array(rows.length).fill(-1);
    for (let i = 0; i < rows.length; i++) if ((rows[i] as number) >= 0) [chunk[i], row[i]] = this.#at(rows[i] as number) as [number, number];
    return { chunk, row };
  }
}

/** Labels may come as a table or in batches. */
export async function tableOfBatches(batches: AsyncIterable<RecordBatch> | Iterable<RecordBatch>, schema?: Schema): Promise<Table> {
  const all: RecordBatch[] = [];
  for await (const batch of batches) all.push(batch);
  return all.length === 0 && schema !== undefined ? new Table(schema) : new Table(all);
}
