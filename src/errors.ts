/**
 * Every error that skewless throws. Each has a stable `code`; where, what was expected and what came are data,
 * and the message is made of them in one place (`describe`).
 */

/** Codes of failures inside functions; index = native Outcome (native/core/outcome.h). */
export const OUTCOME_CODES = [
  "OK",
  "NULL",
  "INTEGER_OVERFLOW",
  "DIVISION_BY_ZERO",
  "NOT_AN_INTEGER",
  "OUT_OF_RANGE",
  "INVALID_UTF8",
  "INVALID_TEXT",
  "OUT_OF_MEMORY",
  "TOO_LARGE",
  "UNKNOWN_CATEGORY",
] as const;

export type ErrorCode =
  | Exclude<(typeof OUTCOME_CODES)[number], "OK" | "NULL">
  // rows, batches
  | "MISSING_INPUT" // a key or column that the declaration needs is not there
  | "NULL_INPUT" // null where the input is not nullable
  | "WRONG_TYPE" // a value or column of another type
  | "INVALID_ARROW" // Arrow buffers that contradict each other
  | "SCHEMA_MISMATCH" // a table that does not fit the declaration
  | "ABORTED" // an AbortSignal fired
  // declarations, plans, specs
  | "INVALID_DEFINITION"
  | "UNKNOWN_FUNCTION"
  | "INVALID_PARAMETER"
  | "INVALID_PLAN"
  | "INVALID_SPEC"
  | "SEMANTICS_CHANGED" // made by another version of a function
  | "FINGERPRINT_MISMATCH" // a spec file changed after it was saved
  | "NOT_FITTED"
  // fitting
  | "NO_ROWS"
  | "NO_VALUES"
  | "TOO_MANY_CATEGORIES"
  | "STATE_MISMATCH" // partial states of different declarations, filters or passes
  | "READ_ONCE" // a stream that can be read once, where fitting needs several passes
  // ONNX
  | "INVALID_ONNX" // a model file that is truncated or contradicts itself
  | "UNSUPPORTED_ONNX" // an operator that cannot be read, a function that cannot be written
  // models and scoring
  | "INVALID_MODEL" // a model file that is truncated or contradicts itself
  | "UNSUPPORTED_MODEL" // neither we nor the installed ONNX Runtime can run it
  | "RUNTIME_NOT_FOUND" // no ONNX Runtime library where one is needed
  | "RUNTIME_ERROR" // ONNX Runtime reported an error
  | "WRONG_SHAPE" // a tensor or vector of another size than the model's
  | "CLOSED" // used after close()
  | "DEADLINE_EXCEEDED"
  | "DEADLINE_TOO_SHORT" // shorter than the model's known cost
  | "MISSING_PEER" // an optional package that is not installed
  // online stores and services
  | "INVALID_REQUEST" // a request that does not fit the view's schema
  | "MISSING_FEATURE" // a feature that was not found, under the policy "error"
  | "INVALID_FEATURE" // a looked-up value of another type or against a rule, under the policy "error"
  | "LATE_FEATURE" // older than its max age, under the policy "error"
  | "STORE_TIMEOUT"
  | "STORE_UNAVAILABLE" // refused, closed, or behind an open circuit breaker
  | "STORE_CORRUPT" // answers that are not what we wrote
  | "UNKNOWN_MODEL"
  | "OVERLOADED"
  | "LOG_FULL"
  | "INVALID_LOG"
  // add-on
  | "ADDON_NOT_FOUND"
  | "UNKNOWN_ISA"
  // parity
  | "PARITY";

export interface ErrorFacts {
  /** Where in the declaration, row or file: `["tags", 3]` is shown as `tags[3]`. */
  readonly path?: readonly (string | number)[];
  /** Row of a batch or of a list of rows, from 0. */
  readonly row?: number;
  readonly column?: string;
  /** The function that failed. */
  readonly function?: string;
  readonly expected?: string;
  /** What came instead, in words: `received(value)`. */
  readonly actual?: string;
  /** What to do about it. */
  readonly fix?: string;
}

export class SkewlessError extends Error implements ErrorFacts {
  override readonly name: string = "SkewlessError";
  readonly code: ErrorCode;
  /** What is wrong, without the places and facts around it. */
  readonly what: string;
  declare readonly path?: readonly (string | number)[];
  declare readonly row?: number;
  declare readonly column?: string;
  declare readonly function?: string;
  declare readonly expected?: string;
  declare readonly actual?: string;
  declare readonly fix?: string;

  constructor(code: ErrorCode, what: string, facts: ErrorFacts = {}, options?: ErrorOptions) {
    super(describe(what, facts), options);
    this.code = code;
    this.what = what;
    Object.assign(this, facts);
  }

  /** The same error with some facts replaced: a row counted from the start of a stream, a prefix of what went wrong. */
  with(facts: ErrorFacts, what = this.what): SkewlessError {
    const own: Record<string, unknown> = {};
    for (const key of FACTS) if (this[key] !== undefined) own[key] = this[key];
    return this.remade(what, { ...own, ...facts }, { cause: this });
  }

