import { ModelError, received, type ErrorFacts } from "../../errors.js";

export type Path = readonly (string | number)[];

export function invalid(path: Path, what: string, facts: ErrorFacts = {}): ModelError {
  return new ModelError("INVALID_MODEL", what, { ...(path.length > 0 ? { path } : {}), ...facts });
}

export function unsupported(path: Path, what: string, facts: ErrorFacts = {}): ModelError {
  return new ModelError("UNSUPPORTED_MODEL", what, { ...(path.length > 0 ? { path } : {}), ...facts });
}

/** Tensors of more columns or outputs than this are refused: a row of them would take more than 64 MB. */
const MOST_COLUMNS = 1 << 24;
const MOST_OUTPUTS = 1 << 16;

export function checkSizes(features: number, outputs: number, path: Path): void {
  if (features < 1) throw invalid(path, "the model has no features");
  if (features > MOST_COLUMNS) throw unsupported(path, "too many features", { expected: `at most ${MOST_COLUMNS}`, actual: String(features) });
  if (outputs > MOST_OUTPUTS) throw unsupported(path, "too many outputs", { expected: `at most ${MOST_OUTPUTS}`, actual: String(outputs) });
}

/** What stands for NaN in a file read as JSON, which has none (json.ts). */
export const NAN_TEXT = "N";

/** A value of a JSON or UBJSON file and where it stands; what it is not is INVALID_MODEL with that path. */
export class Value {
  readonly value: unknown;
  readonly path: Path;

  constructor(value: unknown, path: Path = []) {
    this.value = value;
    this.path = path;
  }

  #wrong(expected: string): ModelError {
    return invalid(this.path, "wrong type", { expected, actual: received(this.value) });
  }

  #object(): Readonly<Record<string, unknown>> {
    const { value } = this;
    if (typeof value !== "object" || value === null || Array.isArray(value) || ArrayBuffer.isView(value)) throw this.#wrong("an object");
    return value as Readonly<Record<string, unknown>>;
  }

  field(key: string): Value {
    const found = this.optional(key);
    if (found === undefined) throw invalid([...this.path, key], "missing");
    return found;
  }

  optional(key: string): Value | undefined {
    const object = this.#object();
    return Object.hasOwn(object, key) ? new Value(object[key], [...this.path, key]) : undefined;
  }

  keys(): string[] {
    return Object.keys(this.#object());
  }

  text(): string {
    if (typeof this.value !== "string") throw this.#wrong("a string");
    return this.value;
  }

  /** A count or size, which XGBoost writes as text. */
  count(): number {
    const { value } = this;
    const number = typeof value === "string" && /^\d{1,15}$/.test(value) ? Number(value) : value;
    if (typeof number !== "number" || !Number.isInteger(number) || number < 0) throw this.#wrong("a whole number of at least 0");
    return number;
  }

  get length(): number {
    return this.#list().length;
  }

  at(index: number): Value {
    return new Value(this.#list()[index], [...this.path, index]);
  }

  #list(length?: number): ArrayLike<unknown> {
    const { value } = this;
    if (!Array.isArray(value) && (!ArrayBuffer.isView(value) || value instanceof DataView)) throw this.#wrong("an array");
    const list = value as ArrayLike<unknown>;
    if (length !== undefined && list.length !== length) throw invalid(this.path, "wrong length", { expected: String(length), actual: String(list.length) });
    return list;
  }

  strings(length?: number): string[] {
    const list = this.#list(length);
    return Array.from(list, (item, i) => (typeof item === "string" ? item : this.at(i).text()));
  }

  /** Integers of 32 bits; booleans are 0 and 1. */
  integers(length?: number): Int32Array {
    const list = this.#list(length);
    if (list instanceof Int32Array) return list;
    const out = new Int32Array(list.length);
    for (let i = 0; i < out.length; i++) {
      const item = list[i];
      const number = typeof item === "boolean" ? Number(item) : item;
      if (typeof number !== "number" || (number | 0) !== number) throw this.at(i).#wrong("an integer of 32 bits");
      out[i] = number;
    }
    return out;
  }

  /** Numbers rounded to float32, as XGBoost reads them. */
  floats(length?: number): Float32Array {
    const list = this.#list(length);
    if (list instanceof Float32Array) return list;
    const out = new Float32Array(list.length);
    for (let i = 0; i < out.length; i++) {
      const item = list[i];
      if (typeof item === "number") out[i] = item;
      else if (item === NAN_TEXT) out[i] = NaN;
      else throw this.at(i).#wrong("a number");
    }
    return out;
  }
}
