import { AbortedError, ModelError, received } from "../errors.js";
import type { Backend, ModelFile, RunAsyncOptions, RunOptions } from "./backend.js";
import { checkAsyncTerms, checkCallOptions } from "./call-options.js";
import { inputTensors, type ScorerInput } from "./input-tensors.js";
import { modelBytes, modelBytesSync, modelPath, readModelBytes, type ModelSource } from "./load-model.js";
import { nativeSessionOptions, type SessionOptions } from "./onnxruntime/session-options.js";
import { openBackend } from "./open-backend.js";
import { RowPath } from "./row-path.js";
import type { ModelValue, TensorInfo } from "./tensor.js";

export interface ScorerOptions {
  /** What runs the model. "auto" (the default): our own kernels where they can, else ONNX Runtime. */
  readonly backend?: "auto" | "compiled" | "onnxruntime";
  /** Path of ONNX Runtime's shared library; by default SKEWLESS_ONNXRUNTIME, else that of the package onnxruntime-node. */
  readonly library?: string;
  /** Options of ONNX Runtime's session. */
  readonly session?: SessionOptions;
  /** Folder of the other files of an ONNX model that is given as bytes. */
  readonly externalDataPath?: string;
}

/** Outputs by name. */
export type Scores = Readonly<Record<string, ModelValue>>;

export interface ScorerBackend {
  readonly name: "compiled" | "onnxruntime";
  /** Why this one. */
  readonly reason: string;
  /** Of ONNX Runtime. */
  readonly version?: string;
}

/**
 * A model in this process. It belongs to its thread; load one in each worker. `close()` frees its native memory at
 * once, garbage collection at some time.
 */
export class Scorer implements Disposable {
  readonly backend: ScorerBackend;
  readonly format: ModelFile["format"];
  readonly inputs: readonly TensorInfo[];
  readonly outputs: readonly TensorInfo[];
  /** ONNX metadata_props, XGBoost attributes, LightGBM parameters. */
  readonly metadata: ReadonlyMap<string, string>;
  /** Names of the input's columns, where the file has them. */
  readonly featureNames: readonly string[] | undefined;
  readonly #file: ModelFile;
  readonly #backend: Backend;
  #row: RowPath | undefined;
  #closed = false;

  private constructor(file: ModelFile, backend: Backend, reason: string) {
    this.#file = file;
    this.#backend = backend;
    this.backend = Object.freeze({ name: backend.kind, reason, ...(backend.version === undefined ? {} : { version: backend.version }) });
    this.format = file.format;
    this.inputs = Object.freeze(backend.inputs.map(declared));
    this.outputs = Object.freeze(backend.outputs.map(declared));
    this.metadata = file.metadata;
    this.featureNames = file.featureNames;
    this.#row = RowPath.of(backend);
  }

  /**
   * Loads an ONNX, XGBoost (model.json, model.ubj) or LightGBM (model.txt) model; the file's content tells which.
   * INVALID_MODEL, UNSUPPORTED_MODEL, RUNTIME_NOT_FOUND, INVALID_PARAMETER.
   */
  static async load(source: ModelSource, options: ScorerOptions = {}): Promise<Scorer> {
    return Scorer.#open(source, await modelBytes(source), options);
  }

  /** The same; the file is read before it returns. */
  static loadSync(source: ModelSource, options: ScorerOptions = {}): Scorer {
    return Scorer.#open(source, modelBytesSync(source), options);
  }

