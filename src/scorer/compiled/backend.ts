import { AbortedError, DeadlineExceeded, ModelError, SkewlessError, type ErrorCode } from "../../errors.js";
import { addon, chosenIsa, type NativeModel, type NativeModelResult, type NativeRowModel, type NativeTensor } from "../../native.js";
import type { Backend, RunAsyncOptions, RunOptions } from "../backend.js";
import type { ModelProgram, ProgramInput, ProgramOutput, RegisterIndex } from "../program.js";
import type { ModelValue, Tensor, TensorInfo } from "../tensor.js";
import { encodeModel } from "./encode.js";
import { nativeTensor, rowsOf } from "./inputs.js";
import { modelValue } from "./outputs.js";

export interface CompiledOptions {
  /** Instruction set of the kernels, one of `addon().isas()`; SKEWLESS_ISA or the widest of this machine by default. */
  readonly isa?: string;
}

/** Rows are counted by the native threads in units of this many (native/score/compiled_batch.h). */
const PROGRESS_ROWS = 16;

/**
 * A model run by our own kernels. Throws a ModelError INVALID_MODEL where the program contradicts itself, OUT_OF_MEMORY
 * where it does not fit.
 */
export function compiledBackend(program: ModelProgram, options: CompiledOptions = {}): Backend {
  return new CompiledBackend(program, options.isa ?? chosenIsa());
}

interface Call {
  readonly rows: number;
  readonly tensors: readonly NativeTensor[];
}

class CompiledBackend implements Backend {
  readonly kind = "compiled";
  readonly inputs: readonly TensorInfo[];
  readonly outputs: readonly TensorInfo[];
  readonly #inputs: readonly ProgramInput[];
  readonly #outputs: readonly ProgramOutput[];
  readonly #widths: readonly number[];
  readonly #native: NativeModel;
  #rowModel: NativeRowModel | undefined;
  #closed = false;

  constructor(program: ModelProgram, isa: string) {
    this.#inputs = this.inputs = program.inputs;
    this.#outputs = this.outputs = program.outputs;
    this.#widths = program.registers.map(({ width }) => width);
    checkOutputs(program);
    this.#native = translated(() => addon().compileModel(encodeModel(program), isa));
  }

  #width(register: RegisterIndex): number {
    return this.#widths[register] as number;
  }

  #open(): void {
    if (this.#closed) throw new ModelError("CLOSED", "the model is closed");
  }

  #call(inputs: readonly Tensor[]): Call {
    this.#open();
    if (inputs.length !== this.#inputs.length) {
      throw new ModelError("WRONG_SHAPE", "another number of inputs than the model has", {
        expected: this.#inputs.map(({ name }) => name).join(", "),
        actual: `${inputs.length} tensors`,
      });
    }
    let rows: number | undefined;
    const tensors = this.#inputs.map((input, i) => {
      const tensor = inputs[i] as Tensor;
      const width = this.#width(input.register);
      const own = rowsOf(input, width, tensor.dims);
      rows ??= own;
      if (own !== rows) {
        throw new ModelError("WRONG_SHAPE", "the inputs differ in their number of rows", { path: [input.name], expected: `${rows} rows`, actual: `${own} rows` });
      }
      return nativeTensor(input, tensor, own * width);
    });
    return { rows: rows ?? 0, tensors };
  }

  #values(result: NativeModelResult, rows: number, reason?: unknown): ModelValue[] {
    const { failure } = result;
    if (failure?.aborted === true) throw new AbortedError("the batch was aborted", reason);
    if (failure?.deadlineExceeded === true) throw new DeadlineExceeded("the model had not scored all rows by the deadline");
    if (failure !== undefined) throw new ModelError((failure.code as ErrorCode | undefined) ?? "INVALID_MODEL", failure.message, { row: failure.row });
    return this.#outputs.map((output, i) => modelValue(output, this.#width(output.register), rows, result.outputs?.[i] as ArrayBuffer));
  }

  run(inputs: readonly Tensor[], options: RunOptions = {}): readonly ModelValue[] {
    const { rows, tensors } = this.#call(inputs);
    const { deadlineMicros } = options;
    return this.#values(translated(() => addon().modelRun(this.#native, tensors, rows, { threads: 1, deadlineMicros })), rows);
  }

  async runAsync(inputs: readonly Tensor[], options: RunAsyncOptions = {}): Promise<readonly ModelValue[]> {
    const { threads = 1, signal, onProgress } = options;
    const { rows, tensors } = this.#call(inputs);
    if (signal?.aborted === true) throw new AbortedError("the batch was aborted", signal.reason);
    // Shared memory: the native threads count rows in it and look there whether to stop.
    const control = new Int32Array(new SharedArrayBuffer(8));
    const abort = (): void => {
      Atomics.store(control, 0, 1);
    };
    const timer =
      onProgress === undefined
        ? undefined
        : setInterval(() => {
            const done = Atomics.load(control, 1) * PROGRESS_ROWS;
            if (done > 0 && done < rows) onProgress(done, rows);
          }, 80);
    signal?.addEventListener("abort", abort, { once: true });
    try {
      const result = await addon().modelRunAsync(this.#native, tensors, rows, { threads }, control);
      const values = this.#values(result, rows, signal?.reason);
      onProgress?.(rows, rows);
      return values;
    } catch (error) {
      throw translate(error);
    } finally {
      clearInterval(timer);
      signal?.removeEventListener("abort", abort);
    }
  }

  rowModel(width?: number): NativeRowModel | undefined {
    this.#open();
    const [input] = this.#inputs;
    if (this.#inputs.length !== 1 || input?.type !== "float32") return undefined;
    const own = this.#width(input.register);
    if (width !== undefined && width !== own) {
      throw new ModelError("WRONG_SHAPE", "the model takes vectors of another size", { path: [input.name], expected: `${own}`, actual: `${width}` });
    }
    this.#rowModel ??= translated(() => addon().modelRowModel(this.#native));
    return this.#rowModel;
  }

  labels(output: number): readonly string[] | undefined {
    const labels = this.#outputs[output]?.labels;
    return labels instanceof BigInt64Array ? undefined : labels;
  }

  classes(output: number): readonly (string | bigint)[] | undefined {
    const { labels, bound } = this.#outputs[output] ?? {};
    if (labels !== undefined) return [...labels];
    return bound === undefined ? undefined : Array.from({ length: bound }, (_, i) => BigInt(i));
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#rowModel = undefined;
    addon().modelClose(this.#native);
  }
}

/** What the native side knows nothing of. */
function checkOutputs(program: ModelProgram): void {
  for (const { name, register, map } of program.outputs) {
    const width = program.registers[register]?.width;
    if (map !== undefined && map.keys.length !== width) {
      throw new ModelError("INVALID_MODEL", "a map of another size than its scores", { path: [name], expected: `${width} keys`, actual: `${map.keys.length}` });
    }
  }
}

/** Errors of the add-on itself carry a code and perhaps the step. */
function translate(error: unknown): unknown {
  if (error instanceof SkewlessError || !(error instanceof Error)) return error;
  const { code, step } = error as { code?: ErrorCode; step?: number };
  if (code === undefined) return error;
  return new ModelError(code, error.message, step === undefined ? {} : { path: ["steps", step] });
}

function translated<T>(body: () => T): T {
  try {
    return body();
  } catch (error) {
    throw translate(error);
  }
}
