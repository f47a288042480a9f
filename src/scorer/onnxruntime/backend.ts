import { dirname, resolve } from "node:path";
import { AbortedError, DeadlineExceeded, ModelError, SkewlessError, type ErrorCode } from "../../errors.js";
import { addon, type NativeOrtSession, type NativeOrtValueInfo, type NativeRowModel } from "../../native.js";
import type { Backend, RunAsyncOptions, RunOptions } from "../backend.js";
import type { ModelValue, Tensor, TensorInfo } from "../tensor.js";
import { zipMaps } from "../zip-maps.js";
import { readGraph, type ModelGraph } from "./graph.js";
import { loadLibrary, type OnnxRuntimeLibrary } from "./library.js";
import { nativeSessionOptions, type SessionOptions } from "./session-options.js";
import { fromNative, tensorType, toNative } from "./tensors.js";

export interface OnnxRuntimeOptions {
  /** Path of ONNX Runtime's shared library; that of the package onnxruntime-node by default. */
  readonly library?: string | undefined;
  readonly session?: SessionOptions | undefined;
  /** Where the bytes came from: the folder of external data. */
  readonly path?: string | undefined;
  /** The folder of external data of a model that is given as bytes. */
  readonly externalDataPath?: string | undefined;
}

const TENSOR = 1;
const KINDS = ["", "a tensor", "a sequence", "a map", "an opaque value", "a sparse tensor", "an optional value"];

/** Bytes of input that a range of rows has in `runAsync`: a run costs microseconds, progress and abort wait for one. */
const CHUNK_BYTES = 1 << 20;
const LEAST_CHUNK = 64;

/** Errors of the add-on carry a code; `fallback` for those of ONNX Runtime itself. */
function translate(error: unknown): unknown {
  if (error instanceof SkewlessError || !(error instanceof Error)) return error;
  const { code } = error as { code?: ErrorCode };
  if (code === undefined) return error;
  if (code === "DEADLINE_EXCEEDED") return new DeadlineExceeded(error.message, {}, { cause: error });
  return new ModelError(code, error.message, {}, { cause: error });
}

function translated<T>(body: () => T): T {
  try {
    return body();
  } catch (error) {
    throw translate(error);
  }
}

function describe(info: NativeOrtValueInfo, what: "input" | "output", graph: ModelGraph | undefined): TensorInfo {
  const where = `${what} ${JSON.stringify(info.name)}`;
  if (info.kind !== TENSOR) throw new ModelError("UNSUPPORTED_MODEL", `${where} is ${KINDS[info.kind] ?? "of an unknown kind"}`, { expected: "tensors, or what ZipMap makes of one" });
  const keys = what === "output" ? graph?.maps.get(info.name) : undefined;
  const type = tensorType(info.type, where);
  if (keys === undefined) return Object.freeze({ name: info.name, type, dims: Object.freeze([...info.dims]) });
  const dims = info.dims.length > 0 ? info.dims : [null, keys.length];
  return Object.freeze({ name: info.name, type, dims: Object.freeze([...dims]), map: Object.freeze({ keys: Object.freeze([...keys]) }) });
}

/** A session of ONNX Runtime. Operators that it lacks give UNSUPPORTED_MODEL with its message. */
export class OnnxRuntimeBackend implements Backend {
  readonly kind = "onnxruntime";
  readonly version: string;
  readonly inputs: readonly TensorInfo[];
  readonly outputs: readonly TensorInfo[];
  readonly #session: NativeOrtSession;
  readonly #graph: ModelGraph;
  readonly #rowModels = new Map<number, NativeRowModel | undefined>();
  #closed = false;

  constructor(library: OnnxRuntimeLibrary, session: NativeOrtSession, graph: ModelGraph) {
    this.version = library.version;
    this.#session = session;
    this.#graph = graph;
    this.inputs = Object.freeze(session.inputs.map((info) => describe(info, "input", graph)));
    this.outputs = Object.freeze(session.outputs.map((info) => describe(info, "output", graph)));
  }

