import type { BinaryFunction } from "../../program.js";
import type { TensorType } from "../../tensor.js";
import { broadcast, type Node } from "../node.js";
import type { Operator, Operators } from "../operators.js";
import { elementOf, type Constant, type Rows, type Value } from "../value.js";

const FLOATS: readonly TensorType[] = ["float32", "float64"];
const NUMBERS: readonly TensorType[] = ["float32", "float64", "int64", "int32"];

/** Both inputs, which must be of one of these types. */
function pair(node: Node, types: readonly TensorType[]): readonly [Value, Value] {
  const [left, right] = [node.input(0), node.input(1)];
  node.takes(left, types);
  node.takes(right, types);
  if ((left as Rows).type !== (right as Rows).type) throw node.refuse(`its inputs of ${(left as Rows).type} and ${(right as Rows).type}`);
  return [left, right];
}

function result(type: TensorType, register: number, dims: readonly number[], turned: boolean): Value[] {
  return [{ kind: "rows", type, register, dims, ...(turned ? { turned } : {}) }];
}

function arithmetic(fn: BinaryFunction): Operator {
  return {
    since: 7,
    compile: (node) => {
      const operands = pair(node, NUMBERS);
      const { type } = operands[0] as Rows;
      if (fn === "div" && elementOf(type) === "i64") checkDivisor(node, operands[1]);
      const { registers, dims, turned } = broadcast(node, operands);
      const [left, right] = registers as readonly [number, number];
      const value = node.emit.binary(fn, left, right);
      return result(type, type === "int32" ? node.emit.wrap32(value) : value, dims, turned);
    },
  };
}

/** Dividing integers by 0 ends ONNX Runtime's process on some machines, so no answer is the right one. */
function checkDivisor(node: Node, divisor: Value): void {
  const { values } = divisor as Constant;
  if (divisor.kind !== "constant" || Array.from(values as ArrayLike<number | bigint>).some((value) => Number(value) === 0 || Number(value) === -1)) {
    throw node.refuse("division of integers by what may be 0 or -1");
  }
}

function comparison(since: number, fn: BinaryFunction, types: readonly TensorType[]): Operator {
  return {
    since,
    compile: (node) => {
      const operands = pair(node, types);
      if ((operands[0] as Rows).type === "string") return equalText(node);
      const { registers, dims, turned } = broadcast(node, operands);
      const [left, right] = registers as readonly [number, number];
      return result("bool", node.emit.binary(fn, left, right), dims, turned);
    },
  };
}

/** Texts compare with one text. */
function equalText(node: Node): Value[] {
  const at = node.input(0).kind === "constant" ? 0 : 1;
  const { values } = node.constant(at, "a text to compare with");
  if (values.length !== 1) throw node.refuse("several texts to compare with");
  const input = node.anyRows(1 - at);
  const key = values[0] as string;
  if (input.labels !== undefined) {
    const matches = BigInt64Array.from(input.labels as readonly string[], (label) => (label === key ? 1n : 0n));
    const keys = BigInt64Array.from(matches, (_, i) => BigInt(i));
    return result("bool", node.emit.lookup(input.register, keys, matches, 0n), input.dims, input.turned === true);
  }
  return result("bool", node.emit.lookup(input.register, [key], BigInt64Array.of(1n), 0n), input.dims, input.turned === true);
}

function logical(fn: "and" | "or" | "xor"): Operator {
  return { since: 7, compile: comparison(7, fn, ["bool"]).compile };
}

/** One operator over any number of inputs, from the left. */
function folded(since: number, fn: "add" | "min" | "max", types: readonly TensorType[], mean = false): Operator {
  return {
    since,
    compile: (node) => {
      const [first] = node.inputs;
      if (first === undefined) throw node.invalid("it has no inputs");
      node.inputs.forEach((_, i) => {
        node.takes(node.input(i), types);
        if ((node.input(i) as Rows).type !== (first as Rows).type) throw node.refuse("its inputs are of several types");
      });
      const { type } = first as Rows;
      const { registers, dims, turned } = broadcast(node, node.inputs as readonly Value[]);
      const total = registers.reduce((left, right) => node.emit.binary(fn, left, right));
      return result(type, mean ? node.emit.binary("div", total, node.emit.like(total, registers.length)) : total, dims, turned);
    },
  };
}

