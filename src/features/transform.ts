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
  /** What fitting reads instead of the argument: needed for lists, which are no column of a batch. */
  fitInput?(x: Expr, options: Options): Expr;
  /** `type` is that of the columns that `update` gets: the argument's, or that of `fitInput`. */
  begin(options: Options, type: DataType): Accumulator<State>;
  /** The fitted transformation as expressions over its argument. */
  lower(x: Expr, state: State, options: Options): Lowered;
  /** The state in rows of a table: statistic and value. */
  describe(state: State, options: Options): readonly (readonly [statistic: string, value: StateValue])[];
}

/**
 * A transformation of several arguments: columns that are fitted together, or a column and its target. Nothing
 * that `lower` leaves unused is an input of the plan, so a target is read in fitting only.
 */
export interface ColumnsTransform<Options extends object, State extends StateObject> {
  readonly name: string;
  readonly version: number;
  /** What fitting reads instead of the arguments. */
  fitInputs?(xs: readonly Expr[], options: Options): readonly Expr[];
  begin(options: Options, types: readonly DataType[]): ColumnsAccumulator<State>;
  lower(xs: readonly Expr[], state: State, options: Options): Lowered;
  describe(state: State, options: Options): readonly (readonly [statistic: string, value: StateValue])[];
  /** Whether `fitTransform` learns a state of its own for each fold of the training rows. */
  readonly crossFit?: boolean;
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
export interface Accumulator<State> extends Mergeable<State> {
  update(column: FitColumn): void;
}

/** The same over several columns of equal length. */
export interface ColumnsAccumulator<State> extends Mergeable<State> {
  update(columns: readonly FitColumn[]): void;
}

interface Mergeable<State> {
  /** Leaves the other as it is. */
  merge(other: this): void;
  /** The state; throws a FitError when the data do not allow one. Changes nothing that a later call would see. */
  finish(): State;
  /** What was gathered, for a fresh accumulator's `restore`: in another process, say. */
  save?(): StateValue;
  restore?(saved: StateValue): void;
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

/** @internal Any transformation as the fitting sees it, one argument or several. */
export type AnyTransform = ColumnsTransform<object, StateObject>;

const registry = new Map<string, AnyTransform>();
const singles = new Map<string, FittedTransform<object, StateObject>>();

/** Adds a transformation to those that specs may name. A file of fitted/ calls it once. */
export function defineTransform<Options extends object, State extends StateObject>(
  transform: FittedTransform<Options, State>,
): FittedTransform<Options, State> {
  const { name, version } = transform;
  defineColumnsTransform<Options, State>({
    name,
    version,
    fitInputs: ([x], options) => [transform.fitInput?.(x as Expr, options) ?? (x as Expr)],
    begin: (options, [type]) => new OneColumn(transform.begin(options, type as DataType)),
    lower: ([x], state, options) => transform.lower(x as Expr, state, options),
    describe: (state, options) => transform.describe(state, options),
  });
  singles.set(name, transform as unknown as FittedTransform<object, StateObject>);
  return transform;
}

/** The same for a transformation of several arguments. */
export function defineColumnsTransform<Options extends object, State extends StateObject>(
  transform: ColumnsTransform<Options, State>,
): ColumnsTransform<Options, State> {
  if (registry.has(transform.name)) throw new Error(`the transformation ${transform.name} is defined twice`);
  registry.set(transform.name, transform as unknown as AnyTransform);
  return transform;
}

class OneColumn<State> implements ColumnsAccumulator<State> {
  readonly #one: Accumulator<State>;

  constructor(one: Accumulator<State>) {
    this.#one = one;
  }

  update([column]: readonly FitColumn[]): void {
    this.#one.update(column as FitColumn);
  }

  merge(other: this): void {
    this.#one.merge(other.#one);
  }

  finish(): State {
    return this.#one.finish();
  }

  save(): StateValue {
    return this.#one.save?.() ?? null;
  }

  restore(saved: StateValue): void {
    this.#one.restore?.(saved);
  }

  get portable(): boolean {
    return this.#one.save !== undefined;
  }
}

/** Whether what an accumulator gathered can be written down. */
export function isPortable(accumulator: ColumnsAccumulator<StateObject>): boolean {
  return accumulator instanceof OneColumn ? accumulator.portable : accumulator.save !== undefined;
}

/** A transformation as the fitting sees it. */
export function findAnyTransform(name: string): AnyTransform | undefined {
  return registry.get(name);
}

/** A transformation of one argument, as its file defines it. */
export function findTransform(name: string): FittedTransform<object, StateObject> | undefined {
  return singles.get(name);
}

/** The transformations of one argument. */
export function transformNames(): string[] {
  return [...singles.keys()];
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