  #values(results: ReturnType<ReturnType<typeof addon>["ortRun"]>): readonly ModelValue[] {
    return results.map((result, i) => {
      const info = this.outputs[i] as TensorInfo;
      const tensor = fromNative(result, info.name);
      return info.map === undefined ? tensor : zipMaps(tensor as Tensor<"float32">, info.map.keys);
    });
  }

  run(inputs: readonly Tensor[], { deadlineMicros = 0 }: RunOptions = {}): readonly ModelValue[] {
    return translated(() => this.#values(addon().ortRun(this.#session.handle, inputs.map(toNative), deadlineMicros)));
  }

  /** Ranges of rows where the model keeps rows apart: then `onProgress` tells of each, else of the end only. */
  async runAsync(inputs: readonly Tensor[], { threads = 1, signal, onProgress }: RunAsyncOptions = {}): Promise<readonly ModelValue[]> {
    if (signal?.aborted === true) throw new AbortedError("the run was aborted", signal.reason);
    const total = inputs[0]?.dims[0] ?? 1;
    const rowsDone = new Int32Array(new SharedArrayBuffer(4));
    const { promise, cancel } = translated(() =>
      addon().ortRunAsync(this.#session.handle, inputs.map(toNative).map(steady), { threads, chunkRows: this.#chunkRows(inputs, threads) }, rowsDone),
    );
    const timer =
      onProgress === undefined
        ? undefined
        : setInterval(() => {
            const done = Math.min(Atomics.load(rowsDone, 0), total);
            if (done > 0 && done < total) onProgress(done, total);
          }, 80);
    signal?.addEventListener("abort", cancel, { once: true });
    try {
      const values = this.#values(await promise);
      onProgress?.(total, total);
      return values;
    } catch (error) {
      if ((signal as AbortSignal | undefined)?.aborted === true) throw new AbortedError("the run was aborted", signal?.reason);
      throw translate(error);
    } finally {
      clearInterval(timer);
      signal?.removeEventListener("abort", cancel);
    }
  }

  #chunkRows(inputs: readonly Tensor[], threads: number): number {
    const rows = inputs[0]?.dims[0];
    if (!this.#graph.rowWise || rows === undefined || inputs.some(({ dims }) => dims[0] !== rows)) return 0;
    const bytes = inputs.reduce((sum, { data }) => sum + ("byteLength" in data ? data.byteLength : 16 * data.length), 0);
    const fitting = Math.floor(CHUNK_BYTES / Math.max(1, bytes / rows));
    const chunk = Math.max(LEAST_CHUNK, Math.min(fitting, Math.ceil(rows / threads)));
    return chunk < rows ? chunk : 0;
  }

  rowModel(width?: number): NativeRowModel | undefined {
    const dims = this.#rowDims(width);
    if (dims === undefined) return undefined;
    const key = dims.reduce((product, size) => product * size, 1);
    if (!this.#rowModels.has(key)) this.#rowModels.set(key, this.#makeRowModel(dims));
    return this.#rowModels.get(key);
  }

  /** Sizes of the input for one row; undefined where they are not all known. */
  #rowDims(width: number | undefined): number[] | undefined {
    const [input, ...others] = this.inputs;
    if (input?.type !== "float32" || others.length > 0 || input.dims.length === 0) return undefined;
    const free = input.dims.filter((size, axis) => typeof size !== "number" && (axis > 0 || input.dims.length === 1)).length;
    if (free > 1 || (free === 1 && width === undefined)) return undefined;
    const known = input.dims.slice(1).reduce<number>((product, size) => product * (typeof size === "number" ? size : 1), 1);
    const dims = input.dims.map((size, axis) => {
      if (axis === 0 && input.dims.length > 1) return typeof size === "number" ? size : 1;
      return typeof size === "number" ? size : (width ?? 0) / (input.dims.length === 1 ? 1 : known);
    });
    const all = dims.reduce((product, size) => product * size, 1);
    if ((input.dims.length > 1 && dims[0] !== 1) || dims.some((size) => !Number.isInteger(size) || size < 1)) return undefined;
    return width !== undefined && all !== width ? undefined : dims;
  }

  #makeRowModel(dims: readonly number[]): NativeRowModel | undefined {
    if (this.#closed) throw new ModelError("CLOSED", "the scorer is closed");
    // A text that the model does not list has no index.
    if (this.outputs.some(({ name, type }) => type === "string" && !this.#graph.labels.has(name))) return undefined;
    try {
      return addon().ortRowModel(this.#session.handle, { dims, controlFlow: this.#graph.controlFlow, labels: this.outputs.map(({ name }) => this.#graph.labels.get(name) ?? []) });
    } catch (error) {
      // A model may refuse the row of zeros on which it is tried and run others.
      if ((error as { code?: unknown }).code === "RUNTIME_ERROR" || (error as { code?: unknown }).code === "UNSUPPORTED_MODEL") return undefined;
      throw translate(error);
    }
  }

  labels(output: number): readonly string[] | undefined {
    return this.#graph.labels.get(this.outputs[output]?.name ?? "");
  }

  /** Text only: int64 labels come as they are, and some models' are not what the classifier's node lists. */
  classes(output: number): readonly string[] | undefined {
    return this.labels(output);
  }

  close(): void {
    this.#closed = true;
    this.#rowModels.clear();
    addon().ortClose(this.#session.handle);
  }
}

/** Memory that JavaScript could shrink or another thread write while a run reads it is copied first. */
function steady(tensor: ReturnType<typeof toNative>): ReturnType<typeof toNative> {
  const { data } = tensor;
  if (!("buffer" in data)) return tensor;
  const buffer = data.buffer as ArrayBufferLike & { readonly resizable?: boolean };
  return buffer.resizable === true || buffer instanceof SharedArrayBuffer ? { ...tensor, data: data.slice() } : tensor;
}

/**
 * Opens a session for an ONNX model's bytes. INVALID_MODEL, UNSUPPORTED_MODEL (an operator that ONNX Runtime lacks),
 * RUNTIME_NOT_FOUND, INVALID_PARAMETER.
 */
export function onnxruntimeBackend(bytes: Uint8Array, options: OnnxRuntimeOptions = {}): OnnxRuntimeBackend {
  const native = nativeSessionOptions(options.session);
  const library = loadLibrary(options.library);
  const graph = readGraph(bytes);
  const folder = options.externalDataPath ?? (options.path === undefined ? undefined : dirname(resolve(options.path)));
  if (graph.external && folder === undefined) {
    throw new ModelError("INVALID_MODEL", "the model keeps weights in other files, and it was given as bytes", {
      fix: "Give its path, or the folder of those files as the option `externalDataPath`",
    });
  }
  const config = graph.external && folder !== undefined ? [...native.config, "session.model_external_initializers_file_folder_path", resolve(folder)] : native.config;
  // ONNX Runtime finds the other files itself beside a path, also versions that do not know the entry.
  const model = graph.external && !graph.edited && options.path !== undefined && options.externalDataPath === undefined ? resolve(options.path) : graph.bytes;
  const session = translated(() => {
    try {
      return addon().ortSession(library.handle, model, { ...native, config: typeof model === "string" ? native.config : config });
    } catch (error) {
      if (!(error instanceof Error) || (error as { code?: unknown }).code === "OUT_OF_MEMORY") throw error;
      throw missingOperator(error) ? new ModelError("UNSUPPORTED_MODEL", error.message, {}, { cause: error }) : error;
    }
  });
  try {
    return new OnnxRuntimeBackend(library, session, graph);
  } catch (error) {
    addon().ortClose(session.handle);
    throw error;
  }
}

/** Its messages for operators, versions and domains that it does not know; their codes are those of broken models. */
function missingOperator(error: Error): boolean {
  return /is not a registered function\/op|No Op registered for|No opset import for domain|NOT_IMPLEMENTED|is under development and support for this is limited|Could not find an implementation/.test(error.message);
}
