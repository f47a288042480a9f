import { call } from "../../../expr/call.js";
import { wrap, type Expr } from "../../../expr/expr.js";
import { literal } from "../../../expr/literal.js";
import { DataType, dataTypeName } from "../../../onnx/schema.js";
import { castExpr, given } from "./elementwise.js";
import type { ImportNode, Readers } from "./node.js";
import { concatenate } from "./shape.js";
import { columns, columnsOf, isFloat, isInteger, malformed, MAX_COLUMNS, rounded, unsupported, type Columns, type Value } from "./value.js";

/** The operators of ai.onnx.ml that prepare data. Most give float32, whatever they take. */

const FLOAT = DataType.FLOAT;

function numericInput(node: ImportNode): Columns {
  const x = columnsOf(given(node, 0), "the input");
  if (!isFloat(x.type) && !isInteger(x.type)) throw unsupported(`an input of ${dataTypeName(x.type)}`);
  return x;
}

/** The width of the last axis, along which ai.onnx.ml's operators have one parameter a feature. */
const widthOf = (x: Columns): number => x.dims.at(-1) ?? 1;

/** One parameter for each of the last axis's features, or one for all. */
function perFeature<T>(values: readonly T[], x: Columns, what: string): (at: number) => T {
  const width = widthOf(x);
  if (values.length !== 1 && values.length !== width) throw malformed(`${values.length} ${what} for ${width} features`);
  return (at) => values[values.length === 1 ? 0 : at % width] as T;
}

/** float32 arithmetic for float32 and integers, double for double; the result is float32. */
function scaler(node: ImportNode): Value {
  const x = numericInput(node);
  const offset = perFeature(node.floats("offset") ?? [0], x, "offsets");
  const scale = perFeature(node.floats("scale") ?? [1], x, "scales");
  const kept = x.type === DataType.DOUBLE ? DataType.DOUBLE : FLOAT;
  const exprs = x.exprs.map((expr, i) => {
    const moved = rounded(kept, call("sub", [castExpr(expr, x.type, kept), offset(i)]));
    return rounded(FLOAT, call("mul", [moved, scale(i)]));
  });
  return columns(FLOAT, x.dims, exprs);
}

function imputer(node: ImportNode): Value {
  const x = numericInput(node);
  if (isFloat(x.type)) {
    const fill = perFeature(node.floats("imputed_value_floats") ?? [], x, "imputed values");
    const replaced = node.float("replaced_value_float", 0);
    return columns(x.type, x.dims, x.exprs.map((expr, i) => {
      if (Number.isNaN(replaced)) return call("fillNaN", [expr, fill(i)]);
      return call("if", [call("eq", [expr, replaced]), fill(i), expr]);
    }));
  }
  const fill = perFeature(node.ints("imputed_value_int64s") ?? [], x, "imputed values");
  const replaced = node.bigint("replaced_value_int64", 0n);
  return columns(x.type, x.dims, x.exprs.map((expr, i) => call("if", [call("eq", [expr, replaced]), fill(i), expr])));
}

function binarizer(node: ImportNode): Value {
  const x = numericInput(node);
  const threshold = node.float("threshold", 0);
  return columns(x.type, x.dims, x.exprs.map((expr) => {
    const above = call("gt", [castExpr(expr, x.type, DataType.DOUBLE), threshold]);
    return call(isInteger(x.type) ? "toInt64" : "toFloat64", [above]);
  }));
}

/** Each row divided by its norm, in float32 step by step; a row of norm 0 stays. */
function normalizer(node: ImportNode): Value {
  const x = numericInput(node);
  const norm = node.string("norm", "MAX");
  if (x.dims.length > 1) throw unsupported(`an input of ${x.dims.length + 1} axes`);
  const values = x.exprs.map((expr) => castExpr(expr, x.type, FLOAT));
  const sum = (terms: readonly Expr[]): Expr => terms.reduce((left, right) => rounded(FLOAT, call("add", [left, right])));
  const squares = (): Expr[] => values.map((value) => rounded(FLOAT, call("mul", [value, value])));
  let divided: (value: Expr) => Expr;
  let total: Expr;
  switch (norm) {
    case "L1":
      total = sum(values.map((value) => call("abs", [value])));
      divided = (value) => call("div", [value, total]);
      break;
    case "MAX":
      total = values.reduce((left, right) => call("greatest", [left, right]));
      divided = (value) => call("div", [value, total]);
      break;
    case "L2":
      total = sum(squares());
      divided = (value) => {
        const root = call("sqrt", [rounded(FLOAT, call("div", [rounded(FLOAT, call("mul", [value, value])), total]))]);
        return call("if", [call("lt", [value, 0]), call("neg", [root]), root]);
      };
      break;
    default:
      throw malformed(`the norm ${JSON.stringify(norm)}`);
  }
  return columns(FLOAT, x.dims, values.map((value) => call("if", [call("ne", [total, 0]), rounded(FLOAT, divided(value)), value])));
}

/** A column a category, as one more axis. */
function oneHotEncoder(node: ImportNode): Value {
  const x = columnsOf(given(node, 0), "the input");
  const strings = node.strings("cats_strings");
  const ints = node.ints("cats_int64s");
  const categories = strings ?? ints;
  if (categories === undefined || (strings !== undefined && ints !== undefined)) throw malformed("needs cats_strings or cats_int64s");
  if ((strings !== undefined) !== (x.type === DataType.STRING)) throw unsupported(`categories of another type than the input's ${dataTypeName(x.type)}`);
  if (x.exprs.length * categories.length > MAX_COLUMNS) throw unsupported(`${x.exprs.length * categories.length} columns`);
  // Numbers are cut to integers, as in ONNX Runtime.
  const unknown = node.int("zeros", 1) === 0 ? [] : [-1];
  const exprs = x.exprs.flatMap((expr) => {
    const key = strings === undefined ? castExpr(expr, x.type, DataType.INT64) : expr;
    const code = call("categoryValue", [key], { categories, values: categories.map((_, i) => i), missing: [], unknown });
    return categories.map((_, i) => call("toFloat64", [call("eq", [code, i])]));
  });
  return columns(FLOAT, [...x.dims, categories.length], exprs);
}

