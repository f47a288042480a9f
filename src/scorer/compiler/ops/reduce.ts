import type { Step } from "../../program.js";
import type { TensorType } from "../../tensor.js";
import { integers } from "../fold.js";
import type { Node } from "../node.js";
import type { Operator, Operators } from "../operators.js";
import { axisOf, type Rows, type Value } from "../value.js";

const FLOATS: readonly TensorType[] = ["float32", "float64"];

/** Axes that together are all of a row's; anything else mixes rows or parts of them. */
function checkAxes(node: Node, input: Rows, axes: readonly number[] | undefined): void {
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
  // Axes of size 1 may be left out: nothing is reduced there.
  if (input.dims.some((dim, i) => dim !== 1 && !found.has(i + 1))) throw node.refuse("it reduces over some axes of several");
  if (found.size !== rank - 1) throw node.refuse("it reduces over some axes of several");
}

function reduced(node: Node, input: Rows, keep: boolean, register: number, type = input.type, bound?: number): Value[] {
  return [node.result(type, register, keep ? input.dims.map(() => 1) : [], bound === undefined ? {} : { bound })];
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
      checkAxes(node, input, axes);
      return reduced(node, input, keep, node.emit.reduce(fn, input.register));
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
      checkAxes(node, input, [attributes.int("axis", 0)]);
      if (input.dims.length !== 1) throw node.refuse(`its input is of rank ${input.dims.length + 1}`);
      return reduced(node, input, keep, node.emit.argmax(kind, last, input.register), "int64", input.dims[0] as number);
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
