/** Random well-typed programs over every step and mode, and tensors for them. */
import { NODE_MODES, type Element, type ModelProgram, type ProgramInput, type ProgramOutput, type Register, type Step, type TreeEnsemble } from "../../../src/scorer/program.js";
import type { Tensor, TensorType } from "../../../src/scorer/tensor.js";
import { Random } from "./random.js";

const UNARY = [
  "abs", "neg", "sign", "not", "reciprocal", "sqrt", "exp", "log", "floor", "ceil", "round", "erf", "sigmoid", "tanh", "relu", "softplus", "softsign", "gelu",
  "probit", "leakyRelu", "elu", "celu", "thresholdedRelu", "selu", "hardSigmoid", "clip", "binarize", "isNaN",
] as const;
const ARITHMETIC = ["add", "sub", "mul", "div", "pow", "min", "max", "mod", "lt", "le", "gt", "ge", "eq", "ne"] as const;
const LOGIC = ["and", "or", "xor"] as const;

export const STEP_OPS: readonly Step["op"][] = [
  "trees", "dense", "unary", "binary", "where", "scale", "impute", "normalize", "softmax", "reduce", "argmax", "select", "concat", "cast", "oneHot", "lookup",
];

const INTEGER_TYPES: readonly TensorType[] = ["int8", "uint8", "int16", "uint16", "int32", "uint32", "int64", "uint64", "bool"];

function floats(element: Element, values: readonly number[]): Float32Array | Float64Array {
  return element === "f32" ? Float32Array.from(values) : Float64Array.from(values);
}

class Generator {
  readonly registers: Register[] = [];
  readonly steps: Step[] = [];
  readonly inputs: ProgramInput[] = [];
  readonly #rng: Random;

  constructor(rng: Random) {
    this.#rng = rng;
  }

  add(element: Element, width: number): number {
    this.registers.push({ element, width });
    return this.registers.length - 1;
  }

  input(type: TensorType, width: number): void {
    const element = type === "string" ? "text" : type === "float64" ? "f64" : type === "float32" || type === "float16" ? "f32" : "i64";
    this.inputs.push({ name: `x${this.inputs.length}`, type, dims: ["N", width], register: this.add(element, width) });
  }

  list(element: Element, n: number): Float32Array | Float64Array | BigInt64Array {
    const rng = this.#rng;
    if (element === "i64") return BigInt64Array.from({ length: n }, () => rng.integer());
    return floats(element, Array.from({ length: n }, () => rng.real()));
  }

