// What the oracle computes with: plain JavaScript values, one representation a type, and the form in which
// each function family declares itself. Nothing here comes from the native code: the oracle is the third voice.

/** float64 number, int64 and timestamp bigint (ticks), bool boolean, utf8 string, list array, null null. */
export type Value = number | bigint | boolean | string | null | readonly Value[];

export type FailureCode =
  | "INTEGER_OVERFLOW"
  | "DIVISION_BY_ZERO"
  | "NOT_AN_INTEGER"
  | "OUT_OF_RANGE"
  | "INVALID_UTF8"
  | "INVALID_TEXT"
  | "OUT_OF_MEMORY"
  | "TOO_LARGE"
  | "UNKNOWN_CATEGORY";

/** The documented failure of a function; any other exception is a mistake of the oracle or its caller. */
export class OracleFailure extends Error {
  readonly code: FailureCode;

  constructor(code: FailureCode) {
    super(code);
    this.name = "OracleFailure";
    this.code = code;
  }
}

export interface Signature {
  readonly args: readonly string[];
  readonly result: string;
}

export type Params = Readonly<Record<string, unknown>>;

export interface OracleFunction {
  /** One entry an overload: argument types -> result type, in the plan's spelling. */
  readonly signatures: readonly Signature[];
  /** Decides about nulls itself; otherwise any null argument gives null. */
  readonly handlesNull?: boolean;
  /** Units in the last place by which the native result may differ; 0 means the same bits. */
  readonly ulps: number;
  /** Allowed absolute difference, for results in which an error of the elementary functions is amplified. */
  readonly absolute?: number;
  /** The same as `absolute`, where what is justified depends on the arguments. */
  readonly tolerance?: (args: readonly Value[], params: Params) => number;
  /** Results are compared on a circle of this circumference (a bearing of 359.999… is next to 0). */
  readonly period?: number;
  call(args: readonly Value[], params: Params, types: readonly string[]): Value;
}

export type Family = Readonly<Record<string, OracleFunction>>;

/** Reads "float64 float64 -> float64" into a signature. */
export function signature(text: string): Signature {
  const [args, result] = text.split("->");
  if (args === undefined || result === undefined) throw new TypeError(`not a signature: ${text}`);
  return { args: args.trim().split(/\s+/), result: result.trim() };
}

type Call = OracleFunction["call"];

interface Extras {
  readonly ulps?: number;
  readonly handlesNull?: boolean;
  readonly absolute?: number;
  readonly tolerance?: (args: readonly Value[], params: Params) => number;
  readonly period?: number;
}

/** Declares a function: its overloads, its body and, where it has any, its tolerances. */
export function define(
  signatures: string | readonly string[],
  call: Call,
  extras: Extras = {},
): OracleFunction {
  const all = typeof signatures === "string" ? [signatures] : signatures;
  return { ulps: 0, ...extras, signatures: all.map(signature), call };
}

export const scalarTypes = ["float64", "int64", "bool", "utf8", "timestamp"] as const;
export const listTypes = ["list<float64>", "list<int64>", "list<utf8>", "list<timestamp>"] as const;

const minInt64 = -(2n ** 63n);
const maxInt64 = 2n ** 63n - 1n;

/** The int64 of an exact result, or the failure INTEGER_OVERFLOW. */
export function int64(exact: bigint): bigint {
  if (exact < minInt64 || exact > maxInt64) throw new OracleFailure("INTEGER_OVERFLOW");
  return exact;
}

function mistyped(wanted: string, value: Value | undefined): TypeError {
  return new TypeError(`the oracle expected ${wanted} and was given ${typeof value} ${String(value)}`);
}

export function float(value: Value | undefined): number {
  if (typeof value !== "number") throw mistyped("a float64", value);
  return value;
}

export function int(value: Value | undefined): bigint {
  if (typeof value !== "bigint") throw mistyped("an int64 or timestamp", value);
  return value;
}

export function text(value: Value | undefined): string {
  if (typeof value !== "string") throw mistyped("a utf8", value);
  return value;
}

export function bool(value: Value | undefined): boolean {
  if (typeof value !== "boolean") throw mistyped("a bool", value);
  return value;
}

export function list(value: Value | undefined): readonly Value[] {
  if (!Array.isArray(value)) throw mistyped("a list", value);
  return value as readonly Value[];
}

function present(value: Value): value is Exclude<Value, null> {
  return value !== null;
}

/** The elements that are not null, which are all that an aggregate sees. */
export function elements(value: Value | undefined): readonly Value[] {
  return list(value).filter(present);
}

export function floats(value: Value | undefined): readonly number[] {
  return elements(value).map(float);
}

export function ints(value: Value | undefined): readonly bigint[] {
  return elements(value).map(int);
}

/** A float64 parameter. */
export function floatParam(params: Params, name: string): number {
  return Number(params[name]);
}

/** An int64 parameter, which callers may spell as a number. */
export function intParam(params: Params, name: string, fallback: bigint): bigint {
  const given = params[name];
  if (given === undefined) return fallback;
  if (typeof given === "bigint") return given;
  if (typeof given === "number") return BigInt(given);
  throw new TypeError(`parameter ${name} is not an integer`);
}

export function textParam(params: Params, name: string, fallback?: string): string {
  const given = params[name] ?? fallback;
  if (typeof given !== "string") throw new TypeError(`parameter ${name} is not a text`);
  return given;
}

/** A list parameter in the representation of `type`. */
export function listParam(params: Params, name: string, type: string): readonly Value[] {
  const given = params[name];
  if (!Array.isArray(given)) throw new TypeError(`parameter ${name} is not a list`);
  return given.map((item: unknown): Value => {
    if (type === "int64" && (typeof item === "bigint" || typeof item === "number")) return BigInt(item);
    if (type === "float64" && typeof item === "number") return item;
    if (type === "utf8" && typeof item === "string") return item;
    throw new TypeError(`parameter ${name} holds a ${typeof item} where ${type} is due`);
  });
}

/** Order of UTF-8 bytes, which is the order of code points (and not that of UTF-16 units). */
export function compareText(a: string, b: string): number {
  const left = Array.from(a, codePoint);
  const right = Array.from(b, codePoint);
  const shared = Math.min(left.length, right.length);
  for (let i = 0; i < shared; i++) {
    const difference = (left[i] ?? 0) - (right[i] ?? 0);
    if (difference !== 0) return difference;
  }
  return left.length - right.length;
}

function codePoint(character: string): number {
  return character.codePointAt(0) ?? 0;
}

/** Floored quotient of exact integers. */
export function floorDiv(a: bigint, b: bigint): bigint {
  const quotient = a / b;
  return a % b !== 0n && a < 0n !== b < 0n ? quotient - 1n : quotient;
}

/** The remainder that goes with `floorDiv`. */
export function floorMod(a: bigint, b: bigint): bigint {
  return a - floorDiv(a, b) * b;
}
