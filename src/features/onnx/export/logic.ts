import type { KernelType } from "../../../types/data-type.js";
import { anyNull, arg, simple, type Cell, type Mapping, type Mappings } from "./mapping.js";
import type { Ops, Value } from "./ops.js";
import { isFinite } from "./rounding.js";

const ORDER = "ONNX does not order text";

function compare(opType: string, negate = false): Mapping {
  const ordered = opType !== "Equal";
  return {
    unsupported: ({ types }) => (ordered && types[0] === "utf8" ? ORDER : undefined),
    value: (ops, args, { types, literals }) => {
      const equal = types[0] === "utf8" ? equalText(ops, args, literals) : ops.op(opType, ...args);
      return negate ? ops.not(equal) : equal;
    },
  };
}

/** Text against a constant by LabelEncoder, which every runtime has; Equal knows text only from opset 19 on. */
function equalText(ops: Ops, [x, y]: readonly Value[], [left, right]: readonly unknown[]): Value {
  if (typeof right === "string") return ops.cast(ops.place(x as Value, [right], "utf8"), "bool");
  if (typeof left === "string") return ops.cast(ops.place(y as Value, [left], "utf8"), "bool");
  ops.graph.requireOpset(19);
  return ops.eq(x as Value, y as Value);
}

function kleene(ops: Ops, [x, y]: readonly Cell[], or: boolean): Cell {
  const [left, right] = [x as Cell, y as Cell];
  if (left.isNull === undefined && right.isNull === undefined) {
    return { value: or ? ops.or(left.value, right.value) : ops.and(left.value, right.value), isNull: undefined };
  }
  const is = (cell: Cell, wanted: boolean): Value => {
    const value = wanted ? cell.value : ops.not(cell.value);
    return cell.isNull === undefined ? value : ops.and(value, ops.not(cell.isNull));
  };
  // One operand decides (true for or, false for and), else both must be known.
  const decided = ops.or(is(left, or), is(right, or));
  const other = ops.and(is(left, !or), is(right, !or));
  return { value: or ? decided : other, isNull: ops.not(ops.or(decided, other)) };
}

function choose(ops: Ops, condition: Value, x: Cell, y: Cell, type: KernelType): Cell {
  const value = ops.where(condition, x.value, y.value, type);
  if (x.isNull === undefined && y.isNull === undefined) return { value, isNull: undefined };
  const none = ops.bool(false);
  return { value, isNull: ops.where(condition, x.isNull ?? none, y.isNull ?? none, "bool") };
}

const isList = (type: KernelType | undefined): string | undefined => (type?.startsWith("list") === true ? "lists have no tensors" : undefined);

const nullIf: Mapping = {
  cell: (ops, cells, { types, literals }) => {
    const [x, y] = cells as readonly [Cell, Cell];
    const values = [x.value, y.value];
    const equal = types[0] === "utf8" ? equalText(ops, values, literals) : ops.eq(x.value, y.value);
    const found = y.isNull === undefined ? equal : ops.and(equal, ops.not(y.isNull));
    return { value: x.value, isNull: x.isNull === undefined ? found : ops.or(x.isNull, found) };
  },
};

export const LOGIC: Mappings = {
  eq: compare("Equal"),
  ne: compare("Equal", true),
  lt: compare("Less"),
  le: compare("LessOrEqual"),
  gt: compare("Greater"),
  ge: compare("GreaterOrEqual"),
  between: {
    unsupported: ({ types }) => (types[0] === "utf8" ? ORDER : undefined),
    value: (ops, [x, low, high]) => ops.and(ops.le(low as Value, x as Value), ops.le(x as Value, high as Value)),
  },
  isIn: simple((ops, args, { types, params }) => {
    const values = [...new Set(params["values"] as readonly (number | bigint | string)[])].filter((value) => !Number.isNaN(value));
    return ops.cast(ops.place(arg(args, 0), values, types[0] as KernelType), "bool");
  }),
  isNaN: simple((ops, args) => ops.isNaN(arg(args, 0))),
  isFinite: simple((ops, args) => isFinite(ops, arg(args, 0))),
  isInfinite: simple((ops, args) => ops.eq(ops.abs(arg(args, 0)), ops.f64(Infinity))),
  not: simple((ops, args) => ops.not(arg(args, 0))),
  xor: simple((ops, args) => ops.op("Xor", ...args)),
  and: { cell: (ops, cells) => kleene(ops, cells, false) },
  or: { cell: (ops, cells) => kleene(ops, cells, true) },
  if: {
    unsupported: ({ types }) => isList(types[1]),
    cell: (ops, cells, { types }) => {
      const [condition, x, y] = cells as readonly [Cell, Cell, Cell];
      const holds = condition.isNull === undefined ? condition.value : ops.and(condition.value, ops.not(condition.isNull));
      return choose(ops, holds, x, y, types[1] as KernelType);
    },
  },
  coalesce: {
    unsupported: ({ types }) => isList(types[0]),
    cell: (ops, cells, { types }) => {
      const [x, y] = cells as readonly [Cell, Cell];
      return x.isNull === undefined ? x : choose(ops, x.isNull, y, { value: x.value, isNull: undefined }, types[0] as KernelType);
    },
  },
  isNull: {
    unsupported: ({ types }) => isList(types[0]),
    cell: (ops, [x]) => ({ value: x?.isNull ?? ops.bool(false), isNull: undefined }),
  },
  isNotNull: {
    unsupported: ({ types }) => isList(types[0]),
    cell: (ops, [x]) => ({ value: x?.isNull === undefined ? ops.bool(true) : ops.not(x.isNull), isNull: undefined }),
  },
  nullIf,
  nanToNull: {
    cell: (ops, [x]) => {
      const { value, isNull } = x as Cell;
      return { value, isNull: anyNull(ops, [isNull, ops.isNaN(value)]) };
    },
  },
  nullToNaN: {
    cell: (ops, [x]) => {
      const { value, isNull } = x as Cell;
      return { value: isNull === undefined ? value : ops.where(isNull, ops.f64(NaN), value), isNull: undefined };
    },
  },
  fillNaN: simple((ops, [x, y]) => ops.where(ops.isNaN(x as Value), y as Value, x as Value)),
};