  constant(): void {
    const element = this.#rng.pick(["f32", "f64", "i64", "text"] as const);
    const width = 1 + this.#rng.below(4);
    const constant = element === "text" ? Array.from({ length: width }, () => this.#rng.text()) : this.list(element, width);
    this.registers.push({ element, width, constant });
  }

  /** A register of one of the elements. */
  #find(...elements: Element[]): number | undefined {
    const fitting = this.registers.flatMap(({ element }, i) => (elements.includes(element) ? [i] : []));
    return fitting.length === 0 ? undefined : this.#rng.pick(fitting);
  }
  /** A register of the element whose width goes with the given ones. */
  #partner(element: Element, ...widths: number[]): number | undefined {
    const widest = Math.max(...widths);
    const fits = (w: number): boolean => w === 1 || w === widest || widest === 1;
    const fitting = this.registers.flatMap((r, i) => (r.element === element && fits(r.width) ? [i] : []));
    return fitting.length === 0 ? undefined : this.#rng.pick(fitting);
  }

  step(op: Step["op"]): void {
    const made = this.#make(op);
    if (made === undefined) return;
    const [out, step] = made;
    if (out.width > 200) return;
    this.steps.push({ ...step, output: this.add(out.element, out.width) } as Step);
  }

  #make(op: Step["op"]): [Register, object] | undefined {
    const rng = this.#rng;
    const numeric = this.#find("f32", "f64", "i64");
    const real = this.#find("f32", "f64");
    const any = this.#find("f32", "f64", "i64", "text") as number;
    switch (op) {
      case "where": {
        const condition = this.#find("i64");
        if (condition === undefined || numeric === undefined) return undefined;
        const widths = [(this.registers[condition] as Register).width];
        const { element } = this.registers[numeric] as Register;
        const yes = this.#partner(element, ...widths);
        if (yes === undefined) return undefined;
        widths.push((this.registers[yes] as Register).width);
        const no = this.#partner(element, ...widths);
        if (no === undefined) return undefined;
        widths.push((this.registers[no] as Register).width);
        return [{ element, width: Math.max(...widths) }, { op, condition, yes, no }];
      }
      case "binary": {
        const left = numeric;
        if (left === undefined) return undefined;
        const { element, width } = this.registers[left] as Register;
        const right = this.#partner(element, width) as number;
        const fn = element === "i64" && rng.oneIn(4) ? rng.pick(LOGIC) : rng.pick(ARITHMETIC);
        const compares = ["lt", "le", "gt", "ge", "eq", "ne", "and", "or", "xor"].includes(fn);
        return [{ element: compares ? "i64" : element, width: Math.max(width, (this.registers[right] as Register).width) }, { op, fn, left, right }];
      }
      case "concat": {
        const { element } = this.registers[any] as Register;
        const inputs = Array.from({ length: 1 + rng.below(3) }, () => this.#find(element) as number);
        return [{ element, width: inputs.reduce((sum, i) => sum + (this.registers[i] as Register).width, 0) }, { op, inputs }];
      }
      case "select": {
        const { element, width } = this.registers[any] as Register;
        const columns = Int32Array.from({ length: 1 + rng.below(6) }, () => rng.below(width));
        return [{ element, width: columns.length }, { op, input: any, columns }];
      }
      case "oneHot": {
        const input = this.#find("f32", "i64", "text");
        if (input === undefined) return undefined;
        const { element, width } = this.registers[input] as Register;
        const n = 1 + rng.below(6);
        const categories = element === "text" ? distinct(Array.from({ length: n }, () => rng.text())) : this.#distinct(element, n);
        return [{ element: rng.pick(["f32", "f64", "i64"]), width: width * categories.length }, { op, input, categories, unknown: "zeros" }];
      }
      case "lookup": {
        const { element, width } = this.registers[any] as Register;
        const n = rng.below(7);
        const keys = element === "text" ? distinct(Array.from({ length: n }, () => rng.text())) : this.#distinct(element, n);
        const to = rng.pick(["f32", "f64", "i64"] as const);
        const otherwise = to === "i64" ? rng.integer() : rng.real();
        return [{ element: to, width }, { op, input: any, keys, values: this.list(to, keys.length), otherwise }];
      }
      case "unary":
      case "impute":
      case "argmax":
      case "cast":
        return numeric === undefined ? undefined : this.#number(op, numeric);
      default:
        return real === undefined ? undefined : this.#float(op, real);
    }
  }

  #distinct(element: Element, n: number): Float32Array | Float64Array | BigInt64Array {
    const values = distinct(Array.from(this.list(element, n) as ArrayLike<number | bigint>, (v) => (v === 0 ? 0 : v)));
    return element === "i64" ? BigInt64Array.from(values as bigint[]) : floats(element, values as number[]);
  }

  #number(op: "unary" | "impute" | "argmax" | "cast", input: number): [Register, object] {
    const rng = this.#rng;
    const { element, width } = this.registers[input] as Register;
    switch (op) {
      case "unary": {
        const fn = element === "i64" ? rng.pick(["abs", "neg", "sign", "not"] as const) : rng.pick(UNARY);
        const low = rng.below(5) - 2;
        const parameters = fn === "clip" ? { alpha: low, beta: low + rng.below(3) } : { alpha: 0.25 + rng.below(4) / 2, beta: 0.5 + rng.below(3) };
        return [{ element: fn === "isNaN" ? "i64" : element, width }, { op, fn, input, ...parameters }];
      }
      case "impute": {
        const missing = element === "i64" ? rng.integer() : rng.pick([NaN, 0, -1, 2.5]);
        return [{ element, width }, { op, input, missing, values: this.list(element, width) }];
      }
      case "argmax":
        return [{ element: "i64", width: 1 }, { op, input, kind: rng.pick(["max", "min"]), last: rng.oneIn(2) }];
      case "cast":
        return [{ element: rng.pick(["f32", "f64", "i64"]), width }, { op, input, toBool: rng.oneIn(4) }];
    }
  }

  #float(op: Step["op"], input: number): [Register, object] | undefined {
    const rng = this.#rng;
    const { element, width } = this.registers[input] as Register;
    switch (op) {
      case "trees": {
        const ensemble = randomTrees(rng, width, rng.pick(["shallow", "deep", "mixed"]));
        return [{ element: rng.pick(["f32", "f64"]), width: ensemble.targets }, { op, input, ensemble }];
      }
      case "dense": {
        const to = rng.pick([1, 2, 3, 8, 17, 33, 65]);
        const list = (n: number): Float32Array | Float64Array => floats(element, Array.from({ length: n }, () => (rng.oneIn(50) ? rng.real() : rng.normal())));
        return [{ element, width: to }, { op, input, weights: list(width * to), ...(rng.oneIn(4) ? {} : { bias: list(to) }) }];
      }
      case "scale":
        return [{ element, width }, { op, input, offset: this.list(element, width), scale: this.list(element, width) }];
      case "normalize":
        return [{ element, width }, { op, input, norm: rng.pick(["l1", "l2", "max"]) }];
      case "softmax":
        return [{ element, width }, { op, input, kind: rng.pick(["softmax", "logSoftmax", "softmaxZero"]) }];
      case "reduce":
        return [{ element, width: 1 }, { op, input, fn: rng.pick(["sum", "mean", "min", "max", "sumSquares", "l1", "l2"]) }];
      default:
        return undefined;
    }
  }
}

