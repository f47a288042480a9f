import type { BatchStream } from "../../engine/engine.js";
import { DefinitionError, InputError, received } from "../../errors.js";
import type { FittedFeatures } from "../../features/fitted-features.js";
import type { Inputs, RowOf } from "../../features/inputs.js";
import type { ModelSource } from "../load-model.js";
import type { Scorer, ScorerOptions } from "../scorer.js";
import type { Fallback } from "./fallback.js";
import type { Key } from "./lru.js";
import type { BadInputOptions } from "./policies.js";
import type { InputStatistics } from "./statistics.js";

export interface PredictorOptions<I extends Inputs = Inputs> {
  /** Fitted features, or the path of a saved spec. Left out: the spec that `attachTo` stored in the ONNX model. */
  readonly features?: FittedFeatures<I> | string;
  /** A model file's path or bytes (ONNX, XGBoost, LightGBM), or a Scorer, which stays the caller's to close. */
  readonly model: ModelSource | Scorer;
  /** How a model given by path or bytes is loaded. */
  readonly scorer?: ScorerOptions;
  /** Microseconds from the start of a `predict` call until which the answer must be there; none by default. */
  readonly deadlineMicros?: number;
  /** What answers where the model does not: by the deadline, at all, or because the row is bad. */
  readonly fallback?: Fallback<RowOf<I>>;
  /** The model's output that is the prediction; its first one by default. */
  readonly output?: string;
  /** What is done about missing and invalid input; the fallback or else an error by default. */
  readonly onBadInput?: BadInputOptions<I>;
  /** Statistics for policies, where no fitted transformation has them: `await inputStatistics(features.inputs, data)`. */
  readonly statistics?: InputStatistics;
  /** Most keys whose last valid values are remembered, the most recently used; 10,000 by default. */
  readonly lastKnownCapacity?: number;
  /** Compare the names of the model's columns with the features' names; true by default. */
  readonly checkNames?: boolean;
  /** Instruction set of the features' batch kernels; the widest by default. */
  readonly isa?: string;
}

/** The terms of one call. */
export interface PredictOptions {
  /** Instead of the predictor's; counted from the call's start. */
  readonly deadlineMicros?: number;
  /** Whom the row is about: for last answers and last known values. */
  readonly key?: Key;
  /** Say in `inputs` where each value came from; false by default. */
  readonly explainInputs?: boolean;
}

export interface PredictManyOptions {
  /** Of the whole list. By default each row has the predictor's, from when its turn begins. */
  readonly deadlineMicros?: number;
  /** A key for each row. */
  readonly keys?: readonly (Key | undefined)[];
  readonly explainInputs?: boolean;
}

export interface PredictTableOptions {
  /** Native threads of the features; 1 by default. */
  readonly threads?: number;
  /** Name of the prediction's column; "prediction" by default. Several targets: `<name>_0`, `<name>_1` and so on. */
  readonly predictionColumn?: string;
  /** Beginning of the names of the classes' columns; "probability" by default: `probability_<class>`. */
  readonly probabilityColumn?: string;
}

export interface PredictAsyncOptions extends PredictTableOptions {
  readonly signal?: AbortSignal;
  /** Called with the rows done and, of a table, the rows in all. */
  readonly onProgress?: (rows: number, total: number | undefined) => void;
}

export type PredictStream = BatchStream;

const OPTIONS = ["features", "model", "scorer", "deadlineMicros", "fallback", "output", "onBadInput", "statistics", "lastKnownCapacity", "checkNames", "isa"];
const LONGEST_MICROS = 3.6e9;

/** Refuses what no option is: a misspelt one must not pass silently. */
export function checkOptions(options: unknown): void {
  if (typeof options !== "object" || options === null) {
    throw new DefinitionError("INVALID_PARAMETER", "Predictor.load", { expected: "an object of options", actual: received(options) });
  }
  for (const key of Object.keys(options)) {
    if (!OPTIONS.includes(key)) throw new DefinitionError("INVALID_PARAMETER", `Predictor.load has no option ${JSON.stringify(key)}`, { expected: OPTIONS.join(", ") });
  }
  const { deadlineMicros, output, checkNames } = options as PredictorOptions;
  if (deadlineMicros !== undefined && !isDeadline(deadlineMicros)) throw new DefinitionError(...deadlineFacts(deadlineMicros));
  if (output !== undefined && typeof output !== "string") {
    throw new DefinitionError("INVALID_PARAMETER", "an output", { path: ["output"], expected: "a name", actual: received(output) });
  }
  if (checkNames !== undefined && typeof checkNames !== "boolean") {
    throw new DefinitionError("INVALID_PARAMETER", "whether to check names", { path: ["checkNames"], expected: "a boolean", actual: received(checkNames) });
  }
}

function isDeadline(value: unknown): value is number {
  return typeof value === "number" && value > 0 && value <= LONGEST_MICROS;
}

function deadlineFacts(value: unknown): ["INVALID_PARAMETER", string, { path: string[]; expected: string; actual: string }] {
  return ["INVALID_PARAMETER", "a deadline", { path: ["deadlineMicros"], expected: "microseconds above 0, at most an hour", actual: received(value) }];
}

/** A call's deadline; 0 for none. */
export function checkDeadline(value: unknown): number {
  if (isDeadline(value)) return value;
  throw new InputError(...deadlineFacts(value));
}

export function checkKey(key: unknown): Key | undefined {
  if (key === undefined || typeof key === "string" || typeof key === "number" || typeof key === "bigint") return key;
  throw new InputError("WRONG_TYPE", "a key", { path: ["key"], expected: "a string, number or bigint", actual: received(key) });
}

export function checkThreads(threads: unknown): number {
  if (threads === undefined) return 1;
  if (Number.isSafeInteger(threads) && (threads as number) >= 1 && (threads as number) <= 256) return threads as number;
  throw new InputError("INVALID_PARAMETER", "threads", { path: ["threads"], expected: "an integer from 1 to 256", actual: received(threads) });
}

export function columnName(value: unknown, option: "predictionColumn" | "probabilityColumn", usual: string): string {
  if (value === undefined) return usual;
  if (typeof value === "string" && value.isWellFormed()) return value;
  throw new InputError("INVALID_PARAMETER", "a column's name", { path: [option], expected: "a string", actual: received(value) });
}
