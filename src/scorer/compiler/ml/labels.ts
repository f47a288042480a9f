import { DataType } from "../../../onnx/schema.js";
import type { TensorType } from "../../tensor.js";
import type { Node } from "../node.js";
import type { Operators } from "../operators.js";
import { tensorType, widthOf, type Rows, type Value } from "../value.js";

/** Operators that map one value to another: LabelEncoder, CategoryMapper, ZipMap. */

type Keys = readonly string[] | BigInt64Array | Float32Array | Float64Array;

interface Mapping {
  readonly keyType: TensorType;
  readonly keys: Keys;
  readonly valueType: TensorType;
  readonly values: Keys;
  readonly otherwise: string | number | bigint;
}

/** A key of a Map in which 0 and -0 are one, as they are equal. */
function keyOf(value: string | number | bigint): string | number | bigint {
  return value === 0 ? 0 : value;
}

/** The mapping without keys that an earlier one hides. */
function distinct({ keys, values, ...rest }: Mapping): Mapping {
  const seen = new Set<string | number | bigint>();
  const kept: number[] = [];
  for (let i = 0; i < keys.length; i++) {
    const key = keyOf(keys[i] as string);
    if (seen.has(key)) continue;
    seen.add(key);
    kept.push(i);
  }
  if (kept.length === keys.length) return { keys, values, ...rest };
  return { keys: picked(keys, kept), values: picked(values, kept), ...rest };
}

function picked<T extends Keys>(values: T, places: readonly number[]): T {
  if (values instanceof BigInt64Array) return BigInt64Array.from(places, (at) => values[at] as bigint) as T;
  if (values instanceof Float32Array) return Float32Array.from(places, (at) => values[at] as number) as T;
  if (values instanceof Float64Array) return Float64Array.from(places, (at) => values[at] as number) as T;
  return places.map((at) => (values as readonly string[])[at] as string) as unknown as T;
}

function apply(node: Node, input: Rows, mapping: Mapping): Value[] {
  const { keyType, keys, valueType, values, otherwise } = distinct(mapping);
  if (input.type !== keyType) throw node.refuse(`keys of ${keyType} for its input of ${input.type}`);
  const { labels, bound: _bound, ...rest } = input;
  if (labels !== undefined) return applyToLabels(node, input, labels, { keyType, keys, valueType, values, otherwise });
  if (valueType !== "string") {
    const register = node.emit.lookup(input.register, keys, values as BigInt64Array, otherwise as bigint);
    return [{ ...rest, type: valueType, register }];
  }
  if (widthOf(input) !== 1) throw node.refuse("several texts a row that the model makes");
  const texts = [...(values as readonly string[]), otherwise as string];
  const places = BigInt64Array.from(keys as readonly string[], (_, i) => BigInt(i));
  const register = node.emit.lookup(input.register, keys, places, BigInt(texts.length - 1));
  return [{ ...rest, type: valueType, register, labels: texts }];
}

/** The mapping of each label that the model can make, by its index. */
function applyToLabels(node: Node, { labels: _, bound: _bound, ...input }: Rows, labels: readonly string[] | BigInt64Array, mapping: Mapping): Value[] {
  const { keys, valueType, values, otherwise } = mapping;
  const places = new Map<string | number | bigint, number>();
  for (let i = 0; i < keys.length; i++) places.set(keys[i] as string, i);
  const mapped = Array.from(labels as readonly string[], (label) => {
    const at = places.get(label);
    return at === undefined ? otherwise : (values[at] as string | number | bigint);
  });
  if (valueType === "string") return [{ ...input, type: valueType, labels: mapped as readonly string[] }];
  const indices = BigInt64Array.from(labels as readonly string[], (_, i) => BigInt(i));
  const typed =
    values instanceof BigInt64Array
      ? BigInt64Array.from(mapped as readonly bigint[])
      : values instanceof Float32Array
        ? Float32Array.from(mapped as readonly number[])
        : Float64Array.from(mapped as readonly number[]);
  return [{ ...input, type: valueType, register: node.emit.lookup(input.register, indices, typed, typed instanceof BigInt64Array ? 0n : 0) }];
}

/** Version 1: texts to their places in a list, or back. */
function placesInList(node: Node, list: readonly string[], input: Rows): Mapping {
  const otherwiseInt = node.attributes.int64("default_int64") ?? -1n;
  const otherwiseText = node.attributes.string("default_string", "_Unused");
  const places = BigInt64Array.from(list, (_, i) => BigInt(i));
  if (input.type === "string") {
    // Of equal texts the last one's place counts.
    return { keyType: "string", keys: list.toReversed(), valueType: "int64", values: places.toReversed(), otherwise: otherwiseInt };
  }
  return { keyType: "int64", keys: places, valueType: "string", values: list, otherwise: otherwiseText };
}

