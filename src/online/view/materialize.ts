import { DataType, RecordBatch, TimeUnit, type Data, type Timestamp } from "apache-arrow";
import { checkColumnType } from "../../engine/arrow-bridge.js";
import type { BatchStream } from "../../engine/engine.js";
import { AbortedError, DefinitionError, InputError, OnlineError, SkewlessError, received } from "../../errors.js";
import { opener, type FitData } from "../../features/fit.js";
import { cellReader, type CellReader } from "../../parity/row-reader.js";
import type { AnyInputType } from "../../types/input-type.js";
import type { FeatureGroup } from "../group.js";
import { onlyProperties } from "../names.js";
import type { OnlineStore, StoreWrite } from "../store/store.js";
import type { ViewContract } from "./contract.js";
import { expectedValue, typeCheck, type Check } from "./values.js";

export interface MaterializeProgress {
  /** Rows read and put. */
  readonly rows: number;
  readonly written: number;
  /** Rows older than what the store held. */
  readonly stale: number;
  /** Rows in all, where the data are in memory. */
  readonly total: number | undefined;
}

export type MaterializeResult = Omit<MaterializeProgress, "total">;

export interface MaterializeOptions {
  readonly store: OnlineStore;
  /** The group, by name; its keys, features and event time are columns of the data by the group's own names. */
  readonly group: string | FeatureGroup;
  /** Called after each batch of writes. */
  readonly onProgress?: (progress: MaterializeProgress) => void;
  /** Rows in one put; 1,000 by default. */
  readonly batchSize?: number;
  readonly signal?: AbortSignal;
}

function groupOf(contract: ViewContract, given: unknown): FeatureGroup {
  const name = typeof given === "string" ? given : (given as FeatureGroup | undefined)?.name;
  const join = contract.joins.find(({ group }) => group.name === name);
  if (join !== undefined) return join.group;
  throw new DefinitionError("INVALID_DEFINITION", "materialize: the view has no such group", {
    path: ["group"],
    expected: contract.joins.map(({ group }) => group.name).join(", "),
    actual: received(given),
  });
}

/**
 * Puts the rows of a table, stream or file (Arrow, Parquet and the others that openTable reads) into a store, a batch
 * after the other: memory does not grow with the data. The store compares event times, so that an older row never
 * replaces a newer one, whatever the order. Nulls where the group has none, values out of range and columns of another
 * type are errors with column and row; what was put before stays, and putting it again changes nothing.
 */
export async function materialize(contract: ViewContract, data: FitData, options: MaterializeOptions): Promise<MaterializeResult> {
  if (typeof options !== "object" || options === null) throw new DefinitionError("INVALID_DEFINITION", "materialize: options", { actual: received(options) });
  onlyProperties(["materialize"], options, ["store", "group", "onProgress", "batchSize", "signal"]);
  const { store, onProgress, batchSize = 1000, signal } = options;
  const group = groupOf(contract, options.group);
  if (typeof store?.put !== "function") throw new DefinitionError("INVALID_DEFINITION", "materialize: the store", { path: ["store"], expected: "an online store", actual: received(store) });
  if (!Number.isSafeInteger(batchSize) || batchSize < 1 || batchSize > 1_000_000) {
    throw new DefinitionError("INVALID_PARAMETER", "materialize", { path: ["batchSize"], expected: "an integer from 1 to 1,000,000", actual: received(batchSize) });
  }
  const names = [...new Set([...Object.keys(group.keys), ...Object.keys(group.features), ...(group.eventTime === undefined ? [] : [group.eventTime])])];
  const { open } = opener(data, names);
  const total = rowsOf(data);
  let [rows, written, stale] = [0, 0, 0];
  for await (const batch of (await open()) as BatchStream) {
    if (!(batch instanceof RecordBatch)) {
      throw new InputError("WRONG_TYPE", "the data to materialize", { expected: "a stream of Arrow record batches", actual: received(batch) });
    }
    const read = writeReader(group, batch, rows);
    for (let from = 0; from < batch.numRows; from += batchSize) {
      if (signal?.aborted === true) throw new AbortedError("materializing was aborted", signal.reason);
      const writes = Array.from({ length: Math.min(batchSize, batch.numRows - from) }, (_, i) => read(from + i));
      const result = await put(store, group, writes);
      rows += writes.length;
      written += result.written;
      stale += result.stale;
      onProgress?.({ rows, written, stale, total });
    }
  }
  return { rows, written, stale };
}

