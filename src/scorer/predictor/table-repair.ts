import { Dictionary, DataType as ArrowType, makeData, RecordBatch, Schema, Struct, Utf8, Vector, vectorFromArray, Field, type Data } from "apache-arrow";
import { InputError, received } from "../../errors.js";
import { dateTicks } from "../../expr/literal.js";
import type { AnyInputType } from "../../types/input-type.js";
import { withoutKey, type InputRule } from "./policies.js";
import type { BadReason, StatsRecorder } from "./stats.js";

/** What is put into a cell; null clears it. */
type Substitute = (reason: BadReason, row: number, value: unknown) => unknown;

/**
 * Applies the policies on bad input to the columns of a batch; a column without a bad cell is not copied. Null counts as
 * missing, and what breaks a rule as invalid. A table has no keys: `lastKnown` takes its `otherwise`. It has no fallbacks
 * either: such a cell is an error.
 */
export class TableRepair {
  readonly #rules: readonly InputRule[];
  readonly #stats: StatsRecorder;

  constructor(rules: readonly InputRule[], stats: StatsRecorder) {
    // Nulls of other columns are the engine's own error.
    this.#rules = rules.filter((rule) => rule.check !== undefined || (rule.nullIsMissing && (rule.input.isNullable || !isRefusal(rule, "missing"))));
    this.#stats = stats;
  }

  /** `firstRow` is the batch's first row in the stream. */
  repair(batch: RecordBatch, firstRow: number): RecordBatch {
    if (this.#rules.length === 0) return batch;
    let children: Data[] | undefined;
    let fields: Field[] | undefined;
    for (const rule of this.#rules) {
      const at = batch.schema.fields.findIndex((field: Field) => field.name === rule.name);
      const data = batch.data.children[at] as Data | undefined;
      if (data === undefined) continue;
      const repaired = this.#column(data, rule, firstRow);
      if (repaired === data) continue;
      children ??= [...batch.data.children] as Data[];
      fields ??= [...batch.schema.fields] as Field[];
      children[at] = repaired;
      fields[at] = new Field(rule.name, repaired.type as ArrowType, true);
    }
    if (children === undefined || fields === undefined) return batch;
    return new RecordBatch(new Schema(fields), makeData({ type: new Struct(fields), length: batch.numRows, nullCount: 0, children }));
  }

  #column(data: Data, rule: InputRule, firstRow: number): Data {
    const nulls = rule.nullIsMissing && data.nullCount > 0;
    if (!nulls && rule.check === undefined) return data;
    const substitute: Substitute = (reason, row, value) => {
      const action = withoutKey(rule[reason]);
      this.#stats.badInput(rule.index, reason, action.policy);
      switch (action.policy) {
        case "null":
          return null;
        case "default":
        case "statistic":
          return action.value;
        default:
          throw refusal(rule, reason, firstRow + row, value);
      }
    };
    const numbers = isPlainNumbers(data.type as ArrowType);
    return numbers ? repairNumbers(data, rule, substitute) : repairValues(data, rule, substitute);
  }
}

function isRefusal(rule: InputRule, reason: BadReason): boolean {
  const { policy } = withoutKey(rule[reason]);
  return policy === "error" || policy === "fallback";
}

function refusal(rule: InputRule, reason: BadReason, row: number, value: unknown): InputError {
  return reason === "missing"
    ? new InputError("NULL_INPUT", "null counts as missing here", { column: rule.name, row, fix: "Give a value, or a policy that replaces it" })
    : new InputError("OUT_OF_RANGE", "the value breaks the input's rule", {
        column: rule.name,
        row,
        expected: rule.expected,
        actual: received(value),
        fix: "Give another value, or a policy that replaces it",
      });
}

/** Types whose values are one number each in a typed array, times as ticks. */
function isPlainNumbers(type: ArrowType): boolean {
  return ArrowType.isInt(type) || ArrowType.isTimestamp(type) || ArrowType.isDate(type) || (ArrowType.isFloat(type) && type.precision !== 0);
}

/** The value of a policy as a number of the column: ticks for times. */
function asNumber(value: unknown, input: AnyInputType): number | bigint {
  if (!(value instanceof Date)) return value as number | bigint;
  const unit = input.type.kind === "timestamp" ? input.type.unit : "ms";
  if (unit === "d") return Math.floor(value.getTime() / 86_400_000);
  return dateTicks(value, unit) ?? 0;
}

function repairNumbers(data: Data, rule: InputRule, substitute: Substitute): Data {
  const values = data.values as Float64Array | BigInt64Array;
  const hasNulls = data.nullCount > 0;
  let copy: Float64Array | BigInt64Array | undefined;
  let bitmap: Uint8Array | undefined;
  let nullCount = data.nullCount;
  for (let r = 0; r < data.length; r++) {
    const isNull = hasNulls && !data.getValid(r);
    const value = values[r] as number | bigint;
    const reason = isNull ? (rule.nullIsMissing ? "missing" : undefined) : rule.check?.(value) === false ? "invalid" : undefined;
    if (reason === undefined) continue;
    const replacement = substitute(reason, r, isNull ? null : value);
    copy ??= values.slice(0, data.length) as Float64Array;
    bitmap ??= bitmapOf(data);
    if (replacement === null) {
      if (!isNull) nullCount++;
      bitmap[r >> 3] = (bitmap[r >> 3] as number) & ~(1 << (r & 7));
      continue;
    }
    if (isNull) nullCount--;
    bitmap[r >> 3] = (bitmap[r >> 3] as number) | (1 << (r & 7));
    const number = asNumber(replacement, rule.input);
    if (copy instanceof BigInt64Array || (copy as unknown) instanceof BigUint64Array) (copy as BigInt64Array)[r] = BigInt(number);
    else copy[r] = Number(number);
  }
  if (copy === undefined) return data;
  return makeData({ type: data.type as never, length: data.length, nullCount, nullBitmap: nullCount > 0 ? bitmap : undefined, data: copy as never }) as Data;
}

/** The validity of the rows, from bit 0. */
function bitmapOf(data: Data): Uint8Array {
  const out = new Uint8Array((data.length + 7) >> 3);
  for (let r = 0; r < data.length; r++) if (data.getValid(r)) out[r >> 3] = (out[r >> 3] as number) | (1 << (r & 7));
  return out;
}

/** Text, booleans, lists: the column is built anew from its values, if one of them is bad. */
function repairValues(data: Data, rule: InputRule, substitute: Substitute): Data {
  const vector = new Vector([data]);
  const valueAt = (i: number): unknown => {
    const value: unknown = vector.get(i);
    return value instanceof Vector ? ([...value] as unknown[]) : value;
  };
  let out: unknown[] | undefined;
  for (let r = 0; r < data.length; r++) {
    const value = valueAt(r);
    const reason = value === null ? (rule.nullIsMissing ? "missing" : undefined) : rule.check?.(value) === false ? "invalid" : undefined;
    if (reason === undefined) continue;
    out ??= Array.from({ length: data.length }, (_, i) => valueAt(i));
    out[r] = substitute(reason, r, value);
  }
  if (out === undefined) return data;
  const type = data.type as ArrowType;
  return vectorFromArray(out, type instanceof Dictionary ? new Utf8() : type).data[0] as Data;
}
