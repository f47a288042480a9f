import { numbers } from "../emitter.js";
import { integers } from "../fold.js";
import type { Node } from "../node.js";
import { labelled } from "../ops/columns.js";
import type { Operators } from "../operators.js";
import { axisOf, type Rows, type Value } from "../value.js";

/** Scales in the input's precision, integers in float32; the result is float32. */
function scaler(node: Node): Value[] {
  const { attributes, emit } = node;
  const input = node.matrix(0);
  node.takes(input, ["float32", "float64", "int64", "int32"]);
  const [width] = input.dims as readonly [number];
  const offset = attributes.floats("offset") ?? new Float32Array(0);
  const scale = attributes.floats("scale") ?? new Float32Array(0);
  if (scale.length === 0 || offset.length !== scale.length) throw node.invalid(`${offset.length} offsets and ${scale.length} scales`);
  if (scale.length !== width && scale.length !== 1) throw node.invalid(`${scale.length} scales for ${width} columns`);
  const element = input.type === "float64" ? "f64" : "f32";
  const spread = (values: Float32Array): Float32Array | Float64Array =>
    numbers(element, values.length === width ? values : new Float32Array(width).fill(values[0] as number)) as Float32Array | Float64Array;
  const register = emit.scale(emit.cast(input.register, element), spread(offset), spread(scale));
  return [node.result("float32", emit.cast(register, "f32"), input.dims)];
}

/** Norms are sums of float32 in the order of the columns; a row of norm 0 stays as it is. */
function normalizer(node: Node): Value[] {
  const { emit } = node;
  const input = node.matrix(0);
  node.takes(input, ["float32", "float64", "int64", "int32"]);
  const norm = node.attributes.string("norm", "MAX");
  const x = emit.cast(input.register, "f32");
  const result = (register: number): Value[] => [node.result("float32", register, input.dims)];
  switch (norm) {
    case "L1":
      return result(emit.normalize("l1", x));
    case "MAX":
      return result(emit.normalize("max", x));
    case "L2": {
      // The squares are of the input's own type, and are summed and divided before the root is taken: both show where they overflow.
      const product = emit.binary("mul", input.register, input.register);
      const squares = emit.cast(input.type === "int32" ? emit.wrap32(product) : product, "f32");
      const sum = emit.reduce("sum", squares);
      const zero = emit.number("f32", 0);
      const root = emit.unary("sqrt", emit.binary("div", squares, sum));
      const signed = emit.where(emit.binary("lt", x, zero), emit.unary("neg", root), root);
      return result(emit.where(emit.binary("ne", sum, zero), signed, x));
    }
    default:
      throw node.refuse(`the norm ${JSON.stringify(norm)}`);
  }
}

function imputer(node: Node): Value[] {
  const { attributes, emit } = node;
  const input = node.matrix(0);
  node.takes(input, ["float32", "int64"]);
  const [width] = input.dims as readonly [number];
  const floats = attributes.floats("imputed_value_floats") ?? new Float32Array(0);
  const missingFloat = attributes.float("replaced_value_float");
  const ints = attributes.int64s("imputed_value_int64s") ?? new BigInt64Array(0);
  const missingInt = attributes.int64("replaced_value_int64");
  const isFloat = input.type === "float32";
  if ((floats.length === 0) === (ints.length === 0)) throw node.refuse("it has values of two types or none");
  const values = isFloat ? floats : ints;
  const missing = isFloat ? missingFloat : missingInt;
  if (values.length === 0 || missing === undefined) throw node.refuse(`it has no values for its input of ${input.type}`);
  // As many values as columns, or else the first for all.
  const spread = values.length === width ? values : isFloat ? new Float32Array(width).fill(floats[0] as number) : new BigInt64Array(width).fill(ints[0] as bigint);
  return [node.result(input.type, emit.impute(input.register, missing, spread), input.dims)];
}