function distinct<T>(items: readonly T[]): T[] {
  return [...new Set(items)];
}

/** "shallow": numeric and small; "deep": numeric and unbalanced; "mixed": every mode, any shape. */
export function randomTrees(rng: Random, features: number, shape: "shallow" | "deep" | "mixed"): TreeEnsemble {
  const targets = rng.pick([1, 1, 1, 2, 3]);
  const trees = rng.pick([1, 3, 8, 9, 17, 26]);
  const wide = shape === "shallow" ? 2 + rng.below(6) : 4 + rng.below(9);
  const modes: number[] = [];
  const feature: number[] = [];
  const thresholds: number[] = [];
  const yes: number[] = [];
  const no: number[] = [];
  const missingYes: number[] = [];
  const zeroMissing: number[] = [];
  const leafStarts: number[] = [0];
  const leafTargets: number[] = [];
  const leafValues: number[] = [];
  const sets: Uint32Array[] = Array.from({ length: 3 }, () => Uint32Array.from({ length: 1 + rng.below(3) }, () => rng.below(2 ** 32)));
  sets.push(new Uint32Array(0));
  const onlyMode = rng.oneIn(2) ? 1 + rng.below(4) : undefined;
  const neverMissing = rng.oneIn(3);
  const singleLeaves = rng.oneIn(2);
  const node = (depth: number, target: number): number => {
    const at = modes.length;
    const chain = shape !== "shallow" && rng.oneIn(3);
    const leaf = depth === 0 || (depth < wide - 1 && rng.oneIn(6));
    modes.push(0);
    feature.push(0);
    thresholds.push(0);
    yes.push(0);
    no.push(0);
    missingYes.push(0);
    zeroMissing.push(0);
    if (leaf) {
      const n = singleLeaves ? 1 : rng.below(targets + 1);
      for (let i = 0; i < n; i++) {
        leafTargets.push(singleLeaves ? target : rng.below(targets));
        leafValues.push(rng.oneIn(40) ? rng.real() : rng.normal());
      }
      leafStarts.push(leafValues.length);
      return at;
    }
    leafStarts.push(leafValues.length);
    const mode = onlyMode ?? (shape === "mixed" ? 1 + rng.below(NODE_MODES.length - 1) : 1 + rng.below(4));
    modes[at] = mode;
    feature[at] = rng.below(features);
    thresholds[at] = NODE_MODES[mode] === "in" ? rng.below(sets.length) : rng.real();
    missingYes[at] = neverMissing ? (mode === 1 || mode === 2 ? 0 : 1) : rng.below(2);
    zeroMissing[at] = shape === "mixed" && rng.oneIn(4) ? 1 : 0;
    yes[at] = node(depth - 1, target);
    no[at] = node(chain ? 0 : depth - 1, target);
    return at;
  };
  const roots = Array.from({ length: trees }, (_, i) => node(shape === "shallow" && rng.oneIn(2) ? wide : rng.below(wide + 1), i % targets));
  const aggregate = rng.pick(["sum", "sum", "sum", "average", "min", "max"] as const);
  return {
    targets,
    roots: Int32Array.from(roots),
    modes: Uint8Array.from(modes),
    features: Int32Array.from(feature),
    thresholds: Float64Array.from(thresholds),
    yes: Int32Array.from(yes),
    no: Int32Array.from(no),
    missingYes: Uint8Array.from(missingYes),
    ...(shape === "mixed" ? { zeroMissing: Uint8Array.from(zeroMissing) } : {}),
    sets,
    leafStarts: Int32Array.from(leafStarts),
    leafTargets: Int32Array.from(leafTargets),
    leafValues: Float64Array.from(leafValues),
    compare: rng.pick(["f32", "f64"]),
    aggregate,
    accumulate: rng.pick(["f32", "f64"]),
    base: Float64Array.from({ length: targets }, () => (rng.oneIn(3) ? 0 : rng.normal())),
    baseFirst: aggregate === "sum" && rng.oneIn(2),
  };
}

