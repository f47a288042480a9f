import { operandsOf, type BinaryFunction, type ModelProgram, type Register, type Step, type TreeEnsemble, type UnaryFunction } from "../program.js";
import { ModelError, received } from "../../errors.js";
import type { TensorType } from "../tensor.js";
import { ModelWriter } from "./writer.js";

const ELEMENTS = ["f32", "f64", "i64", "text"] as const;

/** The native side's numbers for tensor types, in this order. */
export const TENSOR_TYPES: readonly TensorType[] = [
  "float32", "float64", "float16", "int8", "uint8", "int16", "uint16", "int32", "uint32", "int64", "uint64", "bool", "string",
];

const STEPS: readonly Step["op"][] = [
  "trees", "dense", "unary", "binary", "where", "scale", "impute", "normalize", "softmax", "reduce", "argmax", "select", "concat", "cast", "oneHot", "lookup",
];

const UNARY: readonly UnaryFunction[] = [
  "abs", "neg", "sign", "not", "reciprocal", "sqrt", "exp", "log", "floor", "ceil", "round", "erf", "sigmoid", "tanh", "relu", "softplus",
  "softsign", "gelu", "probit", "leakyRelu", "elu", "celu", "thresholdedRelu", "selu", "hardSigmoid", "clip", "binarize", "isNaN",
];

const BINARY: readonly BinaryFunction[] = ["add", "sub", "mul", "div", "pow", "min", "max", "mod", "lt", "le", "gt", "ge", "eq", "ne", "and", "or", "xor"];

/** ONNX's defaults of the parameters. */
const DEFAULTS: Partial<Record<UnaryFunction, readonly [alpha: number, beta: number]>> = {
  leakyRelu: [Math.fround(0.01), 0],
  elu: [1, 0],
  celu: [1, 0],
  thresholdedRelu: [1, 0],
  selu: [Math.fround(1.67326319217681884765625), Math.fround(1.05070102214813232421875)],
  hardSigmoid: [Math.fround(0.2), 0.5],
  clip: [-Infinity, Infinity],
};

/** Bytes of a model for the add-on; the format is written down in native/score/compiled_program.h. */
export function encodeModel(program: ModelProgram): Uint8Array {
  const w = new ModelWriter();
  w.u32(0x4d434b53);
  w.u32(1);
  w.u32(program.registers.length);
  for (const { element, width, constant } of program.registers) {
    w.u8(ELEMENTS.indexOf(element));
    w.u32(width);
    w.u8(constant === undefined ? 0 : 1);
    if (constant !== undefined) w.values(constant);
  }
  w.u32(program.inputs.length);
  for (const { register, type } of program.inputs) {
    w.u32(register);
    w.u8(TENSOR_TYPES.indexOf(type));
  }
  w.u32(program.outputs.length);
  for (const { register, type, labels } of program.outputs) {
    w.u32(register);
    w.u8(TENSOR_TYPES.indexOf(type));
    w.u8(labels === undefined ? 0 : labels instanceof BigInt64Array ? 1 : 2);
    if (labels instanceof BigInt64Array) w.array(labels);
    else if (labels !== undefined) w.u32(labels.length);
  }
  w.u32(program.steps.length);
  for (const step of program.steps) writeStep(w, program.registers, step);
  return w.bytes();
}

function kindOf(step: Step): number {
  switch (step.op) {
    case "unary":
      return UNARY.indexOf(step.fn);
    case "binary":
      return BINARY.indexOf(step.fn);
    case "normalize":
      return ["l1", "l2", "max"].indexOf(step.norm);
    case "softmax":
      return ["softmax", "logSoftmax", "softmaxZero"].indexOf(step.kind);
    case "reduce":
      return ["sum", "mean", "min", "max", "sumSquares", "l1", "l2"].indexOf(step.fn);
    case "argmax":
      return (step.kind === "min" ? 1 : 0) + (step.last ? 2 : 0);
    case "cast":
      return step.toBool === true ? 1 : 0;
    case "oneHot":
      return step.unknown === "error" ? 1 : 0;
    default:
      return 0;
  }
}

function writeStep(w: ModelWriter, registers: readonly Register[], step: Step): void {
  w.u8(STEPS.indexOf(step.op));
  w.u8(kindOf(step));
  w.array(Uint32Array.from(operandsOf(step)));
  w.u32(step.output);
  switch (step.op) {
    case "trees":
      writeTrees(w, step.ensemble);
      break;
    case "dense":
      w.values(step.weights);
      w.u8(step.bias === undefined ? 0 : 1);
      if (step.bias !== undefined) w.values(step.bias);
      break;
    case "unary": {
      const [alpha, beta] = DEFAULTS[step.fn] ?? [0, 0];
      w.f64(step.alpha ?? alpha);
      w.f64(step.beta ?? beta);
      break;
    }
    case "scale":
      w.values(step.offset);
      w.values(step.scale);
      break;
    case "impute":
      w.values(single(step.missing, registers[step.input]));
      w.values(step.values);
      break;
    case "select":
      w.array(step.columns);
      break;
    case "oneHot":
      w.values(step.categories);
      break;
    case "lookup":
      w.values(step.keys);
      w.values(step.values);
      w.values(single(step.otherwise, registers[step.output]));
      break;
    default:
  }
}

/** One value of a register's element. */
function single(value: number | bigint, register: Register | undefined): Float32Array | Float64Array | BigInt64Array {
  if (register?.element === "i64") {
    if (typeof value === "number" && !Number.isInteger(value)) {
      throw new ModelError("INVALID_MODEL", "a value of an int64 column", { expected: "an integer", actual: received(value) });
    }
    return BigInt64Array.of(BigInt(value));
  }
  return register?.element === "f64" ? Float64Array.of(Number(value)) : Float32Array.of(Number(value));
}

function writeTrees(w: ModelWriter, trees: TreeEnsemble): void {
  w.u32(trees.targets);
  w.u8(trees.compare === "f64" ? 1 : 0);
  w.u8(["sum", "average", "min", "max"].indexOf(trees.aggregate));
  w.u8(trees.accumulate === "f64" ? 1 : 0);
  w.u8(trees.baseFirst ? 1 : 0);
  w.array(trees.roots);
  w.array(trees.modes);
  w.array(trees.features);
  w.array(trees.thresholds);
  w.array(trees.yes);
  w.array(trees.no);
  w.array(trees.missingYes);
  w.array(trees.zeroMissing ?? new Uint8Array(0));
  w.array(trees.leafStarts);
  w.array(trees.leafTargets);
  w.array(trees.leafValues);
  w.array(trees.base);
  w.u32(trees.sets.length);
  for (const set of trees.sets) w.array(set);
}
