import type { Step } from "../../program.js";
import type { TensorType } from "../../tensor.js";
import { integers } from "../fold.js";
import type { Node } from "../node.js";
import type { Operator, Operators } from "../operators.js";
import { axisOf, product, type Rows } from "../value.js";

const FLOATS: readonly TensorType[] = ["float32", "float64"];

/** A row's columns in groups, each of which becomes one value, and the shape of these. */
interface Groups {
  readonly groups: readonly (readonly number[])[];
  readonly dims: readonly number[];
}

/** More groups than this are a tensor's business, not a row's. */
const MAX_GROUPS = 64;

function groupsOf(node: Node, input: Rows, axes: readonly number[] | undefined, keep: boolean): Groups {
  const rank = input.dims.length + 1;
  if (axes === undefined || axes.length === 0) throw node.refuse("it reduces over rows");
  const found = new Set(
    axes.map((axis) => {
      const at = axisOf(axis, rank);
      if (at === undefined) throw node.invalid(`axis ${axis} of rank ${rank}`);
      return at;
    }),
  );
  if (found.has(0)) throw node.refuse("it reduces over rows");
  const reduces = (axis: number): boolean => found.has(axis + 1);
  const count = product(input.dims.filter((_, axis) => !reduces(axis)));
  if (count > MAX_GROUPS) throw node.refuse(`it reduces ${count} parts of a row`);
  const groups = Array.from({ length: count }, (): number[] => []);
  for (let column = 0; column < product(input.dims); column++) {
    let rest = column;
    let group = 0;
    let stride = 1;
    for (let axis = input.dims.length - 1; axis >= 0; axis--) {
      const size = input.dims[axis] as number;
      if (!reduces(axis)) {
        group += (rest % size) * stride;
        stride *= size;
      }
      rest = Math.floor(rest / size);
    }
    groups[group]?.push(column);
  }
  return { groups, dims: input.dims.flatMap((size, axis) => (reduces(axis) ? (keep ? [1] : []) : [size])) };
}

function each(node: Node, input: Rows, { groups }: Groups, make: (register: number) => number): number {
  return node.emit.concat(groups.map((columns) => make(node.emit.select(input.register, columns))));
}

/** `inputSince`: the version since which the axes are an input. */
function reduce(fn: Extract<Step, { op: "reduce" }>["fn"], inputSince: number): Operator {
  return {
    since: 1,
    compile: (node) => {
      const input = node.rows(0);
      node.takes(input, FLOATS);
      const { attributes } = node;
      const keep = attributes.int("keepdims", 1) !== 0;
      let axes: readonly number[] | undefined;
      if (node.version < inputSince) {
        axes = attributes.ints("axes");
      } else {
        axes = node.has(1) ? integers(node, 1, "axes") : undefined;
        if (attributes.int("noop_with_empty_axes", 0) !== 0 && (axes === undefined || axes.length === 0)) throw node.refuse("noop_with_empty_axes");
      }
      const groups = groupsOf(node, input, axes, keep);
      return [node.result(input.type, each(node, input, groups, (register) => node.emit.reduce(fn, register)), groups.dims)];
    },
  };
}

function arg(kind: "max" | "min"): Operator {
  return {
    since: 1,
    compile: (node) => {
      const input = node.rows(0);
      node.takes(input, FLOATS);
      const { attributes } = node;
      const keep = attributes.int("keepdims", 1) !== 0;
      const last = node.version >= 12 && attributes.int("select_last_index", 0) !== 0;
      const groups = groupsOf(node, input, [attributes.int("axis", 0)], keep);
      const register = each(node, input, groups, (columns) => node.emit.argmax(kind, last, columns));
      return [node.result("int64", register, groups.dims, { bound: (groups.groups[0] as readonly number[]).length })];
    },
  };
}

/** Axis of Softmax: before version 13 everything from it on is one row, after it the axis alone. */
function softmax(kind: "softmax" | "logSoftmax"): Operator {
  return {
    since: 1,
    compile: (node) => {
      const input = node.rows(0);
      node.takes(input, FLOATS);
      const rank = input.dims.length + 1;
      const given = node.attributes.int("axis", node.version < 13 ? 1 : -1);
      const axis = axisOf(given, rank);
      if (axis === undefined) throw node.invalid(`axis ${given} of rank ${rank}`);
      if (axis === 0) throw node.refuse("it mixes rows");
      const before = input.dims.slice(0, axis - 1);
      const after = node.version < 13 ? [] : input.dims.slice(axis);
      if ([...before, ...after].some((dim) => dim !== 1)) throw node.refuse(`axis ${given} of rank ${rank}`);
      return [node.result(input.type, node.emit.softmax(kind, input.register), input.dims)];
    },
  };
}

export const REDUCE_OPERATORS: Operators = {
  ReduceSum: reduce("sum", 13),
  ReduceMean: reduce("mean", 18),
  ReduceMin: reduce("min", 18),
  ReduceMax: reduce("max", 18),
  ReduceSumSquare: reduce("sumSquares", 18),
  ReduceL1: reduce("l1", 18),
  ReduceL2: reduce("l2", 18),
  ArgMax: arg("max"),
  ArgMin: arg("min"),
  Softmax: softmax("softmax"),
  LogSoftmax: softmax("logSoftmax"),
};
