// Terms of texts and vectors of terms. Tokens and white space come from regular expressions here, and vectors
// from maps.
import { bytesOf, murmur3 } from "./hashing.js";
import { laneSum } from "./lists.js";
import { define, elements, float, intParam, list, listParam, OracleFailure, text, textParam, type Family, type Params, type Value } from "./value.js";

/** Python's \s: White_Space, and the four separators that are not. */
const spaces = "\\u0009-\\u000d\\u001c-\\u0020\\u0085\\u00a0\\u1680\\u2000-\\u200a\\u2028\\u2029\\u202f\\u205f\\u3000";
const solid = new RegExp(`[^${spaces}]+`, "gu");
const squeezed = new RegExp(`[${spaces}]{2,}`, "gu");
const wordCharacters = /[\p{L}\p{N}_]+/gu;

/** All sequences of `n` neighbours. */
function windows<T>(items: readonly T[], n: number): T[][] {
  return items.flatMap((_, i) => (i + n <= items.length ? [items.slice(i, i + n)] : []));
}

function terms(x: string, params: Params): string[] {
  const analyzer = textParam(params, "analyzer");
  const minN = Number(intParam(params, "minN", 1n));
  const maxN = Number(intParam(params, "maxN", 1n));
  const lengths = Array.from({ length: maxN - minN + 1 }, (_, i) => minN + i);
  if (analyzer === "char") {
    const points = Array.from(x.replace(squeezed, " "));
    return lengths.flatMap((n) => windows(points, n).map((points) => points.join("")));
  }
  if (analyzer === "char_wb") {
    return (x.match(solid) ?? []).flatMap((token) => {
      const points = Array.from(` ${token} `);
      // From the token's length on there is one term, the token itself, and it comes once.
      const fitting = lengths.filter((n) => n < points.length);
      const whole = fitting.length < lengths.length ? [points.join("")] : [];
      return [...fitting.flatMap((n) => windows(points, n).map((points) => points.join(""))), ...whole];
    });
  }
  const least = Number(intParam(params, "minLength", 1n));
  const stop = listParam(params, "stopWords", "utf8");
  const tokens = (x.match(analyzer === "word" ? wordCharacters : solid) ?? []).filter(
    (token) => Array.from(token).length >= least && !stop.includes(token),
  );
  return lengths.flatMap((n) => windows(tokens, n).map((words) => words.join(" ")));
}

function normalized(vector: readonly number[], params: Params): Value {
  const norm = textParam(params, "norm");
  if (norm === "none") return vector;
  const size = norm === "l1" ? laneSum(vector.map(Math.abs)) : Math.sqrt(laneSum(vector.map((v) => v * v)));
  return size === 0 ? vector : vector.map((v) => v / size);
}

const flag = (params: Params, name: string): boolean => intParam(params, name, 0n) !== 0n;

function termVector(x: Value | undefined, params: Params, type: string): Value {
  const vocabulary = listParam(params, "vocabulary", type);
  const weights = listParam(params, "weights", "float64").map(float);
  const counts = new Map<Value, number>();
  for (const item of elements(x)) counts.set(item, (counts.get(item) ?? 0) + 1);
  const vector = vocabulary.map((entry, i) => {
    const count = vocabulary.indexOf(entry) === i ? (counts.get(entry) ?? 0) : 0;
    if (count === 0) return 0;
    const one = flag(params, "binary") ? 1 : count;
    return (flag(params, "sublinear") ? Math.log(one) + 1 : one) * (weights[i] ?? 1);
  });
  return normalized(vector, params);
}

function hashVector(x: readonly Value[], values: readonly Value[] | undefined, params: Params): Value {
  if (values !== undefined && values.length !== x.length) throw new OracleFailure("OUT_OF_RANGE");
  const size = intParam(params, "nFeatures", 1n);
  const vector = Array.from({ length: Number(size) }, () => 0);
  for (const [i, item] of x.entries()) {
    const given = values === undefined ? 1 : (values[i] ?? null);
    if (item === null || given === null || given === 0) continue;
    const hash = BigInt.asIntN(32, murmur3(bytesOf(item), 0n));
    const at = Number((hash < 0n ? -hash : hash) % size);
    const value = flag(params, "alternateSign") && hash < 0n ? -float(given) : float(given);
    vector[at] = flag(params, "binary") ? 1 : (vector[at] ?? 0) + value;
  }
  return normalized(vector, params);
}

const encoder = new TextEncoder();

export const vectorizing: Family = {
  terms: define("utf8 -> list<utf8>", ([x], params) => terms(text(x), params)),
  termVector: define(
    ["list<utf8> -> list<float64>", "list<int64> -> list<float64>"],
    ([x], params, types) => termVector(x, params, types[0] === "list<int64>" ? "int64" : "utf8"),
    // Two libraries' logarithms differ; without them the bits are the same. Weights are below 10 there.
    { tolerance: (_args, params) => (flag(params, "sublinear") ? 1e-12 : 0) },
  ),
  hashVector: define(["list<utf8> -> list<float64>", "list<utf8> list<float64> -> list<float64>"], ([x, values], params) =>
    hashVector(list(x), values === undefined ? undefined : list(values), params),
  ),
  append: define(
    ["float64", "int64", "utf8", "timestamp"].map((type) => `list<${type}> ${type} -> list<${type}>`),
    ([x, value = null]) => (x === null ? null : [...list(x), value]),
    { handlesNull: true },
  ),
  pack: define(["list<utf8> -> utf8", "list<int64> -> utf8"], ([x]) =>
    elements(x)
      .map((item) => (typeof item === "bigint" ? String(item) : text(item)))
      .map((item) => `${encoder.encode(item).length}:${item}`)
      .join(""),
  ),
};