function rowsOf(data: unknown): number | undefined {
  const rows = (data as { numRows?: unknown } | null)?.numRows;
  return typeof rows === "number" ? rows : undefined;
}

async function put(store: OnlineStore, group: FeatureGroup, writes: readonly StoreWrite[]): Promise<{ written: number; stale: number }> {
  try {
    return await store.put(group, writes);
  } catch (error) {
    if (error instanceof SkewlessError) throw error;
    throw new OnlineError("STORE_UNAVAILABLE", `the ${store.kind} store failed: ${error instanceof Error ? error.message : String(error)}`, {}, { cause: error });
  }
}

interface Column {
  readonly name: string;
  readonly input: AnyInputType;
  readonly read: CellReader;
  readonly check: Check;
}

function dataOf(batch: RecordBatch, name: string): Data {
  const at = batch.schema.fields.findIndex((field) => field.name === name);
  const data = batch.data.children[at];
  if (data !== undefined) return data;
  throw new InputError("MISSING_INPUT", "the data lack the column", { column: name, actual: `the columns ${batch.schema.fields.map((field) => field.name).join(", ")}` });
}

/** Rows of a batch as writes; `first` is the number of its first row among all. */
function writeReader(group: FeatureGroup, batch: RecordBatch, first: number): (row: number) => StoreWrite {
  const column = ([name, input]: [string, AnyInputType]): Column => {
    const data = dataOf(batch, name);
    checkColumnType(name, input, data.type as DataType);
    return { name, input, read: cellReader(data, name), check: typeCheck(input) };
  };
  const keys = Object.entries(group.keys).map(column);
  const features = Object.entries(group.features).map(column);
  const eventTime = group.eventTime === undefined ? undefined : eventTimeReader(dataOf(batch, group.eventTime), group.eventTime);
  const valuesOf = (columns: readonly Column[], row: number, nullable: boolean): Record<string, unknown> => {
    const out: Record<string, unknown> = {};
    for (const { name, input, read, check } of columns) {
      const value = read(row);
      if (value === null || value === undefined) {
        if (!nullable || !input.isNullable) throw nullValue(name, first + row);
        out[name] = null;
      } else {
        if (!check(value)) throw wrongValue(name, input, value, first + row);
        out[name] = value;
      }
    }
    return out;
  };
  return (row) => {
    const write = { keys: valuesOf(keys, row, false), values: valuesOf(features, row, true) };
    if (eventTime === undefined) return write;
    const time = eventTime(row);
    if (time === null) throw nullValue(group.eventTime as string, first + row);
    return { ...write, eventTime: time };
  };
}

function nullValue(column: string, row: number): InputError {
  return new InputError("NULL_INPUT", "the value must not be null", { column, row });
}

/** The column's type fits, so the value is out of range (uint64) or text that is no UTF-8. */
function wrongValue(column: string, input: AnyInputType, value: unknown, row: number): InputError {
  const text = typeof value === "string" || Array.isArray(value);
  return new InputError(text ? "INVALID_UTF8" : "OUT_OF_RANGE", text ? "the text is not valid UTF-8" : "the number does not fit the type", {
    column,
    row,
    expected: expectedValue(input),
    ...(text ? {} : { actual: received(value) }),
  });
}

/** Milliseconds since 1970 of a timestamp or date column; finer ones are floored. */
function eventTimeReader(data: Data, column: string): (row: number) => number | null {
  const type = data.type as DataType;
  const read = cellReader(data, column);
  const toMs = (ticks: bigint): number => {
    if (DataType.isDate(type)) return Number(ticks) * (type.unit === 0 ? 86_400_000 : 1);
    switch ((type as Timestamp).unit) {
      case TimeUnit.SECOND:
        return Number(ticks) * 1000;
      case TimeUnit.MILLISECOND:
        return Number(ticks);
      case TimeUnit.MICROSECOND:
        return Number(floorDiv(ticks, 1000n));
      default:
        return Number(floorDiv(ticks, 1_000_000n));
    }
  };
  if (!DataType.isDate(type) && !DataType.isTimestamp(type)) {
    throw new InputError("SCHEMA_MISMATCH", "the column of the event time", { column, expected: "timestamps or dates", actual: String(type) });
  }
  return (row) => {
    const ticks = read(row) as bigint | null;
    return ticks === null ? null : toMs(ticks);
  };
}

function floorDiv(a: bigint, b: bigint): bigint {
  return a >= 0n || a % b === 0n ? a / b : a / b - 1n;
}
