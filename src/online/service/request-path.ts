import { randomUUID } from "node:crypto";
import { AbortedError, DeadlineExceeded, ModelError, OnlineError, received, SkewlessError } from "../../errors.js";
import { now } from "../../scorer/predictor/clock.js";
import type { Key } from "../../scorer/predictor/lru.js";
import type { Assembled } from "../../scorer/predictor/load.js";
import type { AnswerParts, Prediction } from "../../scorer/predictor/prediction.js";
import type { RowPath } from "../../scorer/predictor/row-path.js";
import { isPromise, type Outcomes } from "../view/lookups.js";
import type { OnlineView, Retrieved } from "../view/online-view.js";
import type { MutableRow, RowState } from "../view/row-state.js";
import type { AnyRequest } from "../view/types.js";
import { isMillis, type Budget } from "./budget.js";
import type { InFlight } from "./in-flight.js";
import type { ServiceCallOptions, ServiceManyOptions } from "./options.js";
import type { NameVersion, ServiceFallbackReason, ServicePrediction } from "./prediction.js";
import { asLogError, type RequestLog } from "./request-log.js";
import type { ServiceRecorder } from "./statistics.js";
import { within } from "./within.js";

/** One request under way. */
interface Call {
  /** Of performance.now(). */
  readonly start: number;
  readonly id: string;
  readonly totalMillis: number;
  readonly state: RowState;
}

export interface RequestPathParts {
  readonly view: OnlineView;
  readonly assembled: Assembled;
  readonly budget: Budget;
  readonly log: RequestLog | undefined;
  readonly recorder: ServiceRecorder;
  readonly inFlight: InFlight;
  readonly model: NameVersion;
  readonly viewVersion: NameVersion;
}

const LONGEST_ID = 256;

/** From a request to a logged answer. Where all stores answer at once there is no promise, timer or closure in between. */
export class RequestPath {
  readonly #view: OnlineView;
  readonly #rows: RowPath;
  readonly #fallback: Assembled["fallback"];
  /** Whether the fallback asks for last answers by key. */
  readonly #keyed: boolean;
  readonly #keys: readonly string[];
  readonly #budget: Budget;
  readonly #log: RequestLog | undefined;
  readonly #recorder: ServiceRecorder;
  readonly #inFlight: InFlight;
  readonly #model: NameVersion;
  readonly #viewVersion: NameVersion;
  /** Of the native call that wrote the vector last. */
  #calls = 0;

  constructor({ view, assembled, budget, log, recorder, inFlight, model, viewVersion }: RequestPathParts) {
    this.#view = view;
    this.#rows = assembled.rows;
    this.#fallback = assembled.fallback;
    this.#keyed = assembled.fallback?.remember !== undefined;
    this.#keys = Object.keys(view.fitted.contract.servingKeys);
    this.#budget = budget;
    this.#log = log;
    this.#recorder = recorder;
    this.#inFlight = inFlight;
    this.#model = model;
    this.#viewVersion = viewVersion;
  }

  predict(request: AnyRequest, options: ServiceCallOptions | undefined): ServicePrediction | Promise<ServicePrediction> {
    const start = now();
    this.#recorder.requests++;
    let id: string | undefined;
    try {
      id = requestId(options?.requestId);
      const totalMillis = this.#totalMillis(options?.deadlineMillis);
      checkSignal(options?.signal);
      const state = this.#view.read(request as never, options?.sources === true);
      const call: Call = { start, id, totalMillis, state };
      const outcomes = this.#view.lookUp(state);
      if (isPromise(outcomes)) return this.#later(call, outcomes, options?.signal);
      const answer = this.#answer(call, outcomes, undefined, 0);
      return isPromise(answer) ? this.#waiting(call, answer) : answer;
    } catch (error) {
      throw this.#failed(error, id);
    }
  }