function oneHotEncoder(node: Node): Value[] {
  const { attributes, emit } = node;
  const rows = node.rows(0);
  if (rows.dims.length > 1) throw node.refuse(`its input is of rank ${rows.dims.length + 1}`);
  node.takes(rows, ["float32", "float64", "int64", "string"]);
  const texts = attributes.strings("cats_strings") ?? [];
  const ints = attributes.int64s("cats_int64s") ?? new BigInt64Array(0);
  const unknown = attributes.int("zeros", 1) !== 0 ? "zeros" : "error";
  if ((texts.length === 0) === (ints.length === 0)) throw node.refuse("it has categories of two types or none");
  const categories = rows.type === "string" ? texts : ints;
  if (categories.length === 0) throw node.refuse(`it has no categories for its input of ${rows.type}`);
  if (new Set<string | bigint>(categories).size !== categories.length) throw node.refuse("a category that is there twice");
  node.checkWidth(emit.width(rows.register) * categories.length);
  const input = rows.type === "string" ? rows.register : emit.cast(rows.register, "i64");
  return [node.result("float32", emit.oneHot(input, categories, unknown), [...rows.dims, categories.length])];
}

function binarizer(node: Node): Value[] {
  const input = node.matrix(0);
  node.takes(input, ["float32"]);
  const threshold = node.attributes.float("threshold", 0);
  return [node.result("float32", node.emit.unary("binarize", input.register, threshold), input.dims)];
}

/** Each input cut or filled with zeros to its declared width. */
function featureVectorizer(node: Node): Value[] {
  const { emit } = node;
  const widths = node.attributes.ints("inputdimensions") ?? [];
  if (widths.length !== node.inputs.length || widths.length === 0) throw node.invalid(`${widths.length} widths for ${node.inputs.length} inputs`);
  if (widths.some((width) => width < 0)) throw node.invalid("a negative width");
  const total = node.checkWidth(widths.reduce((sum, width) => sum + width, 0));
  const parts = widths.flatMap((width, i) => {
    const input = node.matrix(i);
    node.takes(input, ["float32", "float64", "int64", "int32"]);
    const own = emit.width(input.register);
    const kept = Math.min(own, width);
    if (kept === 0) return [];
    const part = emit.select(
      emit.cast(input.register, "f32"),
      Array.from({ length: kept }, (_, column) => column),
    );
    if (kept === width) return [part];
    // A column of zeros of the row: one of the input's, where nothing is kept of it.
    const zeros = emit.where(emit.binary("ne", part, part), emit.number("f32", 0), emit.number("f32", 0));
    return [part, emit.select(zeros, new Array<number>(width - kept).fill(0))];
  });
  const [first] = parts;
  if (first === undefined) throw node.refuse("no values a row");
  const register = emit.concat(parts);
  if (emit.width(register) !== total) throw node.refuse("an input of which nothing is kept");
  return [node.result("float32", register, [total])];
}

/** Columns of each row, or of a constant list the element that each row's index names. */
function arrayFeatureExtractor(node: Node): Value[] {
  const data = node.input(0);
  if (data.kind === "constant") {
    if (node.input(1).kind === "constant") throw node.refuse("its inputs are constant");
    if (data.dims.length > 2 || (data.dims.length === 2 && data.dims[0] !== 1)) throw node.refuse("a constant of several rows");
    const indices: Rows = node.anyRows(1);
    node.takes(indices, ["int64"]);
    if (node.emit.width(indices.register) !== 1) throw node.refuse("several indices a row");
    const list = { ...data, dims: [data.values.length] };
    return [{ ...labelled(node, list, indices), dims: [], turned: true }];
  }
  const input = node.rows(0);
  node.takes(input, ["float32", "float64", "int64", "int32", "string"]);
  if (input.dims.length !== 1) throw node.refuse(`its input is of rank ${input.dims.length + 1}`);
  const indices = integers(node, 1, "indices");
  const [width] = input.dims as readonly [number];
  if (indices.length === 0) throw node.invalid("it has no indices");
  for (const index of indices) {
    if (index >= width) throw node.invalid(`index ${index} of ${width}`);
    if (axisOf(index, width) !== index) throw node.refuse(`index ${index}`);
  }
  node.checkWidth(indices.length);
  return [{ ...input, register: node.emit.select(input.register, indices), dims: [indices.length] }];
}


export const PREPROCESSING_OPERATORS: Operators = {
  Scaler: { since: 1, compile: scaler },
  Normalizer: { since: 1, compile: normalizer },
  Imputer: { since: 1, compile: imputer },
  OneHotEncoder: { since: 1, compile: oneHotEncoder },
  Binarizer: { since: 1, compile: binarizer },
  FeatureVectorizer: { since: 1, compile: featureVectorizer },
  ArrayFeatureExtractor: { since: 1, compile: arrayFeatureExtractor },
};
