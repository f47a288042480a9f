import type { UnaryFunction } from "../../program.js";
import type { TensorType } from "../../tensor.js";
import type { Node } from "../node.js";
import type { Operator, Operators } from "../operators.js";
import type { Rows, Value } from "../value.js";

const FLOATS: readonly TensorType[] = ["float32", "float64"];
const FLOAT: readonly TensorType[] = ["float32"];

/** A result of the input's shape and type. */
function mapped(node: Node, input: Rows, register: number, type = input.type): Value[] {
  return [{ ...input, type, register }];
}

function unary(since: number, fn: UnaryFunction, types: readonly TensorType[], parameters: readonly (readonly [string, number])[] = []): Operator {
  return {
    since,
    compile: (node) => {
      const { bound: _bound, ...input } = node.turnedRows(0);
      node.takes(input, types);
      const [alpha, beta] = parameters.map(([name, otherwise]) => node.attributes.float(name, otherwise));
      return mapped(node, input, node.emit.unary(fn, input.register, alpha, beta));
    },
  };
}

/** x > 0 ? x : x slope; a NaN stays one. */
function prelu(node: Node): Value[] {
  const input = node.rows(0);
  node.takes(input, FLOATS);
  const slope = node.constant(1, "a slope");
  const { emit } = node;
  const own = input.dims.length === 0 ? 1 : (input.dims.at(-1) as number);
  const flat = slope.values.length;
  if (input.dims.length > 1 || (flat !== 1 && (flat !== own || slope.dims.at(-1) !== flat))) throw node.refuse("a slope of another shape than its input");
  const scaled = emit.binary("mul", input.register, node.load(slope));
  return mapped(node, input, emit.where(emit.binary("gt", input.register, emit.like(input.register, 0)), input.register, scaled));
}

function clip(node: Node): Value[] {
  const { bound: _bound, ...input } = node.turnedRows(0);
  const { emit } = node;
  let limits: (number | bigint | undefined)[];
  if (node.version < 11) {
    limits = [node.attributes.float("min"), node.attributes.float("max")];
  } else {
    limits = [1, 2].map((at) => {
      if (!node.has(at)) return undefined;
      const { values } = node.constant(at, "a limit");
      if (values.length !== 1) throw node.refuse("a limit that is no scalar");
      return values[0] as number | bigint;
    });
  }
  const [low, high] = limits;
  if (input.type === "float32" || input.type === "float64") {
    if (Number.isNaN(low) || Number.isNaN(high)) throw node.refuse("a limit that is not a number");
    return mapped(node, input, emit.unary("clip", input.register, Number(low ?? -Infinity), Number(high ?? Infinity)));
  }
  node.takes(input, ["int64", "int32"]);
  const lowered = low === undefined ? input.register : emit.binary("max", input.register, emit.number("i64", BigInt(low)));
  return mapped(node, input, high === undefined ? lowered : emit.binary("min", lowered, emit.number("i64", BigInt(high))));
}

function gelu(node: Node): Value[] {
  if (node.attributes.string("approximate", "none") !== "none") throw node.refuse("the approximation by tanh");
  const input = node.turnedRows(0);
  node.takes(input, FLOAT);
  return mapped(node, input, node.emit.unary("gelu", input.register));
}

function hardSwish(node: Node): Value[] {
  const input = node.turnedRows(0);
  node.takes(input, FLOATS);
  const gate = node.emit.unary("hardSigmoid", input.register, Math.fround(1 / 6), 0.5);
  return mapped(node, input, node.emit.binary("mul", input.register, gate));
}

function isNaN(node: Node): Value[] {
  const { bound: _bound, ...input } = node.turnedRows(0);
  node.takes(input, FLOATS);
  return mapped(node, input, node.emit.unary("isNaN", input.register), "bool");
}

function isInf(node: Node): Value[] {
  const { bound: _bound, ...input } = node.turnedRows(0);
  node.takes(input, FLOATS);
  const { emit } = node;
  const signs = [node.attributes.int("detect_positive", 1) !== 0 ? Infinity : undefined, node.attributes.int("detect_negative", 1) !== 0 ? -Infinity : undefined];
  const found = signs.filter((sign) => sign !== undefined).map((sign) => emit.binary("eq", input.register, emit.like(input.register, sign)));
  const [first, second] = found;
  if (first === undefined) throw node.refuse("it detects nothing");
  return mapped(node, input, second === undefined ? first : emit.binary("or", first, second), "bool");
}

/** The mask is not given; it is for training. */
function dropout(node: Node): Value[] {
  node.attributes.ignore("ratio", "seed");
  if (node.version < 7) throw node.refuse("a version before 7");
  if (node.has(2)) {
    const training = node.constant(2, "a training mode");
    if (Number(training.values[0] ?? 0) !== 0) throw node.refuse("training mode");
  }
  if (node.wanted[1] === true) throw node.refuse("its mask is used");
  return [node.input(0)];
}

export const UNARY_OPERATORS: Operators = {
  Relu: unary(6, "relu", FLOATS),
  LeakyRelu: unary(6, "leakyRelu", FLOAT, [["alpha", 0.01]]),
  PRelu: { since: 7, compile: prelu },
  Elu: unary(6, "elu", FLOAT, [["alpha", 1]]),
  Selu: unary(6, "selu", FLOAT, [
    ["alpha", 1.6732632423543772],
    ["gamma", 1.0507009873554805],
  ]),
  Celu: unary(12, "celu", FLOAT, [["alpha", 1]]),
  ThresholdedRelu: unary(10, "thresholdedRelu", FLOAT, [["alpha", 1]]),
  HardSigmoid: unary(6, "hardSigmoid", FLOAT, [
    ["alpha", 0.2],
    ["beta", 0.5],
  ]),
  HardSwish: { since: 14, compile: hardSwish },
  Softplus: unary(1, "softplus", FLOAT),
  Softsign: unary(1, "softsign", FLOAT),
  Gelu: { since: 20, compile: gelu },
  Sigmoid: unary(6, "sigmoid", FLOATS),
  Tanh: unary(6, "tanh", FLOATS),
  Erf: unary(9, "erf", FLOAT),
  Exp: unary(6, "exp", FLOATS),
  Log: unary(6, "log", FLOATS),
  Sqrt: unary(6, "sqrt", FLOATS),
  Abs: unary(6, "abs", ["float32", "float64", "int64"]),
  Neg: unary(6, "neg", ["float32", "float64", "int64"]),
  Sign: unary(9, "sign", ["float32", "float64", "int64", "int32"]),
  Reciprocal: unary(6, "reciprocal", FLOATS),
  Floor: unary(6, "floor", FLOATS),
  Ceil: unary(6, "ceil", FLOATS),
  Round: unary(11, "round", FLOATS),
  Not: unary(1, "not", ["bool"]),
  IsNaN: { since: 9, compile: isNaN },
  IsInf: { since: 10, compile: isInf },
  Clip: { since: 6, compile: clip },
  Dropout: { since: 7, compile: dropout },
};
