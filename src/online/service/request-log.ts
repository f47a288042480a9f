import { InputError, OnlineError, SkewlessError } from "../../errors.js";
import type { PredictionValue } from "../../scorer/predictor/prediction.js";
import { chooseOutputs, classesOf } from "../../scorer/predictor/model-outputs.js";
import type { Scorer } from "../../scorer/scorer.js";
import { createFeatureLog, FeatureLog } from "../log/feature-log.js";
import type { LogRecord } from "../log/encoder.js";
import { arrowSchema, logDefinition, type LogSchema } from "../log/schema.js";
import type { OnlineView } from "../view/online-view.js";
import type { MutableRow } from "../view/row-state.js";
import { featureColumns, LOGGED_FEATURES, type FeatureColumns } from "./logged-features.js";
import { fail, type PredictorServiceOptions } from "./options.js";
import type { NameVersion, ServicePrediction } from "./prediction.js";

type LoggedPrediction = number | bigint | string | null;

interface Outputs {
  readonly prediction: NonNullable<LogSchema["prediction"]>;
  readonly probabilities: LogSchema["probabilities"];
  readonly classes: readonly string[] | undefined;
  /** Several targets, which the log holds where a classifier's scores would be. */
  readonly targets: boolean;
}

const ELEMENTS = ["float32", "float64", "int64"] as const;

function outputsOf(scorer: Scorer, output: string | undefined, width: number): Outputs {
  const backend = scorer.internals;
  const rowModel = backend.rowModel() ?? backend.rowModel(width);
  const chosen = chooseOutputs(backend, output);
  const native = rowModel?.outputs[chosen.prediction];
  const element = ELEMENTS[native?.element ?? 0] ?? "float32";
  const prediction = backend.outputs[chosen.prediction]?.type === "string" ? "utf8" : element;
  const targets = (native?.width ?? 1) > 1 && chosen.probabilities === undefined && (element === "float32" || element === "float64");
  const classes = rowModel === undefined ? undefined : classesOf(backend, rowModel, chosen)?.map(String);
  return { prediction, probabilities: chosen.probabilities !== undefined ? "float32" : targets ? (element as "float32") : undefined, classes, targets };
}

/** A fallback's answer may be of another kind than the model's: what the column cannot hold is null. */
function asLogged(value: PredictionValue, type: Outputs["prediction"]): LoggedPrediction {
  if (typeof value === "object") return null;
  if (type === "utf8") return String(value);
  if (typeof value === "string") return null;
  if (type !== "int64") return Number(value);
  if (typeof value === "bigint") return BigInt.asIntN(64, value) === value ? value : null;
  return Number.isSafeInteger(value) ? value : null;
}

/** What is logged of an answer. */
export interface LogEntry {
  /** Of the request: milliseconds since 1970. */
  readonly time: number;
  readonly row: MutableRow;
  /** Valid until the call returns. */
  readonly vector: Float32Array | undefined;
  readonly answer: ServicePrediction;
}

/** Makes records of answers and appends them to a log. */
export class RequestLog {
  readonly log: FeatureLog;
  readonly owned: boolean;
  readonly #columns: FeatureColumns;
  readonly #outputs: Outputs;

  private constructor(log: FeatureLog, owned: boolean, columns: FeatureColumns, outputs: Outputs) {
    this.log = log;
    this.owned = owned;
    this.#columns = columns;
    this.#outputs = outputs;
  }

  static open(options: PredictorServiceOptions, view: OnlineView, scorer: Scorer, model: NameVersion): RequestLog | undefined {
    const { log, logFeatures = "all", output } = options;
    if (!LOGGED_FEATURES.includes(logFeatures)) fail(["logFeatures"], LOGGED_FEATURES.map((name) => JSON.stringify(name)).join(", "), logFeatures);
    if (log === undefined) return undefined;
    const columns = featureColumns(view, logFeatures);
    const outputs = outputsOf(scorer, output, view.names.length);
    const { fitted } = view;
    const schema: LogSchema = {
      view: { name: fitted.name, version: fitted.version },
      model,
      fingerprint: fitted.fingerprint,
      keys: fitted.contract.servingKeys,
      untransformed: columns.types,
      transformed: view.names,
      prediction: outputs.prediction,
      ...(outputs.probabilities === undefined ? {} : { probabilities: outputs.probabilities }),
      ...(outputs.classes === undefined ? {} : { classes: outputs.classes }),
    };
    if (!(log instanceof FeatureLog)) return new RequestLog(createFeatureLog({ ...log, schema }), true, columns, outputs);
    checkColumns(log, schema);
    return new RequestLog(log, false, columns, outputs);
  }

  /**
   * Whether the log took the record; a promise where its policy "block" has to wait for room. Throws what the log throws:
   * an InputError for a record that does not fit, LOG_FULL.
   */
  append({ time, row, vector, answer }: LogEntry): boolean | Promise<boolean> {
    const { prediction, probabilities, fallback, reason, model } = answer;
    const { prediction: type, targets } = this.#outputs;
    const isTargets = targets && (prediction instanceof Float32Array || prediction instanceof Float64Array);
    const record: { -readonly [Key in keyof LogRecord]: LogRecord[Key] } = {
      time,
      requestId: answer.requestId,
      keys: row,
      // A fallback's row lacks what could not be looked up; functions may fail on it.
      untransformed: fallback ? this.#ofFallback(row) : this.#columns.values(row),
      transformed: vector ?? null,
      prediction: asLogged(prediction, type),
      probabilities: isTargets ? prediction : this.#outputs.probabilities === undefined ? null : (probabilities ?? null),
      modelName: model.name,
      modelVersion: model.version,
      fallback,
      fallbackReason: reason ?? null,
    };
    const taken = this.log.offer(record);
    // The vector's memory is the next request's; the record is read later.
    if (typeof taken !== "boolean" && vector !== undefined) record.transformed = vector.slice();
    return taken;
  }

  #ofFallback(row: MutableRow): Readonly<Record<string, unknown>> {
    try {
      return this.#columns.values(row);
    } catch (error) {
      if (error instanceof InputError) return row;
      throw error;
    }
  }

  /** Writes what was appended; a log of the service's own is closed. */
  async end(): Promise<void> {
    if (this.owned) await this.log.close();
    else await this.log.flush();
  }
}

export function asLogError(error: unknown): SkewlessError {
  if (error instanceof SkewlessError) return error;
  return new OnlineError("INVALID_LOG", `the answer could not be logged: ${error instanceof Error ? error.message : String(error)}`, {}, { cause: error });
}

/** A caller's log must have the columns that the service fills. */
function checkColumns(log: FeatureLog, schema: LogSchema): void {
  for (const { name, type } of arrowSchema(logDefinition(schema)).fields) {
    const own = log.schema.fields.find((field) => field.name === name);
    if (own === undefined || String(own.type) !== String(type)) fail(["log", "schema", name], `a column of ${String(type)}`, own === undefined ? undefined : String(own.type));
  }
}