  /** Each request's answer or error; one round trip a store for all. */
  async predictMany(requests: readonly AnyRequest[], { requestIds, sources, deadlineMillis, signal }: ServiceManyOptions): Promise<(ServicePrediction | SkewlessError)[]> {
    const start = now();
    const totalMillis = this.#totalMillis(deadlineMillis);
    checkSignal(signal);
    const ids = requests.map((_, i) => requestId(requestIds?.[i], i));
    this.#recorder.requests += requests.length;
    const out = new Array<ServicePrediction | SkewlessError>(requests.length);
    const calls: Call[] = [];
    const places: number[] = [];
    for (const [i, request] of requests.entries()) {
      const id = ids[i] as string;
      try {
        calls.push({ start, id, totalMillis, state: this.#view.read(request as never, sources === true) });
        places.push(i);
      } catch (error) {
        out[i] = this.#failed(error, id);
      }
    }
    this.#inFlight.enter();
    try {
      const lookups = this.#view.lookUpMany(calls.map(({ state }) => state));
      const outcomes = isPromise(lookups.outcomes) ? await this.#inTime(lookups.outcomes, start, totalMillis, signal) : lookups.outcomes;
      for (const [k, call] of calls.entries()) {
        const at = places[k] as number;
        try {
          const answer = this.#answer(call, outcomes, lookups.places, k);
          out[at] = isPromise(answer) ? await answer : answer;
        } catch (error) {
          out[at] = this.#failed(error, call.id);
        }
      }
      return out;
    } catch (error) {
      // The signal: the requests that were not answered end with it.
      for (const { id } of calls) this.#failed(error, id);
      throw error;
    } finally {
      this.#inFlight.leave();
    }
  }

  /** A request's row, for its vector alone. */
  retrieve(request: AnyRequest, sources: boolean, start: number, { deadlineMillis = Infinity, signal }: Pick<ServiceCallOptions, "deadlineMillis" | "signal">): Retrieved | Promise<Retrieved> {
    const state = this.#view.read(request as never, sources);
    const merge = (outcomes: Outcomes): Retrieved => {
      const retrieved = this.#view.merge(state, outcomes);
      this.#recorder.lookup.record((now() - start) * 1e6);
      return retrieved;
    };
    const outcomes = this.#view.lookUp(state);
    return isPromise(outcomes) ? this.#inTime(outcomes, start, deadlineMillis, signal).then(merge) : merge(outcomes);
  }

  #totalMillis(deadline: number | undefined): number {
    if (deadline === undefined) return this.#budget.total;
    if (!isMillis(deadline)) {
      throw new OnlineError("INVALID_PARAMETER", "a call's options", { path: ["deadlineMillis"], expected: "milliseconds above 0, at most an hour", actual: received(deadline) });
    }
    return Math.min(deadline, this.#budget.total);
  }

  #later(call: Call, outcomes: Promise<Outcomes>, signal: AbortSignal | undefined): Promise<ServicePrediction> {
    return this.#waiting(
      call,
      this.#inTime(outcomes, call.start, call.totalMillis, signal).then((rows) => this.#answer(call, rows, undefined, 0)),
    );
  }

