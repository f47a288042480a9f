import { DefinitionError, received } from "../../../errors.js";
import { call } from "../../../expr/call.js";
import type { Expr } from "../../../expr/expr.js";
import { choice, isBoolean, option } from "../../apply.js";

type Given = Readonly<Record<string, unknown>>;

/** How a text becomes terms, in all three vectorizers. */
export interface TermOptions {
  /** Lower case first (Unicode's); true by default. */
  readonly lowercase?: boolean;
  /** Words, substrings, or substrings within words with a space on either side; "word" by default. */
  readonly analyzer?: "word" | "char" | "char_wb";
  /**
   * What a word is: letters, numbers and underscores, at least two of them ("(?u)\\b\\w\\w+\\b", the default) or
   * one ("(?u)\\b\\w+\\b"); or what is between white space ("\\S+"). Other patterns are not supported.
   */
  readonly tokenPattern?: string;
  /** Terms of how many words or characters, from and to; [1, 1] by default, at most 64. */
  readonly ngramRange?: readonly [min: number, max: number];
  /** Words to leave out, in lower case if `lowercase` is set; null by default. */
  readonly stopWords?: readonly string[] | null;
}

export type CheckedTermOptions = Required<TermOptions>;

export const TERM_OPTIONS = ["lowercase", "analyzer", "tokenPattern", "ngramRange", "stopWords"] as const;

const DEFAULT_PATTERN = "(?u)\\b\\w\\w+\\b";

/** The kernel's analyzer and least length of each supported pattern, spelled without the Unicode flag. */
const PATTERNS: Readonly<Record<string, readonly [analyzer: string, minLength: number]>> = {
  "\\b\\w\\w+\\b": ["word", 2],
  "\\b\\w+\\b": ["word", 1],
  "\\w+": ["word", 1],
  "\\S+": ["space", 1],
};

const patternOf = (pattern: string): readonly [string, number] | undefined => {
  const plain = pattern.replace(/^\(\?u\)/, "");
  return Object.hasOwn(PATTERNS, plain) ? PATTERNS[plain] : undefined;
};

/** Distinct, well-formed texts; throws with the path of the first that is not. */
export function textList(name: string, key: string, value: unknown, most: number, empty = true): readonly string[] {
  if (!Array.isArray(value) || (value.length === 0 && !empty) || value.length > most) {
    throw new DefinitionError("INVALID_PARAMETER", `${name}: option ${key}`, {
      expected: `a list of ${empty ? "" : "at least one and "}at most ${most.toLocaleString("en-US")} texts`,
      actual: Array.isArray(value) ? `a list of ${value.length}` : received(value),
    });
  }
  const seen = new Set<string>();
  for (const [i, item] of (value as readonly unknown[]).entries()) {
    if (typeof item !== "string" || !item.isWellFormed() || seen.has(item)) {
      const twice = typeof item === "string" && seen.has(item);
      throw new DefinitionError("INVALID_PARAMETER", `${name}: option ${key}${twice ? " names one twice" : ""}`, {
        path: [key, i],
        expected: twice ? "distinct texts" : "a text",
        actual: received(item),
      });
    }
    seen.add(item);
  }
  return Object.freeze([...seen]);
}

export function termOptions(name: string, given: Given): CheckedTermOptions {
  const analyzer = choice(name, given, "analyzer", ["word", "char", "char_wb"]);
  const isRange = (value: unknown): boolean =>
    Array.isArray(value) && value.length === 2 && value.every((n) => Number.isSafeInteger(n) && (n as number) >= 1 && (n as number) <= 64) && (value[0] as number) <= (value[1] as number);
  const range = option<readonly [number, number]>(name, given, "ngramRange", [1, 1], "two integers [min, max] with 1 <= min <= max <= 64", isRange);
  const isPattern = (value: unknown): boolean => typeof value === "string" && patternOf(value) !== undefined;
  const patterns = [DEFAULT_PATTERN, "(?u)\\b\\w+\\b", "\\S+"].map((pattern) => JSON.stringify(pattern)).join(", ");
  const tokenPattern = option(name, given, "tokenPattern", DEFAULT_PATTERN, patterns, isPattern);
  const stopWords = given["stopWords"] ?? null;
  for (const key of ["tokenPattern", "stopWords"] as const) {
    if (analyzer === "word" || (given[key] ?? null) === null) continue;
    throw new DefinitionError("INVALID_PARAMETER", `${name}: option ${key} belongs to analyzer "word"`, { path: [key], expected: `no ${key}` });
  }
  return {
    lowercase: option(name, given, "lowercase", true, "a boolean", isBoolean),
    analyzer,
    tokenPattern,
    ngramRange: Object.freeze([range[0], range[1]] as const),
    stopWords: stopWords === null ? null : textList(name, "stopWords", stopWords, 100_000),
  };
}

/** A text's terms, as a list. */
export function termsOf(x: Expr, options: CheckedTermOptions): Expr {
  const [token, minLength] = patternOf(options.tokenPattern) ?? ["word", 2];
  return call("terms", [options.lowercase ? call("lower", [x]) : x], {
    analyzer: options.analyzer === "word" ? token : options.analyzer,
    minLength,
    minN: options.ngramRange[0],
    maxN: options.ngramRange[1],
    stopWords: options.stopWords ?? [],
  });
}
