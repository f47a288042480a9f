// Text by code points. Arguments are well-formed, so JavaScript's own methods agree with the bytes of UTF-8.
import { define, int, OracleFailure, text, type Family, type OracleFunction, type Value } from "./value.js";

const largest = 2n ** 31n - 1n;
const encoder = new TextEncoder();

export function codePoints(x: Value | undefined): string[] {
  return Array.from(text(x));
}

export function byteLength(x: string): number {
  return encoder.encode(x).length;
}

function requireSize(bytes: bigint): void {
  if (bytes > largest) throw new OracleFailure("TOO_LARGE");
}

export function requireTextSize(x: string): void {
  requireSize(BigInt(byteLength(x)));
}

export function asciiLower(x: string): string {
  return x.replace(/[A-Z]/g, (letter) => letter.toLowerCase());
}

function asciiUpper(x: string): string {
  return x.replace(/[a-z]/g, (letter) => letter.toUpperCase());
}

function indexOf(x: string, y: string): bigint {
  const at = x.indexOf(y);
  return BigInt(at <= 0 ? at : codePoints(x.slice(0, at)).length);
}

function countMatches(x: string, y: string): bigint {
  return y === "" ? 0n : BigInt(x.split(y).length - 1);
}

function substring(x: string, start: bigint, length: bigint): string {
  const points = codePoints(x);
  const count = BigInt(points.length);
  let from = start < 0n ? count + start : start;
  if (from < 0n) from = 0n;
  if (from >= count || length <= 0n) return "";
  const to = from + length < count ? from + length : count;
  return points.slice(Number(from), Number(to)).join("");
}

function repeat(x: string, n: bigint): string {
  if (n <= 0n) return "";
  requireSize(BigInt(byteLength(x)) * n);
  return x === "" ? "" : x.repeat(Number(n));
}

/** The padding that brings x to `width` code points. */
function padding(x: string, width: bigint, fill: string): string {
  const missing = width - BigInt(codePoints(x).length);
  const unit = codePoints(fill);
  if (missing <= 0n || unit.length === 0) return "";
  const whole = missing / BigInt(unit.length);
  const rest = unit.slice(0, Number(missing % BigInt(unit.length))).join("");
  requireSize(BigInt(byteLength(x)) + BigInt(byteLength(fill)) * whole + BigInt(byteLength(rest)));
  return fill.repeat(Number(whole)) + rest;
}

function replace(x: string, from: string, to: string): string {
  if (from === "") return x;
  const growth = BigInt(byteLength(to) - byteLength(from));
  requireSize(BigInt(byteLength(x)) + countMatches(x, from) * growth);
  return x.split(from).join(to);
}

/** x.split(separator), but by code points where the separator is empty. */
export function split(x: string, separator: string): readonly string[] {
  return separator === "" ? codePoints(x) : x.split(separator);
}

function part(x: string, separator: string, index: bigint): string | null {
  const pieces = split(x, separator);
  const at = index < 0n ? index + BigInt(pieces.length) : index;
  return at < 0n ? null : (pieces[Number(at)] ?? null);
}

/** Maximal runs of what is not ECMAScript WhiteSpace or LineTerminator: the \s of a regular expression. */
export function tokens(x: string): readonly string[] {
  return x.match(/\S+/gu) ?? [];
}

export function charNgrams(x: string, n: bigint): readonly string[] | null {
  if (n < 1n) return null;
  const points = codePoints(x);
  if (n > BigInt(points.length)) return [];
  const size = Number(n);
  return points.slice(size - 1).map((_, i) => points.slice(i, i + size).join(""));
}

function map(f: (x: string) => Value, result = "utf8"): OracleFunction {
  return define(`utf8 -> ${result}`, ([x]) => f(text(x)));
}

function pair(f: (x: string, y: string) => Value, result: string): OracleFunction {
  return define(`utf8 utf8 -> ${result}`, ([x, y]) => f(text(x), text(y)));
}

export const texts: Family = {
  length: map((x) => BigInt(codePoints(x).length), "int64"),
  byteLength: map((x) => BigInt(byteLength(x)), "int64"),
  isEmpty: map((x) => x === "", "bool"),
  isAscii: map((x) => codePoints(x).every((point) => point <= "\u007f"), "bool"),
  lower: map((x) => x.toLowerCase()),
  upper: map((x) => x.toUpperCase()),
  asciiLower: map(asciiLower),
  asciiUpper: map(asciiUpper),
  trim: map((x) => x.trim()),
  trimStart: map((x) => x.trimStart()),
  trimEnd: map((x) => x.trimEnd()),
  contains: pair((x, y) => x.includes(y), "bool"),
  startsWith: pair((x, y) => x.startsWith(y), "bool"),
  endsWith: pair((x, y) => x.endsWith(y), "bool"),
  indexOf: pair(indexOf, "int64"),
  countMatches: pair(countMatches, "int64"),
  substring: define("utf8 int64 int64 -> utf8", ([x, start, length]) =>
    substring(text(x), int(start), int(length)),
  ),
  concat: pair((x, y) => {
    requireSize(BigInt(byteLength(x)) + BigInt(byteLength(y)));
    return x + y;
  }, "utf8"),
  repeat: define("utf8 int64 -> utf8", ([x, n]) => repeat(text(x), int(n))),
  reverse: map((x) => codePoints(x).reverse().join("")),
  padStart: define(
    "utf8 int64 utf8 -> utf8",
    ([x, width, fill]) => padding(text(x), int(width), text(fill)) + text(x),
  ),
  padEnd: define(
    "utf8 int64 utf8 -> utf8",
    ([x, width, fill]) => text(x) + padding(text(x), int(width), text(fill)),
  ),
  replace: define("utf8 utf8 utf8 -> utf8", ([x, from, to]) => replace(text(x), text(from), text(to))),
  split: pair(split, "list<utf8>"),
  part: define("utf8 utf8 int64 -> utf8", ([x, separator, index]) =>
    part(text(x), text(separator), int(index)),
  ),
  tokens: map(tokens, "list<utf8>"),
  tokenCount: map((x) => BigInt(tokens(x).length), "int64"),
  charNgrams: define("utf8 int64 -> list<utf8>", ([x, n]) => charNgrams(text(x), int(n))),
  countDigits: map((x) => BigInt(x.replace(/[^0-9]/g, "").length), "int64"),
  countUpper: map((x) => BigInt(x.replace(/[^A-Z]/g, "").length), "int64"),
};