  /** A request that waits is under way until its promise is settled. */
  async #waiting(call: Call, answer: Promise<ServicePrediction>): Promise<ServicePrediction> {
    this.#inFlight.enter();
    try {
      return await answer;
    } catch (error) {
      throw this.#failed(error, call.id);
    } finally {
      this.#inFlight.leave();
    }
  }

  /** The stores' answers, or when their time is up their failure. */
  #inTime(outcomes: Promise<Outcomes>, start: number, totalMillis: number, signal: AbortSignal | undefined): Promise<Outcomes> {
    const millis = Math.min(this.#budget.lookup, totalMillis - this.#budget.log);
    const late = (): Outcomes => this.#view.failedLookups(new OnlineError("STORE_TIMEOUT", `the store did not answer within the request's ${millis} ms`));
    return within(outcomes, millis - (now() - start), late, signal);
  }

  #answer(call: Call, outcomes: Outcomes, places: readonly Int32Array[] | undefined, at: number): ServicePrediction | Promise<ServicePrediction> {
    const { state } = call;
    let answer: ServicePrediction;
    let vector: Float32Array | undefined;
    let failure: unknown;
    try {
      this.#view.merge(state, outcomes, places, at);
    } catch (error) {
      failure = error;
    }
    const looked = now();
    this.#recorder.lookup.record((looked - call.start) * 1e6);
    if (failure !== undefined) answer = this.#instead(call, failure);
    else {
      const serial = ++this.#calls;
      const prediction = this.#score(call, looked);
      answer = this.#answerOf(call, prediction, prediction.reason);
      // A fallback may have asked this service itself, and so written over the vector.
      if (this.#log !== undefined && prediction.reason !== "bad-input") vector = serial === this.#calls ? this.#rows.vector : this.#view.vector(state.row);
    }
    if (this.#log === undefined) return this.#end(call, answer, now());
    return this.#logged(this.#log, call, answer, vector);
  }

  #score(call: Call, looked: number): Prediction {
    const left = Math.min(this.#budget.compute, call.totalMillis - this.#budget.log - (looked - call.start));
    const { row } = call.state;
    const terms = { start: looked, deadlineMicros: left === Infinity ? 0 : left * 1e3, key: this.#keyed ? this.#keyOf(row) : undefined, explain: false };
    // Without time for the model the row still becomes a vector, for fallbacks and the log: the native call finds out.
    if (left <= 0) terms.deadlineMicros = 1e-3;
    if (left <= 0 && this.#fallback === undefined) {
      throw new DeadlineExceeded("the lookup left no time for the model", { expected: `an answer within ${call.totalMillis} ms`, fix: "Give more time, or the option fallback" });
    }
    const prediction = this.#rows.predict(row, terms);
    this.#recorder.transform.record(this.#rows.transformNanos);
    return prediction;
  }

  /** The fallback's answer to a request whose features could not be had, or their error. */
  #instead(call: Call, error: unknown): ServicePrediction {
    const reason = reasonOf(error);
    if (reason === undefined || this.#fallback === undefined) throw error;
    const { row } = call.state;
    const answer = this.#fallback.answer({ row, reason, key: this.#keyed ? this.#keyOf(row) : undefined, vector: undefined });
    if (answer === undefined) throw error;
    return this.#answerOf(call, answer, reason);
  }

  #answerOf({ id, state }: Call, { prediction, probabilities, classes }: AnswerParts, reason: ServiceFallbackReason | undefined): ServicePrediction {
    return {
      requestId: id,
      prediction,
      probabilities,
      classes,
      fallback: reason !== undefined,
      reason,
      sources: state.sources,
      model: this.#model,
      view: this.#viewVersion,
    } as ServicePrediction;
  }

  #logged(log: RequestLog, call: Call, answer: ServicePrediction, vector: Float32Array | undefined): ServicePrediction | Promise<ServicePrediction> {
    const scored = now();
    let taken: boolean | Promise<boolean> = false;
    try {
      taken = log.append({ time: Date.now() - (scored - call.start), row: call.state.row, vector, answer });
      if (isPromise(taken)) return this.#whenLogged(call, answer, taken, scored);
      if (!taken) this.#recorder.notLogged++;
    } catch (error) {
      this.#notLogged(error, call.id);
    }
    const end = now();
    this.#recorder.log.record((end - scored) * 1e6);
    return this.#end(call, answer, end);
  }

  /** The policy "block" waits for room, within the request's time. */
  async #whenLogged(call: Call, answer: ServicePrediction, taken: Promise<boolean>, scored: number): Promise<ServicePrediction> {
    try {
      const left = call.totalMillis - (scored - call.start);
      const millis = this.#budget.log > 0 ? Math.min(this.#budget.log, left) : left;
      await within(taken, millis, () => {
        throw new OnlineError("LOG_FULL", `the log's queue is full, and no room came within the request's ${millis.toFixed(1)} ms`, { fix: "Raise queueRows or budget.logMillis" });
      });
    } catch (error) {
      this.#notLogged(error, call.id);
    }
    const end = now();
    this.#recorder.log.record((end - scored) * 1e6);
    return this.#end(call, answer, end);
  }

  /** Counts an answer that is about to be given. */
  #end({ start }: Call, answer: ServicePrediction, end: number): ServicePrediction {
    const recorder = this.#recorder;
    recorder.total.record((end - start) * 1e6);
    if (answer.fallback) recorder.fallback(answer.reason);
    else recorder.predictions++;
    return answer;
  }

  /** Only a full queue under the policy "block" fails the request. */
  #notLogged(cause: unknown, id: string): void {
    const error = asLogError(cause);
    this.#recorder.notLogged++;
    if (error.code === "LOG_FULL") throw error;
    this.#recorder.remember(error, id);
  }

  #failed(cause: unknown, id: string | undefined): SkewlessError {
    const error = cause instanceof SkewlessError ? cause : new ModelError("RUNTIME_ERROR", `the fallback failed: ${cause instanceof Error ? cause.message : String(cause)}`, {}, { cause });
    this.#recorder.error(error, id);
    return error;
  }

  /** Whom the row is about, for last answers. */
  #keyOf(row: MutableRow): Key | undefined {
    const [first] = this.#keys;
    if (first === undefined) return undefined;
    if (this.#keys.length === 1) return textOf(row[first]);
    return this.#keys.map((name) => textOf(row[name])).map((text) => `${text.length}:${text}`).join("|");
  }
}

function textOf(value: unknown): string {
  return value instanceof Date ? value.toISOString() : String(value);
}

function requestId(given: unknown, request?: number): string {
  if (given === undefined) return randomUUID();
  if (typeof given === "string" && given.length > 0 && given.length <= LONGEST_ID) return given;
  const path = request === undefined ? ["requestId"] : ["requestIds", request];
  throw new OnlineError("INVALID_REQUEST", "the request's id", { path, expected: `text of 1 to ${LONGEST_ID} characters`, actual: received(given) });
}

function checkSignal(signal: AbortSignal | undefined): void {
  if (signal?.aborted === true) throw new AbortedError("the request was aborted", signal.reason);
}

/** Why a fallback may answer; undefined for what only the caller can mend. */
function reasonOf(error: unknown): ServiceFallbackReason | undefined {
  if (error instanceof DeadlineExceeded) return "deadline";
  if (!(error instanceof SkewlessError)) return undefined;
  switch (error.code) {
    case "STORE_TIMEOUT":
      return "deadline";
    case "STORE_UNAVAILABLE":
    case "STORE_CORRUPT":
    case "CLOSED":
      return "store";
    case "MISSING_FEATURE":
    case "LATE_FEATURE":
    case "INVALID_FEATURE":
      return "bad-input";
    default:
      return undefined;
  }
}
