import type { NativeRowModel } from "../native.js";
import type { ModelProgram } from "./program.js";
import type { ModelValue, Tensor, TensorInfo } from "./tensor.js";

/** A model file that was read, before anything runs it. */
export interface ModelFile {
  readonly format: "onnx" | "xgboost" | "lightgbm";
  /** The steps for our own kernels, or why there are none. */
  readonly compiled: { readonly program: ModelProgram } | { readonly reason: string };
  /** Metadata that the file carries: ONNX metadata_props, XGBoost attributes, LightGBM parameters. */
  readonly metadata: ReadonlyMap<string, string>;
  /** Names of the input's columns where the file has them. */
  readonly featureNames?: readonly string[] | undefined;
  /** The model as ONNX; for an ONNX file its own bytes. */
  toOnnx(): Uint8Array;
}

export interface RunOptions {
  /** Microseconds from now until which the answer must be there; DeadlineExceeded otherwise. */
  readonly deadlineMicros?: number;
}

export interface RunAsyncOptions {
  /** Native threads; 1 by default. */
  readonly threads?: number;
  readonly signal?: AbortSignal;
  readonly onProgress?: (rows: number, total: number) => void;
}

/** What runs a model: our own kernels or ONNX Runtime. Belongs to one thread of JavaScript. */
export interface Backend {
  readonly kind: "compiled" | "onnxruntime";
  /** Of ONNX Runtime; undefined for compiled models. */
  readonly version?: string | undefined;
  readonly inputs: readonly TensorInfo[];
  readonly outputs: readonly TensorInfo[];
  /** Tensors in the order of `inputs`, their types already checked; the outputs in the order of `outputs`. */
  run(inputs: readonly Tensor[], options?: RunOptions): readonly ModelValue[];
  /** The same off the event loop. */
  runAsync(inputs: readonly Tensor[], options?: RunAsyncOptions): Promise<readonly ModelValue[]>;
  /**
   * The model for one row at a time, made and warmed up at the first call; undefined where the model takes anything but
   * one float32 input of [N, width] or [width] with a known width (or `width` given by the caller for a free one).
   */
  rowModel(width?: number): NativeRowModel | undefined;
  /** The labels that an output of the row model gives the index of; undefined where it gives the values themselves. */
  labels(output: number): readonly string[] | undefined;
  /** The classes that an output says one of, in the order of their scores; undefined where they are not known. */
  classes(output: number): readonly (string | bigint)[] | undefined;
  /** Frees native memory at once; calls after it throw CLOSED. May be called again. */
  close(): void;
}
