import { createRequire } from "node:module";
import { existsSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { AddonError } from "./errors.js";

/** The only file that loads the add-on; the types below are the whole of its interface. */

declare const PLAN: unique symbol;
/** A compiled plan; opaque, type-tagged on the native side. */
export interface NativePlan {
  readonly [PLAN]: true;
}

/** Byte offsets into the exchange buffer (native/exec/exchange.h describes it). */
export interface ExchangeLayout {
  readonly rows: number;
  readonly rowBytes: number;
  /** Of the state bytes inside a row. */
  readonly states: number;
  readonly vector: number;
  readonly values: number;
  readonly outputStates: number;
}

export interface NativeRowRunner {
  readonly exchange: ArrayBuffer;
  readonly layout: ExchangeLayout;
  /** Computes row 0 with row kernels; false: the header tells why. */
  readonly runVector: () => boolean;
  readonly runValues: () => boolean;
  /** Computes the first rows with batch kernels. */
  readonly runRows: (count: number) => boolean;
  readonly setHeap: (heap: ArrayBuffer) => void;
  readonly text: (output: number) => string;
}

/** The most rows that an exchange buffer may hold (native kChunkRows). */
export const EXCHANGE_ROWS = 1024;

/** An Arrow array by its buffers (native/exec/arrow_column.h). */
export interface NativeColumn {
  readonly type: number;
  readonly offset: number;
  readonly length: number;
  /** Bitmap, read from bit `validityOffset`; the other buffers start at element `offset` (bool: bit). */
  readonly validity?: Uint8Array | undefined;
  readonly validityOffset: number;
  readonly values?: NodeJS.TypedArray | undefined;
  readonly offsets?: NodeJS.TypedArray | undefined;
  readonly indexType?: number;
  readonly listSize?: number;
  readonly child?: NativeColumn;
}

export interface NativeOutput {
  readonly data: ArrayBuffer;
  readonly validity: ArrayBuffer | null;
  readonly nullCount: number;
  readonly text?: ArrayBuffer;
}

export interface NativeFailure {
  readonly row: number;
  readonly aborted: boolean;
  readonly input: number;
  readonly output: number;
  readonly node: number;
  readonly outcome: number;
  readonly code?: string;
  readonly message?: string;
}

export interface NativeBatchResult {
  readonly failure?: NativeFailure;
  readonly outputs?: readonly NativeOutput[];
}

export interface NativeBatchOptions {
  readonly threads: number;
  readonly matrix?: Float32Array;
  readonly firstRow?: number;
}

declare const ROW_MODEL: unique symbol;
/** A model that scores one vector at a time; opaque, type-tagged on the native side. */
export interface NativeRowModelHandle {
  readonly [ROW_MODEL]: true;
}

/** A row model and its memory (native/score/row_model.h): the float32 input vector at byte 0, then the outputs. */
export interface NativeRowModel {
  readonly handle: NativeRowModelHandle;
  readonly block: ArrayBuffer;
  readonly width: number;
  /** `element`: 0 float32, 1 float64, 2 int64 (labels that are text: their index). */
  readonly outputs: readonly {
    readonly element: number;
    readonly width: number;
    readonly offset: number;
    /** Of one row, where the model's declaration does not tell (ONNX Runtime). */
    readonly dims?: readonly number[];
  }[];
}

/** The functions of a row model (native/addon/row_model_functions.cc); they give a RowStatus (native/score/row_model.h). */
export interface NativeRowModelFunctions {
  readonly run: () => number;
  readonly runWithin: (microseconds: number) => number;
  /** Of the last run that failed. */
  readonly message: () => string;
}

// ---- compiled models (native/addon/compiled_model.cc)

declare const MODEL: unique symbol;
/** A compiled model; opaque, type-tagged on the native side. */
export interface NativeModel {
  readonly [MODEL]: true;
}

/** An input's elements: the typed array of its tensor type, or texts one after the other (element i: offsets i to i + 1). */
export type NativeTensor = NodeJS.TypedArray | { readonly bytes: Uint8Array; readonly offsets: Uint32Array };

export interface NativeModelOptions {
  readonly threads: number;
  readonly deadlineMicros?: number | undefined;
}

export interface NativeModelResult {
  readonly failure?: {
    readonly row: number;
    readonly aborted: boolean;
    readonly deadlineExceeded: boolean;
    readonly code?: string;
    readonly message: string;
  };
  /** Row-major elements; labels that are text as int32 indices. */
  readonly outputs?: readonly ArrayBuffer[];
}

export interface CompiledModelAddon {
  /** Decodes and checks what encodeModel wrote. */
  compileModel(bytes: Uint8Array, isa: string): NativeModel;
  modelRun(model: NativeModel, inputs: readonly NativeTensor[], rows: number, options: NativeModelOptions): NativeModelResult;
  /** `control`: [abort, rows done in units of 16]. */
  modelRunAsync(model: NativeModel, inputs: readonly NativeTensor[], rows: number, options: NativeModelOptions, control: Int32Array): Promise<NativeModelResult>;
  /** Of a model with one float32 input. */
  modelRowModel(model: NativeModel): NativeRowModel;
  /** Row models made of it answer status 3 from then on. */
  modelClose(model: NativeModel): void;
}

// ---- ONNX Runtime (native/addon/onnxruntime.cc)

declare const ORT_LIBRARY: unique symbol;
export interface NativeOrtLibrary {
  readonly [ORT_LIBRARY]: true;
}
declare const ORT_SESSION: unique symbol;
export interface NativeOrtSessionHandle {
  readonly [ORT_SESSION]: true;
}

/** ONNX Runtime's numbers, src/scorer/onnxruntime/session-options.ts makes them. */
export interface NativeOrtOptions {
  readonly intraOpThreads: number;
  readonly interOpThreads: number;
  readonly parallel: boolean;
  readonly graphOptimization: number;
  readonly logSeverity: number;
  readonly logVerbosity: number;
  readonly logId: string;
  readonly enableCpuMemArena: boolean;
  readonly enableMemPattern: boolean;
  readonly optimizedModelPath: string;
  readonly profilePrefix: string;
  /** Name, size, name, size, … */
  readonly freeDimensions: readonly (string | number)[];
  /** Key, value, key, value, … */
  readonly config: readonly string[];
}

export interface NativeOrtValueInfo {
  readonly name: string;
  /** ONNXType: 1 tensor, 2 sequence, 3 map, 4 opaque, 5 sparse tensor, 6 optional. */
  readonly kind: number;
  /** TensorProto.DataType of a tensor's elements. */
  readonly type: number;
  readonly dims: readonly (number | string | null)[];
}

export interface NativeOrtSession {
  readonly handle: NativeOrtSessionHandle;
  readonly inputs: readonly NativeOrtValueInfo[];
  readonly outputs: readonly NativeOrtValueInfo[];
}

export interface NativeOrtTensor {
  /** TensorProto.DataType. */
  readonly type: number;
  readonly dims: readonly number[];
  readonly data: NodeJS.TypedArray | readonly string[];
}
export interface NativeOrtResult {
  readonly type: number;
  readonly dims: readonly number[];
  readonly data: ArrayBuffer | readonly string[];
}

interface OnnxRuntimeAddon {
  rowModelFunctions(model: NativeRowModelHandle): NativeRowModelFunctions;
  /** Loads the library at a path, once a process. */
  ortLibrary(path: string): { readonly handle: NativeOrtLibrary; readonly version: string };
  ortSession(library: NativeOrtLibrary, model: string | Uint8Array, options: NativeOrtOptions): NativeOrtSession;
  /** `deadlineMicros` 0: none. */
  ortRun(session: NativeOrtSessionHandle, inputs: readonly NativeOrtTensor[], deadlineMicros: number): readonly NativeOrtResult[];
  /** `chunkRows` 0: one run. `rowsDone` counts rows; in shared memory. */
  ortRunAsync(
    session: NativeOrtSessionHandle,
    inputs: readonly NativeOrtTensor[],
    options: { readonly threads: number; readonly chunkRows: number },
    rowsDone: Int32Array,
  ): { readonly promise: Promise<readonly NativeOrtResult[]>; readonly cancel: () => void };
  /** `dims` of one row; `labels` of each output: what a text may be. */
  ortRowModel(
    session: NativeOrtSessionHandle,
    options: { readonly dims: readonly number[]; readonly controlFlow: boolean; readonly labels: readonly (readonly string[])[] },
  ): NativeRowModel;
  ortClose(session: NativeOrtSessionHandle): void;
}

// ---- predictor (native/addon/predictor.cc)

/** A row runner whose vectors a row model scores in the same call. */
export interface NativePredictor extends NativeRowRunner {
  /** Doubles: the call's terms in, the times of its steps out. */
  readonly control: ArrayBuffer;
  /** Four histograms (native/score/histogram.h): marshal, transform, score, total. */
  readonly stats: ArrayBuffer;
  /** Transforms and scores row 0; 0: the outputs are in the model's block. */
  readonly predict: () => number;
  /** Nanoseconds of the clock that deadlines are of. */
  readonly clock: () => number;
  /** What the model said when `predict` returned 5. */
  readonly message: () => string;
}

interface PredictorAddon {
  predictor(plan: NativePlan, model: NativeRowModelHandle): NativePredictor;
  /** Least nanoseconds of a run of each vector; fewer vectors where `milliseconds` are over. */
  timeModel(model: NativeRowModelHandle, vectors: Float32Array, repeats: number, milliseconds: number): Float64Array;
}

export interface Addon extends CompiledModelAddon, OnnxRuntimeAddon, PredictorAddon {
  catalogue(): string;
  isas(): string[];
  compile(bytes: Uint8Array, isa: string): NativePlan;
  rowRunner(plan: NativePlan, capacity: number): NativeRowRunner;
  batch(plan: NativePlan, columns: readonly (NativeColumn | null)[], rows: number, options: NativeBatchOptions): NativeBatchResult;
  batchAsync(
    plan: NativePlan,
    columns: readonly (NativeColumn | null)[],
    rows: number,
    options: NativeBatchOptions,
    control: Int32Array,
  ): Promise<NativeBatchResult>;
  fitAllFinite(values: Float64Array): boolean;
  /** Copies what is neither null nor NaN to the start of `target`: how many, or -1 - row at an infinite value. */
  fitCopyPresent(values: Float64Array, validity: Uint8Array | null, target: Float64Array): number;
  /** Writes the least and greatest value to `out`; values are not NaN. */
  fitExtremes(values: Float64Array, out: Float64Array): void;
  /** Writes a rough mean to `out`, the sum of squared differences to it and the sum of differences. */
  fitMoments(values: Float64Array, out: Float64Array): void;
  /** Writes the values at `ranks` (ascending) of the sorted order of all chunks to `out`; values are not NaN. */
  fitSelect(chunks: readonly Float64Array[], ranks: Float64Array, out: Float64Array): void;
  /**
   * Adds `weight` to the counts of the texts of rows [row, end) in a table (native/fit/count_texts.h) and returns the
   * first row whose text is not in it, or `end`; `result` gets the null rows passed and that text's hash.
   */
  fitCountTexts(
    offsets: Int32Array,
    bytes: Uint8Array,
    validity: Uint8Array | null,
    row: number,
    end: number,
    weight: number,
    slots: Int32Array,
    hashes: Int32Array,
    starts: Int32Array,
    pool: Uint8Array,
    counts: Float64Array,
    result: Int32Array,
  ): number;
}

/** The package's folder: the nearest one above this file with a package.json that is ours. */
export function packageRoot(): string {
  let folder = dirname(fileURLToPath(import.meta.url));
  for (let depth = 0; depth < 5; depth++) {
    if (existsSync(join(folder, "CMakeLists.txt")) && existsSync(join(folder, "package.json"))) return folder;
    folder = dirname(folder);
  }
  return dirname(dirname(fileURLToPath(import.meta.url)));
}

let loaded: Addon | undefined;

/** The add-on, loaded at first use: from SKEWLESS_ADDON, a local build or the prebuilds in the package. */
export function addon(): Addon {
  if (loaded !== undefined) return loaded;
  const require = createRequire(import.meta.url);
  const root = packageRoot();
  const causes: string[] = [];
  const explicit = process.env["SKEWLESS_ADDON"];
  const attempts: [what: string, load: () => unknown][] =
    explicit !== undefined
      ? [[explicit, () => require(explicit)]]
      : [
          ["build/Release", () => require(join(root, "build", "Release", "skewless.node"))],
          ["prebuilds", () => (require("node-gyp-build") as (folder: string) => unknown)(root)],
        ];
  for (const [what, load] of attempts) {
    try {
      loaded = load() as Addon;
      return loaded;
    } catch (error) {
      causes.push(`${what}: ${error instanceof Error ? (error.message.split("\n")[0] ?? "") : String(error)}`);
    }
  }
  throw new AddonError("ADDON_NOT_FOUND", `the native add-on for ${process.platform}-${process.arch} could not be loaded (${causes.join("; ")})`, {
    fix: "Build it with `npx skewless build` (needs CMake 3.18+ and a C++20 compiler), or point SKEWLESS_ADDON at a skewless.node file",
  });
}

/** The instruction set of batch kernels: SKEWLESS_ISA, else the widest that this machine has. */
export function chosenIsa(wanted = process.env["SKEWLESS_ISA"]): string {
  const available = addon().isas();
  if (wanted === undefined || wanted === "") return available.at(-1) ?? "baseline";
  if (!available.includes(wanted)) {
    throw new AddonError("UNKNOWN_ISA", `instruction set ${JSON.stringify(wanted)}`, {
      expected: `one that this machine has: ${available.join(", ")}`,
      actual: JSON.stringify(wanted),
      fix: "Unset SKEWLESS_ISA to let skewless choose",
    });
  }
  return wanted;
}