function pow(node: Node): Value[] {
  const base = node.input(0);
  node.takes(base, FLOATS);
  const { type } = base as Rows;
  let exponent = node.input(1);
  node.takes(exponent, NUMBERS);
  if ((exponent as Rows).type !== type) {
    if (exponent.kind !== "constant") throw node.refuse("an exponent of another type");
    const values = Array.from(exponent.values as ArrayLike<number>, Number);
    exponent = { ...exponent, type, values: type === "float32" ? Float32Array.from(values) : Float64Array.from(values) };
  }
  const { registers, dims, turned } = broadcast(node, [base, exponent]);
  const [left, right] = registers as readonly [number, number];
  return result(type, node.emit.binary("pow", left, right), dims, turned);
}

/** As C's fmod. The other kind, for integers, has the divisor's sign. */
function mod(node: Node): Value[] {
  const operands = pair(node, ["float32", "float64", "int64"]);
  const { type } = operands[0] as Rows;
  const fmod = node.attributes.int("fmod", 0) !== 0;
  const { emit } = node;
  if (type === "int64") checkDivisor(node, operands[1]);
  else if (!fmod) throw node.refuse("fmod=0 with floating-point numbers");
  const { registers, dims, turned } = broadcast(node, operands);
  const [left, right] = registers as readonly [number, number];
  if (type !== "int64") return result(type, emit.binary("mod", left, right), dims, turned);
  // left - (left / right) right has the dividend's sign, whatever the kernels' own mod does.
  const rest = emit.binary("sub", left, emit.binary("mul", emit.binary("div", left, right), right));
  if (fmod) return result(type, rest, dims, turned);
  const zero = emit.number("i64", 0n);
  const differs = emit.binary("ne", emit.binary("lt", rest, zero), emit.binary("lt", right, zero));
  const shifted = emit.where(emit.binary("and", differs, emit.binary("ne", rest, zero)), emit.binary("add", rest, right), rest);
  return result(type, shifted, dims, turned);
}

function where(node: Node): Value[] {
  const condition = node.input(0);
  node.takes(condition, ["bool"]);
  const [yes, no] = [node.input(1), node.input(2)];
  const types: readonly TensorType[] = ["float32", "float64", "int64", "int32", "bool"];
  node.takes(yes, types);
  node.takes(no, types);
  const { type } = yes as Rows;
  if (type !== (no as Rows).type) throw node.refuse("its inputs are of several types");
  const { registers, dims, turned } = broadcast(node, [condition, yes, no]);
  const [test, first, second] = registers as readonly [number, number, number];
  return result(type, node.emit.where(test, first, second), dims, turned);
}

export const BINARY_OPERATORS: Operators = {
  Add: arithmetic("add"),
  Sub: arithmetic("sub"),
  Mul: arithmetic("mul"),
  Div: arithmetic("div"),
  Pow: { since: 7, compile: pow },
  Mod: { since: 10, compile: mod },
  Min: folded(8, "min", NUMBERS),
  Max: folded(8, "max", NUMBERS),
  Sum: folded(8, "add", FLOATS),
  Mean: folded(8, "add", FLOATS, true),
  Less: comparison(7, "lt", NUMBERS),
  LessOrEqual: comparison(12, "le", NUMBERS),
  Greater: comparison(7, "gt", NUMBERS),
  GreaterOrEqual: comparison(12, "ge", NUMBERS),
  Equal: comparison(7, "eq", [...NUMBERS, "bool", "string"]),
  And: logical("and"),
  Or: logical("or"),
  Xor: logical("xor"),
  Where: { since: 9, compile: where },
};