const KINDS = [
  { suffix: "strings", type: "string", single: "default_string", fallback: "_Unused" },
  { suffix: "int64s", type: "int64", single: "default_int64", fallback: -1n },
  { suffix: "floats", type: "float32", single: "default_float", fallback: -0 },
] as const;

interface Side {
  readonly type: TensorType;
  readonly items: Keys;
}

/** The list that is given of those that may be: keys or values. */
function readSide(node: Node, side: "keys" | "values"): Side {
  const { attributes } = node;
  const found: Side[] = [];
  for (const { suffix, type } of KINDS) {
    const name = `${side}_${suffix}`;
    const items = type === "string" ? attributes.strings(name) : type === "int64" ? attributes.int64s(name) : attributes.floats(name);
    if (items !== undefined && items.length > 0) found.push({ type, items });
  }
  if (node.version >= 4) {
    const tensor = attributes.tensor(`${side}_tensor`);
    if (tensor !== undefined) {
      const type = tensorType(tensor.type);
      if (type === undefined || !["string", "int64", "float32", "float64"].includes(type)) throw node.refuse(`${side} of ${type ?? "another type"}`);
      found.push({ type, items: tensor.values as Keys });
    }
  }
  const [first, second] = found;
  if (first === undefined || second !== undefined) throw node.refuse(`it has ${found.length} lists of ${side}`);
  return first;
}

function readDefault(node: Node, type: TensorType): string | number | bigint {
  const { attributes } = node;
  const single = {
    string: attributes.string("default_string", "_Unused"),
    int64: attributes.int64("default_int64") ?? -1n,
    float32: attributes.float("default_float", -0),
    float64: -0,
  };
  const tensor = node.version >= 4 ? attributes.tensor("default_tensor") : undefined;
  if (tensor !== undefined && tensor.type !== DataType.UNDEFINED) {
    if (tensorType(tensor.type) !== type || tensor.values.length !== 1) throw node.refuse("a default of another type than the values");
    return tensor.values[0] as string | number | bigint;
  }
  return single[type as keyof typeof single];
}

function labelEncoder(node: Node): Value[] {
  const input = node.anyRows(0);
  if (node.version === 1) {
    const list = node.attributes.strings("classes_strings") ?? [];
    if (list.length === 0) throw node.refuse("it has no classes");
    node.takes(input, ["string", "int64"]);
    return apply(node, input, placesInList(node, list, input));
  }
  const keys = readSide(node, "keys");
  const values = readSide(node, "values");
  if (keys.items.length !== values.items.length) throw node.invalid(`${keys.items.length} keys and ${values.items.length} values`);
  const otherwise = readDefault(node, values.type);
  const mapping: Mapping = { keyType: keys.type, keys: keys.items, valueType: values.type, values: values.items, otherwise };
  // Until version 4 a NaN equals nothing.
  if (node.version >= 4 || !(keys.items instanceof Float32Array)) return apply(node, input, mapping);
  const kept = Array.from(keys.items.keys()).filter((i) => !Number.isNaN(keys.items[i]));
  return apply(node, input, { ...mapping, keys: picked(keys.items, kept), values: picked(values.items, kept) });
}

function categoryMapper(node: Node): Value[] {
  const { attributes } = node;
  const input = node.anyRows(0);
  node.takes(input, ["string", "int64"]);
  const texts = attributes.strings("cats_strings") ?? [];
  const ints = attributes.int64s("cats_int64s") ?? new BigInt64Array(0);
  const otherwiseInt = attributes.int64("default_int64") ?? -1n;
  const otherwiseText = attributes.string("default_string", "_Unused");
  if (texts.length !== ints.length) throw node.invalid(`${texts.length} texts and ${ints.length} integers`);
  // Of equal keys the last counts.
  const [keys, values] = [texts.toReversed(), ints.toReversed()];
  return apply(
    node,
    input,
    input.type === "string"
      ? { keyType: "string", keys, valueType: "int64", values, otherwise: otherwiseInt }
      : { keyType: "int64", keys: values, valueType: "string", values: keys, otherwise: otherwiseText },
  );
}

function zipMap(node: Node): Value[] {
  const { attributes } = node;
  const scores = node.matrix(0);
  node.takes(scores, ["float32"]);
  const texts = attributes.strings("classlabels_strings") ?? [];
  const ints = attributes.int64s("classlabels_int64s") ?? new BigInt64Array(0);
  if ((texts.length === 0) === (ints.length === 0)) throw node.refuse("it has keys of two types or none");
  const keys = texts.length > 0 ? texts : Array.from(ints);
  if (keys.length !== widthOf(scores)) throw node.invalid(`${keys.length} keys for ${widthOf(scores)} columns`);
  return [{ kind: "maps", scores, keys }];
}

export const LABEL_OPERATORS: Operators = {
  LabelEncoder: { since: 1, compile: labelEncoder },
  CategoryMapper: { since: 1, compile: categoryMapper },
  ZipMap: { since: 1, compile: zipMap },
};
