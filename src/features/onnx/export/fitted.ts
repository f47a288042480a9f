import type { KernelType } from "../../../types/data-type.js";
import { anyNull, arg, numbers, simple, type Call, type Cell, type Mappings } from "./mapping.js";
import type { Ops, Value } from "./ops.js";

type Key = number | bigint | string;

/** Distinct keys with the place of the first of equal ones; NaN apart. -0 and 0 are one key, as in a Map. */
function distinct(keys: readonly Key[]): { readonly known: ReadonlyMap<Key, number>; readonly nan: number | undefined } {
  const known = new Map<Key, number>();
  let nan: number | undefined;
  for (const [i, key] of keys.entries()) {
    if (Number.isNaN(key)) nan ??= i;
    else if (!known.has(key)) known.set(key, i);
  }
  return { known, nan };
}

/** The value at the key's place, `fallback` for any other; `nan` is the value of NaN where that is a key. */
function look(ops: Ops, x: Value, call: Call, keys: ReadonlyMap<Key, number>, values: readonly number[], fallback: number): Value {
  const place = ops.place(x, [...keys.keys()], call.types[0] as KernelType);
  return ops.at([fallback, ...[...keys.values()].map((i) => values[i] as number)], place);
}

export const FITTED: Mappings = {
  standardize: simple((ops, args, { params }) => ops.div(ops.sub(arg(args, 0), ops.f64(params["mean"] as number)), ops.f64(params["scale"] as number))),
  minMaxScale: simple((ops, args, { params }) => ops.add(ops.mul(arg(args, 0), ops.f64(params["scale"] as number)), ops.f64(params["min"] as number))),
  categoryIndex: simple((ops, args, call) => {
    const { known, nan } = distinct(call.params["categories"] as readonly Key[]);
    const places = ops.i64s([-1, ...known.values()]);
    const found = ops.op("Gather", places, ops.place(arg(args, 0), [...known.keys()], call.types[0] as KernelType));
    return nan === undefined ? found : ops.where(ops.isNaN(arg(args, 0)), ops.i64(nan), found, "int64");
  }),
  lookupFloat64: simple((ops, args, call) => {
    const { known, nan } = distinct(call.params["keys"] as readonly Key[]);
    const values = numbers(call, "values");
    const found = look(ops, arg(args, 0), call, known, values, call.params["fallback"] as number);
    return nan === undefined ? found : ops.where(ops.isNaN(arg(args, 0)), ops.f64(values[nan] as number), found);
  }),
  categoryValue: {
    note: "an unknown category gives NaN where the engine fails with UNKNOWN_CATEGORY",
    cell: (ops, [x], call) => {
      const { value, isNull } = x as Cell;
      const { known } = distinct(call.params["categories"] as readonly Key[]);
      const unknown = numbers(call, "unknown")[0] ?? NaN;
      const missing = numbers(call, "missing")[0] ?? unknown;
      const found = look(ops, value, call, known, numbers(call, "values"), unknown);
      const isMissing = anyNull(ops, [isNull, call.types[0] === "float64" ? ops.isNaN(value) : undefined]);
      return { value: isMissing === undefined ? found : ops.where(isMissing, ops.f64(missing), found), isNull: undefined };
    },
  },
  bucketIndex: {
    cell: (ops, [x], call) => {
      const { value, isNull } = x as Cell;
      return { value: ops.countAtMost(value, numbers(call, "edges"), "float64"), isNull: anyNull(ops, [isNull, ops.isNaN(value)]) };
    },
  },
};
