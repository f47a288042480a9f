import type {
  BinaryFunction,
  Element,
  Register,
  RegisterIndex,
  Step,
  TreeEnsemble,
  UnaryFunction,
} from "../program.js";

type Numbers = Float32Array | Float64Array | BigInt64Array;

const TO_I64: ReadonlySet<BinaryFunction> = new Set<BinaryFunction>(["lt", "le", "gt", "ge", "eq", "ne", "and", "or", "xor"]);

/** Collects registers and steps. Each method appends one step and returns the register that it writes. */
export class Emitter {
  readonly registers: Register[] = [];
  readonly steps: Step[] = [];
  readonly #numbers = new Map<string, RegisterIndex>();

  register(element: Element, width: number): RegisterIndex {
    this.registers.push({ element, width });
    return this.registers.length - 1;
  }

  element(register: RegisterIndex): Element {
    return (this.registers[register] as Register).element;
  }

  width(register: RegisterIndex): number {
    return (this.registers[register] as Register).width;
  }

  constant(element: Element, values: Numbers | readonly string[]): RegisterIndex {
    this.registers.push({ element, width: values.length, constant: values });
    return this.registers.length - 1;
  }

  /** A constant of width 1 in the precision of `element`. */
  number(element: Exclude<Element, "text">, value: number | bigint): RegisterIndex {
    const key = `${element} ${Object.is(value, -0) ? "-0" : value}`;
    const known = this.#numbers.get(key);
    if (known !== undefined) return known;
    const register = this.constant(element, numbers(element, [value]));
    this.#numbers.set(key, register);
    return register;
  }

  /** A constant of the element that `register` holds. */
  like(register: RegisterIndex, value: number): RegisterIndex {
    const element = this.element(register);
    return element === "i64" ? this.number("i64", BigInt(value)) : this.number(element as "f32" | "f64", value);
  }

  #write(element: Element, width: number, step: (output: RegisterIndex) => Step): RegisterIndex {
    const output = this.register(element, width);
    this.steps.push(step(output));
    return output;
  }

  unary(fn: UnaryFunction, input: RegisterIndex, alpha?: number, beta?: number): RegisterIndex {
    return this.#write(fn === "isNaN" ? "i64" : this.element(input), this.width(input), (output) => ({
      op: "unary",
      fn,
      input,
      output,
      ...(alpha === undefined ? {} : { alpha }),
      ...(beta === undefined ? {} : { beta }),
    }));
  }

  binary(fn: BinaryFunction, left: RegisterIndex, right: RegisterIndex): RegisterIndex {
    const element = TO_I64.has(fn) ? "i64" : this.element(left);
    const width = this.width(left) === 1 ? this.width(right) : this.width(left);
    return this.#write(element, width, (output) => ({ op: "binary", fn, left, right, output }));
  }

  where(condition: RegisterIndex, yes: RegisterIndex, no: RegisterIndex): RegisterIndex {
    const widths = [condition, yes, no].map((register) => this.width(register));
    const width = widths.find((size) => size !== 1) ?? 1;
    return this.#write(this.element(yes), width, (output) => ({ op: "where", condition, yes, no, output }));
  }

  cast(input: RegisterIndex, element: Element): RegisterIndex {
    if (this.element(input) === element) return input;
    return this.#write(element, this.width(input), (output) => ({ op: "cast", input, output }));
  }

  /** 1 where x is not 0, NaN among them. */
  truth(input: RegisterIndex): RegisterIndex {
    return this.#write("i64", this.width(input), (output) => ({ op: "cast", input, output, toBool: true }));
  }

  dense(input: RegisterIndex, weights: Float32Array | Float64Array, width: number, bias?: Float32Array | Float64Array): RegisterIndex {
    return this.#write(this.element(input), width, (output) => ({ op: "dense", input, output, weights, ...(bias === undefined ? {} : { bias }) }));
  }

  scale(input: RegisterIndex, offset: Float32Array | Float64Array, scale: Float32Array | Float64Array): RegisterIndex {
    return this.#write(this.element(input), this.width(input), (output) => ({ op: "scale", input, output, offset, scale }));
  }

  impute(input: RegisterIndex, missing: number | bigint, values: Numbers): RegisterIndex {
    return this.#write(this.element(input), this.width(input), (output) => ({ op: "impute", input, output, missing, values }));
  }

  normalize(norm: "l1" | "l2" | "max", input: RegisterIndex): RegisterIndex {
    return this.#write(this.element(input), this.width(input), (output) => ({ op: "normalize", norm, input, output }));
  }

  softmax(kind: "softmax" | "logSoftmax" | "softmaxZero", input: RegisterIndex): RegisterIndex {
    return this.#write(this.element(input), this.width(input), (output) => ({ op: "softmax", kind, input, output }));
  }

  reduce(fn: Extract<Step, { op: "reduce" }>["fn"], input: RegisterIndex): RegisterIndex {
    return this.#write(this.element(input), 1, (output) => ({ op: "reduce", fn, input, output }));
  }

  argmax(kind: "max" | "min", last: boolean, input: RegisterIndex): RegisterIndex {
    return this.#write("i64", 1, (output) => ({ op: "argmax", kind, last, input, output }));
  }

  select(input: RegisterIndex, columns: readonly number[] | Int32Array): RegisterIndex {
    if (columns.length === this.width(input) && columns.every((column, i) => column === i)) return input;
    return this.#write(this.element(input), columns.length, (output) => ({ op: "select", columns: Int32Array.from(columns), input, output }));
  }

  concat(inputs: readonly RegisterIndex[]): RegisterIndex {
    const [first] = inputs as readonly [RegisterIndex];
    if (inputs.length === 1) return first;
    const width = inputs.reduce((sum, input) => sum + this.width(input), 0);
    return this.#write(this.element(first), width, (output) => ({ op: "concat", inputs, output }));
  }

  oneHot(input: RegisterIndex, categories: BigInt64Array | readonly string[], unknown: "zeros" | "error"): RegisterIndex {
    return this.#write("f32", this.width(input) * categories.length, (output) => ({ op: "oneHot", input, output, categories, unknown }));
  }

  lookup(input: RegisterIndex, keys: Numbers | readonly string[], values: Numbers, otherwise: number | bigint): RegisterIndex {
    return this.#write(elementOfNumbers(values), this.width(input), (output) => ({ op: "lookup", input, output, keys, values, otherwise }));
  }

  trees(input: RegisterIndex, ensemble: TreeEnsemble): RegisterIndex {
    return this.#write(ensemble.accumulate, ensemble.targets, (output) => ({ op: "trees", input, output, ensemble }));
  }

  /** The lowest 32 bits as a signed integer: the multiplication wraps, the division is exact. */
  wrap32(input: RegisterIndex): RegisterIndex {
    const shift = this.number("i64", 1n << 32n);
    return this.binary("div", this.binary("mul", input, shift), shift);
  }
}

function elementOfNumbers(values: Numbers): Exclude<Element, "text"> {
  return values instanceof Float32Array ? "f32" : values instanceof Float64Array ? "f64" : "i64";
}

/** Numbers in the array that a register of this element holds. */
export function numbers(element: Exclude<Element, "text">, values: ArrayLike<number | bigint>): Numbers {
  if (element === "i64") return BigInt64Array.from(values as ArrayLike<number>, (value: number | bigint) => BigInt(value));
  return element === "f32"
    ? Float32Array.from(values as ArrayLike<number>, (value: number | bigint) => Number(value))
    : Float64Array.from(values as ArrayLike<number>, (value: number | bigint) => Number(value));
}