/** With `ops` each step in turn is made of these; a program of one float32 input where `row`. */
export function randomProgram(seed: number, ops: readonly Step["op"][], row: boolean): ModelProgram {
  const rng = new Random(seed);
  const g = new Generator(rng);
  if (row) {
    g.input("float32", 1 + rng.below(20));
  } else {
    const types = ["float32", "float64", "float16", "string", ...INTEGER_TYPES] as const;
    for (let n = 1 + rng.below(4); n > 0; n--) g.input(rng.oneIn(2) ? rng.pick(["float32", "float64", "int64"]) : rng.pick(types), 1 + rng.below(6));
  }
  while (rng.oneIn(3)) g.constant();
  for (let n = 0; n < 14; n++) g.step(rng.oneIn(3) ? rng.pick(STEP_OPS) : rng.pick(ops));
  // Every register but text is an output, so that each step can be checked by itself.
  const outputs: ProgramOutput[] = g.registers.flatMap(({ element, width }, register) => {
    if (element === "text") return [];
    const type = element === "f32" ? "float32" : element === "f64" ? "float64" : "int64";
    return [{ name: `r${register}`, type, dims: ["N", width], register, rank: 2 }];
  });
  return { source: "onnx", registers: g.registers, inputs: g.inputs, outputs, steps: g.steps };
}

export function randomTensors(seed: number, program: ModelProgram, rows: number): Tensor[] {
  const rng = new Random(seed);
  return program.inputs.map(({ type, register }) => {
    const { width } = program.registers[register] as Register;
    return randomTensor(rng, type, rows, width);
  });
}

function randomTensor(rng: Random, type: TensorType, rows: number, width: number): Tensor {
  const dims = [rows, width];
  const length = rows * width;
  const plain = rng.oneIn(3);
  const real = (): number => (plain ? rng.normal() : rng.real());
  switch (type) {
    case "float32":
      return { type, dims, data: Float32Array.from({ length }, real) };
    case "float64":
      return { type, dims, data: Float64Array.from({ length }, real) };
    case "string":
      return { type, dims, data: Array.from({ length }, () => rng.text()) };
    case "bool":
      return { type, dims, data: Uint8Array.from({ length }, () => rng.below(2)) };
    case "int64":
      return { type, dims, data: BigInt64Array.from({ length }, () => rng.integer()) };
    case "uint64":
      return { type, dims, data: BigUint64Array.from({ length }, () => BigInt.asUintN(64, rng.integer())) };
    default: {
      const Array_ = { float16: Uint16Array, int8: Int8Array, uint8: Uint8Array, int16: Int16Array, uint16: Uint16Array, int32: Int32Array, uint32: Uint32Array }[type];
      return { type, dims, data: new Array_(Array.from({ length }, () => (rng.oneIn(3) ? rng.below(2 ** 32) : rng.below(9)))) } as Tensor;
    }
  }
}