type Entry = number | bigint | string;

interface Side {
  readonly type: number;
  readonly entries: readonly Entry[];
}

const SIDES: readonly (readonly [suffix: string, type: number])[] = [
  ["strings", DataType.STRING],
  ["int64s", DataType.INT64],
  ["floats", FLOAT],
];

function side(node: ImportNode, name: "keys" | "values"): Side {
  for (const [suffix, type] of SIDES) {
    const attribute = `${name}_${suffix}`;
    const entries = type === DataType.STRING ? node.strings(attribute) : type === DataType.INT64 ? node.ints(attribute) : node.floats(attribute);
    if (entries !== undefined) return { type, entries };
  }
  const tensor = node.tensor(`${name}_tensor`);
  if (tensor !== undefined) return { type: tensor.type, entries: Array.from(tensor.values as ArrayLike<Entry>) };
  throw malformed(`no ${name}`);
}

function defaultOf(node: ImportNode, type: number): Entry {
  const tensor = node.tensor("default_tensor");
  if (tensor !== undefined) return Array.from(tensor.values as ArrayLike<Entry>)[0] ?? 0;
  if (type === DataType.STRING) return node.string("default_string", "_Unused");
  return type === DataType.INT64 ? node.bigint("default_int64", -1n) : node.float("default_float", -0);
}

function labelEncoder(node: ImportNode): Value {
  const x = columnsOf(given(node, 0), "the input");
  const classes = node.strings("classes_strings");
  if (classes !== undefined) {
    // Version 1: text to its position, or the position back.
    const places = classes.map((_, i) => BigInt(i));
    const fromText = x.type === DataType.STRING;
    const keys: Side = fromText ? { type: DataType.STRING, entries: classes } : { type: DataType.INT64, entries: places };
    const values: Side = fromText ? { type: DataType.INT64, entries: places } : { type: DataType.STRING, entries: classes };
    return mapped(node, x, keys, values, defaultOf(node, values.type));
  }
  const values = side(node, "values");
  return mapped(node, x, side(node, "keys"), values, defaultOf(node, values.type));
}

function mapped(node: ImportNode, x: Columns, keys: Side, values: Side, fallback: Entry): Value {
  if (keys.entries.length !== values.entries.length) throw malformed(`${keys.entries.length} keys for ${values.entries.length} values`);
  if (keys.type !== x.type) throw malformed(`keys of ${dataTypeName(keys.type)} for an input of ${dataTypeName(x.type)}`);
  if (values.type === DataType.STRING) node.spend(keys.entries.length * x.exprs.length);
  return columns(values.type, x.dims, x.exprs.map((expr) => mapOne(expr, keys.entries, values, fallback)));
}

/** Text values are chosen one key after the other; a long chain is worse than none. */
const MAX_TEXT_VALUES = 1024;

function mapOne(x: Expr, keys: readonly Entry[], { type, entries }: Side, fallback: Entry): Expr {
  if (isFloat(type)) return call("lookupFloat64", [x], { keys, values: entries, fallback });
  if (type === DataType.STRING) {
    if (keys.length > MAX_TEXT_VALUES) throw unsupported(`${keys.length} text values`);
    const place = call("categoryIndex", [x], { categories: keys });
    const text = (value: Entry): Expr => wrap(literal({ kind: "utf8" }, value));
    return entries.reduceRight<Expr>((rest, value, i) => call("if", [call("eq", [place, BigInt(i)]), text(value), rest]), text(fallback));
  }
  if (!isInteger(type)) throw unsupported(`values of ${dataTypeName(type)}`);
  // By float64, which holds them all.
  const numbers = [...entries, fallback].map(Number);
  if (!numbers.every(Number.isSafeInteger)) throw unsupported("values beyond 2^53");
  return call("toInt64", [call("lookupFloat64", [x], { keys, values: numbers.slice(0, -1), fallback: numbers.at(-1) })]);
}

function categoryMapper(node: ImportNode): Value {
  const x = columnsOf(given(node, 0), "the input");
  const [strings, ints] = [node.strings("cats_strings") ?? [], node.ints("cats_int64s") ?? []];
  const text: Side = { type: DataType.STRING, entries: strings };
  const number: Side = { type: DataType.INT64, entries: ints };
  if (x.type === DataType.STRING) return mapped(node, x, text, number, node.bigint("default_int64", -1n));
  return mapped(node, x, number, text, node.string("default_string", "_Unused"));
}

function featureVectorizer(node: ImportNode): Value {
  const parts = node.inputs.map((_, i) => {
    const x = columnsOf(given(node, i), `input ${i}`);
    return columns(FLOAT, [x.exprs.length], x.exprs.map((expr) => castExpr(expr, x.type, FLOAT)));
  });
  const sizes = node.ints("inputdimensions");
  if (sizes?.some((size, i) => Number(size) !== parts[i]?.exprs.length) === true) throw unsupported("inputdimensions that differ from the inputs' widths");
  return concatenate(parts, 0);
}

export const ML: Readers = {
  Scaler: scaler,
  Imputer: imputer,
  Binarizer: binarizer,
  Normalizer: normalizer,
  OneHotEncoder: oneHotEncoder,
  LabelEncoder: labelEncoder,
  CategoryMapper: categoryMapper,
  FeatureVectorizer: featureVectorizer,
};
