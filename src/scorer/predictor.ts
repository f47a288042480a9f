import { RecordBatch, Table } from "apache-arrow";
import type { RowObject } from "../engine/row-engine.js";
import { DefinitionError, InputError, ModelError, received, SkewlessError } from "../errors.js";
import type { FittedFeatures } from "../features/fitted-features.js";
import type { Inputs, RowOf } from "../features/inputs.js";
import type { BatchPath } from "./predictor/batch-path.js";
import { now } from "./predictor/clock.js";
import { checkAsyncTerms, checkCallOptions } from "./call-options.js";
import { refuseShortDeadline, type PredictorCost } from "./predictor/cost.js";
import { assemble, type Assembled } from "./predictor/load.js";
import { checkDeadline, checkKey, type PredictAsyncOptions, type PredictManyOptions, type PredictOptions, type PredictorOptions, type PredictStream, type PredictTableOptions } from "./predictor/options.js";
import type { Prediction } from "./predictor/prediction.js";
import type { RowPath } from "./predictor/row-path.js";
import type { PredictorStats } from "./predictor/stats.js";
import type { Scorer } from "./scorer.js";

/**
 * Fitted features and a model: a row object to a prediction in one native call, with a bounded time, a fallback and
 * policies on bad data. Belongs to its thread.
 */
export class Predictor<I extends Inputs = Inputs> {
  readonly features: FittedFeatures<I>;
  /** What a call is known to take, in microseconds, measured at load. */
  readonly cost: PredictorCost;
  readonly #assembled: Assembled;
  readonly #rows: RowPath;
  readonly #batches: BatchPath;
  readonly #deadline: number;
  #closed = false;

  private constructor(features: FittedFeatures<I>, assembled: Assembled) {
    this.features = features;
    this.cost = assembled.cost;
    this.#assembled = assembled;
    this.#rows = assembled.rows;
    this.#batches = assembled.batches;
    this.#deadline = assembled.deadlineMicros;
  }

  /**
   * Loads features and model and checks that they belong together: fingerprint, number, names and order of the features.
   * Measures what a call takes, some 100 ms, and refuses a deadline that is shorter (DEADLINE_TOO_SHORT).
   */
  static async load<I extends Inputs>(options: PredictorOptions<I>): Promise<Predictor<I>> {
    const { features, ...assembled } = await assemble(options);
    return new Predictor<I>(features as FittedFeatures<I>, assembled);
  }

  /** @internal The parts, for the predictor service. */
  get internals(): Assembled {
    return this.#assembled;
  }

  /** Names of the features, in the model's order. */
  get names(): readonly string[] {
    return this.features.names;
  }

  /** What runs the model, and why. */
  get backend(): Scorer["backend"] {
    return this.#assembled.scorer.backend;
  }