  static #open(source: ModelSource, bytes: Uint8Array, options: ScorerOptions): Scorer {
    checkOptions(options);
    const path = modelPath(source);
    const file = readModelBytes(bytes, path, options.externalDataPath);
    const { backend, reason } = openBackend(file, { ...options, path: file.format === "onnx" ? path : undefined });
    try {
      return new Scorer(file, backend, reason);
    } catch (error) {
      backend.close();
      throw error;
    }
  }

  /**
   * Scores now, on this thread. A Float32Array is one row, or several of the model's width; an array of arrays is
   * rows; a model with several inputs takes an object of them. Tensors come back with the type and shape that the model
   * gives, what ZipMap makes as a list of maps, one a row.
   *
   * WRONG_SHAPE, WRONG_TYPE, MISSING_INPUT, RUNTIME_ERROR, CLOSED; DeadlineExceeded with `deadlineMicros`.
   */
  score(input: ScorerInput, options?: RunOptions): Scores {
    const row = this.#row;
    let deadlineMicros: number | undefined;
    if (options !== undefined) {
      checkCallOptions(options, RUN_OPTIONS, ModelError);
      ({ deadlineMicros } = options);
      if (deadlineMicros !== undefined) checkDeadline(deadlineMicros);
    }
    if (row !== undefined && input instanceof Float32Array && input.length === row.width) return row.score(input, deadlineMicros);
    this.#checkOpen();
    return this.#named(this.#backend.run(inputTensors(input, this.inputs), options));
  }

  /**
   * The same off the event loop, in native threads; for large batches. Where the model keeps rows apart it runs over
   * ranges of rows, side by side with `threads`, telling `onProgress`. The input must not be written meanwhile.
   * Aborting `signal` rejects with ABORTED.
   */
  async scoreAsync(input: ScorerInput, options: RunAsyncOptions = {}): Promise<Scores> {
    this.#checkOpen();
    checkCallOptions(options, ASYNC_OPTIONS, ModelError);
    checkAsyncTerms(options, ModelError);
    const { threads = 1, signal } = options;
    if (!Number.isInteger(threads) || threads < 1 || threads > 256) {
      throw new ModelError("INVALID_PARAMETER", "not a number of threads", { path: ["threads"], expected: "an integer from 1 to 256", actual: received(threads) });
    }
    if (signal?.aborted === true) throw new AbortedError("the run was aborted", signal.reason);
    return this.#named(await this.#backend.runAsync(inputTensors(input, this.inputs), options));
  }

  /** @internal What runs the model, for the predictor. */
  get internals(): Backend {
    this.#checkOpen();
    return this.#backend;
  }

  /** The model as ONNX; for an ONNX file its own bytes. */
  toOnnx(): Uint8Array {
    return this.#file.toOnnx();
  }

  /** Frees native memory; runs under way end first or go on by themselves. May be called again. */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#row = undefined;
    this.#backend.close();
  }

  [Symbol.dispose](): void {
    this.close();
  }

  #checkOpen(): void {
    if (this.#closed) throw new ModelError("CLOSED", "the scorer is closed");
  }

  #named(values: readonly ModelValue[]): Scores {
    // Without a prototype: an output may be named "__proto__".
    const out = Object.create(null) as Record<string, ModelValue>;
    for (const [i, info] of this.outputs.entries()) out[info.name] = values[i] as ModelValue;
    return out;
  }
}

/** Without what a backend keeps about it. */
function declared({ name, type, dims, map }: TensorInfo): TensorInfo {
  return Object.freeze({ name, type, dims: Object.freeze([...dims]), ...(map === undefined ? {} : { map }) });
}

function checkDeadline(micros: number): void {
  if (typeof micros !== "number" || !(micros > 0) || micros > 1e12) {
    throw new ModelError("INVALID_PARAMETER", "not a deadline", { path: ["deadlineMicros"], expected: "microseconds, more than 0 and at most 1e12", actual: received(micros) });
  }
}

const RUN_OPTIONS = ["deadlineMicros"] as const;
const ASYNC_OPTIONS = ["threads", "signal", "onProgress"] as const;
const OPTIONS = new Set(["backend", "library", "session", "externalDataPath"]);

function checkOptions(options: unknown): void {
  if (typeof options !== "object" || options === null) {
    throw new ModelError("INVALID_PARAMETER", "not options", { expected: "an object", actual: received(options) });
  }
  for (const key of Object.keys(options)) {
    if (!OPTIONS.has(key)) throw new ModelError("INVALID_PARAMETER", "not an option of a scorer", { path: [key], expected: [...OPTIONS].join(", ") });
  }
  const { externalDataPath, session } = options as { externalDataPath?: unknown; session?: SessionOptions };
  // Also where the model turns out to need no session.
  nativeSessionOptions(session);
  if (externalDataPath !== undefined && (typeof externalDataPath !== "string" || externalDataPath === "")) {
    throw new ModelError("INVALID_PARAMETER", "not a folder", { path: ["externalDataPath"], expected: "a path", actual: received(externalDataPath) });
  }
}
