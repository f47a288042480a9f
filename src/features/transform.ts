import type { Expr } from "../expr/expr.js";
import type { DataType, KernelType } from "../types/data-type.js";
import type { Json } from "../plan/json.js";

/**
 * One model-dependent transformation: how its options are checked, how it is fitted on a stream, and the
 * expressions that apply what was fitted. One file of src/features/fitted/ each, listed in its index.
 */
export interface FittedTransform<Options extends object, State extends StateObject> {
  /** The method's name, scikit-learn's in camelCase. */
  readonly name: string;
  /** Raised when the same data would give another state, or the same state other outputs. */
  readonly version: number;
  /** Types of the column that it takes. */
  readonly accepts: readonly KernelType[];
  /** Type of its one output; float64 where left out. */
  result?(type: DataType, options: Options): DataType;
  /** Defaults filled in and everything checked; throws a DefinitionError with the option's path. */
  options(given: Readonly<Record<string, unknown>>, type: DataType): Options;
  begin(options: Options, type: DataType): Accumulator<State>;
  /** The fitted transformation as expressions over its argument. */
  lower(x: Expr, state: State, options: Options): Lowered;
  /** The state in rows of a table: statistic and value. */
  describe(state: State): readonly (readonly [statistic: string, value: StateValue])[];
}

/** What is saved: numbers (any float64), text, null, and arrays and objects of them. */
export type StateValue = number | bigint | string | boolean | null | readonly StateValue[] | StateObject;
export interface StateObject {
  readonly [key: string]: StateValue;
}

/** One expression; or one a column, which ends a chain. */
export type Lowered = Expr | readonly LoweredColumn[];
export interface LoweredColumn {
  /** The column is named `<feature>_<suffix>`; null gives it the feature's own name. */
  readonly suffix: string | null;
  readonly expr: Expr;
}

/** Gathers a state from batches in any split; merging two equals having seen both's rows. */
export interface Accumulator<State> {
  update(column: FitColumn): void;
  merge(other: this): void;
  /** The state; throws a FitError when the data do not allow one. */
  finish(): State;
}

/** A batch of a column's values while fitting. Which views may be read depends on the column's type. */
export interface FitColumn {
  readonly length: number;
  readonly type: DataType;
  readonly nullCount: number;
  /** Bit `row` set: present. Undefined where no row is null: look once, not at every row. */
  readonly validity: Uint8Array | undefined;
  /** Slow: for messages and rare rows. */
  isNull(row: number): boolean;
  /** float64 values; unspecified where null. */
  readonly numbers: Float64Array;
  /** int64 values, and timestamps' ticks. */
  readonly integers: BigInt64Array;
  /** The same 64-bit values as pairs of words in the machine's order: keys without a bigint a row. */
  readonly words: Int32Array;
  /** UTF-8 bytes of all rows; row i has those from offsets[i] to offsets[i + 1]. For bool, a bit a row. */
  readonly bytes: Uint8Array;
  readonly offsets: Int32Array;
}

/** @internal Any transformation, in the registry. */
export type AnyTransform = FittedTransform<object, StateObject>;

const registry = new Map<string, AnyTransform>();

/** Adds a transformation to those that specs may name. A file of fitted/ calls it once. */
export function defineTransform<Options extends object, State extends StateObject>(
  transform: FittedTransform<Options, State>,
): FittedTransform<Options, State> {
  if (registry.has(transform.name)) throw new Error(`the transformation ${transform.name} is defined twice`);
  registry.set(transform.name, transform as unknown as AnyTransform);
  return transform;
}

export function findTransform(name: string): AnyTransform | undefined {
  return registry.get(name);
}

export function transformNames(): string[] {
  return [...registry.keys()];
}

/** A state as JSON with exact float64 and int64: `{"$f": "NaN"}` and `{"$i": "…"}` where JSON numbers cannot. */
export function stateToJson(value: StateValue): Json {
  if (typeof value === "bigint") return { $i: String(value) };
  if (typeof value === "number") {
    return Number.isFinite(value) && !Object.is(value, -0) ? value : { $f: Object.is(value, -0) ? "-0" : String(value) };
  }
  if (Array.isArray(value)) return value.map((item) => stateToJson(item as StateValue));
  if (typeof value === "object" && value !== null) {
    return Object.fromEntries(Object.entries(value as StateObject).map(([key, item]) => [key, stateToJson(item)]));
  }
  return value as Json;
}

export function stateFromJson(json: unknown): StateValue {
  if (Array.isArray(json)) return json.map(stateFromJson);
  if (typeof json === "object" && json !== null) {
    const entries = Object.entries(json);
    const [key, text] = entries[0] ?? [];
    if (entries.length === 1 && key === "$i" && typeof text === "string" && /^-?\d+$/.test(text)) return BigInt(text);
    if (entries.length === 1 && key === "$f" && typeof text === "string") return text === "-0" ? -0 : Number(text);
    return Object.fromEntries(entries.map(([name, item]) => [name, stateFromJson(item)]));
  }
  if (typeof json === "number" || typeof json === "string" || typeof json === "boolean") return json;
  return null;
}