  /** One of the same class; classes with another constructor override it. */
  protected remade(what: string, facts: ErrorFacts, options: ErrorOptions): SkewlessError {
    const Class = this.constructor as new (code: ErrorCode, what: string, facts: ErrorFacts, options?: ErrorOptions) => SkewlessError;
    return new Class(this.code, what, facts, options);
  }
}

const FACTS = ["path", "row", "column", "function", "expected", "actual", "fix"] as const;

/** A row, column or table that the declaration does not take, or a value that a function fails on. */
export class InputError extends SkewlessError {
  override readonly name = "InputError";
}
/** A mistake in a declaration: wrong operand types, unknown options, a feature that is not a number. */
export class DefinitionError extends SkewlessError {
  override readonly name = "DefinitionError";
}
/** A plan that is malformed or made for other functions. */
export class PlanError extends SkewlessError {
  override readonly name = "PlanError";
}
/** A saved spec that is malformed, changed, or made under other semantics. */
export class SpecError extends SkewlessError {
  override readonly name = "SpecError";
}
/** Data from which a transformation cannot be fitted. */
export class FitError extends SkewlessError {
  override readonly name = "FitError";
}
/** A model file that cannot be read, or features that cannot be written as one. */
export class OnnxError extends SkewlessError {
  override readonly name = "OnnxError";
}
/** A model that cannot be read or run, or input that does not fit it. */
export class ModelError extends SkewlessError {
  override readonly name = "ModelError";
}
/** The deadline passed, or would, and there is no fallback. */
export class DeadlineExceeded extends SkewlessError {
  override readonly name = "DeadlineExceeded";
  constructor(what: string, facts: ErrorFacts = {}, options?: ErrorOptions) {
    super("DEADLINE_EXCEEDED", what, facts, options);
  }
  protected override remade(what: string, facts: ErrorFacts, options: ErrorOptions): DeadlineExceeded {
    return new DeadlineExceeded(what, facts, options);
  }
}
/** A request, online store, service or log. */
export class OnlineError extends SkewlessError {
  override readonly name = "OnlineError";
}
/** An optional package that is needed is not installed; the message names the command that installs it. */
export class PeerError extends SkewlessError {
  override readonly name = "PeerError";
}
/** The add-on is missing or does not fit this machine. */
export class AddonError extends SkewlessError {
  override readonly name = "AddonError";
}
/** The user's signal ended the work. */
export class AbortedError extends SkewlessError {
  override readonly name = "AbortedError";
  constructor(what: string, reason?: unknown, facts: ErrorFacts = {}) {
    super("ABORTED", what, facts, { cause: reason });
  }
  protected override remade(what: string, facts: ErrorFacts, options: ErrorOptions): AbortedError {
    return new AbortedError(what, options.cause, facts);
  }
}

/** `["a", "b", 1]` → `a.b[1]`. */
export function formatPath(path: readonly (string | number)[]): string {
  let out = "";
  for (const part of path) {
    if (typeof part === "number") out += `[${part}]`;
    else if (/^[A-Za-z_$][\w$]*$/.test(part)) out += out === "" ? part : `.${part}`;
    else out += `[${JSON.stringify(part)}]`;
  }
  return out;
}

function describe(what: string, facts: ErrorFacts): string {
  const places = [
    facts.path !== undefined && facts.path.length > 0 ? formatPath(facts.path) : undefined,
    facts.column !== undefined ? `column ${JSON.stringify(facts.column)}` : undefined,
    facts.row !== undefined ? `row ${facts.row}` : undefined,
  ].filter((part) => part !== undefined);
  let text = places.length > 0 ? `${places.join(", ")}: ${what}` : what;
  if (facts.expected !== undefined) text += `: expected ${facts.expected}`;
  if (facts.actual !== undefined) text += `${facts.expected !== undefined ? "," : ":"} received ${facts.actual}`;
  if (facts.fix !== undefined) text += `. ${facts.fix}`;
  return text;
}

/** A value in words for a message: its type and, where short, itself. */
export function received(value: unknown): string {
  if (value === null) return "null";
  if (value === undefined) return "undefined";
  switch (typeof value) {
    case "string":
      return `the string ${JSON.stringify(value.length > 40 ? `${value.slice(0, 40)}…` : value)}`;
    case "number":
      return `the number ${Object.is(value, -0) ? "-0" : String(value)}`;
    case "bigint":
      return `the bigint ${value}n`;
    case "boolean":
      return `the boolean ${value}`;
    case "object": {
      if (Array.isArray(value)) return `an array of ${value.length}`;
      const name = (Object.getPrototypeOf(value) as { constructor?: { name?: unknown } } | null)?.constructor?.name;
      return typeof name === "string" && name !== "Object" ? `an instance of ${name}` : "an object";
    }
    default:
      return `a ${typeof value}`;
  }
}