  /**
   * The model's answer to one row. With a deadline it is there by then or it is the fallback's; without a fallback
   * DeadlineExceeded. An answer that comes too late is not given. Bad input: InputError, a replaced value or the fallback,
   * as `onBadInput` says.
   */
  predict(row: RowOf<I>, options?: PredictOptions): Prediction {
    const start = now();
    if (this.#closed) throw closed();
    if (options === undefined) {
      return this.#rows.predict(row as RowObject, { start, deadlineMicros: this.#deadline, key: undefined, explain: false });
    }
    checkCallOptions(options, PREDICT_OPTIONS, InputError);
    const { deadlineMicros, key, explainInputs } = options;
    return this.#rows.predict(row as RowObject, {
      start,
      deadlineMicros: deadlineMicros === undefined ? this.#deadline : this.#checkDeadline(deadlineMicros),
      key: checkKey(key),
      explain: explainInputs === true,
    });
  }

  #checkDeadline(given: unknown): number {
    const deadline = checkDeadline(given);
    const { fallback, compiled, reserveMicros } = this.#assembled;
    // A fallback answers in time what the model cannot.
    if (fallback === undefined) refuseShortDeadline(deadline, this.cost, reserveMicros, compiled);
    return deadline;
  }

  /**
   * Several rows one after the other, the same bits as `predict`. An error names the row. A deadline given here is for the
   * whole list: rows that it leaves no time for are the fallback's.
   */
  predictMany(rows: readonly RowOf<I>[], options: PredictManyOptions = {}): Prediction[] {
    const begin = now();
    if (this.#closed) throw closed();
    if (!Array.isArray(rows)) throw new InputError("WRONG_TYPE", "not a list of rows", { expected: "an array of row objects", actual: received(rows), fix: "Use predict() for one row" });
    checkCallOptions(options, MANY_OPTIONS, InputError);
    const { keys, explainInputs } = options;
    if (keys !== undefined && (!Array.isArray(keys) || keys.length !== rows.length)) {
      throw new InputError("WRONG_SHAPE", "the keys", { path: ["keys"], expected: `an array of ${rows.length}`, actual: received(keys) });
    }
    const whole = options.deadlineMicros === undefined ? undefined : this.#checkDeadline(options.deadlineMicros);
    const explain = explainInputs === true;
    const out = new Array<Prediction>(rows.length);
    for (let r = 0; r < rows.length; r++) {
      const row = rows[r] as RowObject;
      try {
        const start = r === 0 ? begin : now();
        const left = whole === undefined ? this.#deadline : whole - (start - begin) * 1e3;
        const call = { start, deadlineMicros: left, key: checkKey(keys?.[r]), explain };
        out[r] = whole !== undefined && left <= 0 ? this.#rows.tooLate(row, call) : this.#rows.predict(row, call);
      } catch (error) {
        throw ofRow(error, r);
      }
    }
    return out;
  }

  /**
   * Every row of a table or batch: the same with prediction columns behind its own, which are not copied. Deadlines and
   * fallbacks are not for tables; bad cells are replaced as `onBadInput` says, or an InputError names row and column.
   */
  predictTable(table: Table, options?: PredictTableOptions): Table;
  predictTable(batch: RecordBatch, options?: PredictTableOptions): RecordBatch;
  predictTable(data: Table | RecordBatch, options: PredictTableOptions = {}): Table | RecordBatch {
    if (this.#closed) throw closed();
    if (!(data instanceof Table) && !(data instanceof RecordBatch)) {
      throw new InputError("WRONG_TYPE", "not columnar data", { expected: "an Arrow Table or a RecordBatch", actual: received(data), fix: "Use predictMany() for row objects" });
    }
    checkCallOptions(options, TABLE_OPTIONS, InputError);
    return this.#batches.table(data, options);
  }

  /** As `predictTable`, a record batch at a time and off the event loop. */
  async *predictAsync(data: PredictStream | Table | RecordBatch, options: PredictAsyncOptions = {}): AsyncGenerator<RecordBatch> {
    if (this.#closed) throw closed();
    checkCallOptions(options, STREAM_OPTIONS, InputError);
    checkAsyncTerms(options, InputError);
    yield* this.#batches.stream(data, options);
  }

  /** What was done since the predictor was loaded or its statistics were reset; a copy. */
  stats(): PredictorStats {
    return this.#assembled.stats.snapshot();
  }

  resetStats(): void {
    this.#assembled.stats.reset();
  }

  /** Frees the model, unless it was given as a Scorer. Calls after it throw CLOSED. May be called again. */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    if (this.#assembled.ownsScorer) this.#assembled.scorer.close();
  }

  [Symbol.dispose](): void {
    this.close();
  }
}

const PREDICT_OPTIONS = ["deadlineMicros", "key", "explainInputs"] as const;
const MANY_OPTIONS = ["deadlineMicros", "keys", "explainInputs"] as const;
const TABLE_OPTIONS = ["threads", "predictionColumn", "probabilityColumn"] as const;
const STREAM_OPTIONS = [...TABLE_OPTIONS, "signal", "onProgress"] as const;

function closed(): ModelError {
  return new ModelError("CLOSED", "the predictor was closed", { fix: "Load it again" });
}

/** The same error, naming the row of a list. */
function ofRow(error: unknown, row: number): unknown {
  return error instanceof SkewlessError && !(error instanceof DefinitionError) ? error.with({ row }) : error;
}
