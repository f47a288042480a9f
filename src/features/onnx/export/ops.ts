import type { GraphBuilder } from "../../../onnx/builder.js";
import { DataType } from "../../../onnx/schema.js";
import type { KernelType } from "../../../types/data-type.js";

/** A value of the graph: a tensor [N, 1], or a scalar where nothing depends on the row. */
export type Value = string;

const ELEM: Readonly<Record<string, number>> = {
  float64: DataType.DOUBLE,
  int64: DataType.INT64,
  timestamp: DataType.INT64,
  bool: DataType.BOOL,
  utf8: DataType.STRING,
};

/** The element type that a kernel type has in the graph. */
export function elemType(type: KernelType): number {
  const elem = ELEM[type];
  if (elem === undefined) throw new RangeError(`no tensors of ${type}`);
  return elem;
}

/** The first 33 bits of π, the next 33, the rest. */
const PI_PARTS = [2 * 1.57079632673412561417, 2 * 6.0771005063039659766e-11, 2 * 2.02226624879595063154e-21] as const;

/** float64 and int64 arithmetic in words of ONNX operators that ONNX Runtime computes in double. */
export class Ops {
  readonly graph: GraphBuilder;

  constructor(graph: GraphBuilder) {
    this.graph = graph;
  }

  // ---- constants ----
  f64(value: number): Value {
    return this.graph.constant({ type: DataType.DOUBLE, dims: [], values: Float64Array.of(value) });
  }
  i64(value: number | bigint): Value {
    return this.graph.constant({ type: DataType.INT64, dims: [], values: BigInt64Array.of(BigInt(value)) });
  }
  bool(value: boolean): Value {
    return this.graph.constant({ type: DataType.BOOL, dims: [], values: Uint8Array.of(value ? 1 : 0) });
  }
  utf8(value: string): Value {
    return this.graph.constant({ type: DataType.STRING, dims: [], values: [value] });
  }
  f64s(values: readonly number[], dims: readonly number[] = [values.length]): Value {
    return this.graph.constant({ type: DataType.DOUBLE, dims, values: Float64Array.from(values) });
  }
  i64s(values: readonly (number | bigint)[], dims: readonly number[] = [values.length]): Value {
    return this.graph.constant({ type: DataType.INT64, dims, values: BigInt64Array.from(values, BigInt) });
  }

  // ---- one operator each ----
  op(opType: string, ...inputs: Value[]): Value {
    return this.graph.node(opType, inputs);
  }
  add(x: Value, y: Value): Value {
    return this.op("Add", x, y);
  }
  sub(x: Value, y: Value): Value {
    return this.op("Sub", x, y);
  }
  mul(x: Value, y: Value): Value {
    return this.op("Mul", x, y);
  }
  /** Of int64: callers see to it that y is neither 0 nor -1, on which runtimes may crash. */
  div(x: Value, y: Value): Value {
    return this.op("Div", x, y);
  }
  neg(x: Value): Value {
    return this.op("Neg", x);
  }
  abs(x: Value): Value {
    return this.op("Abs", x);
  }
  sqrt(x: Value): Value {
    return this.op("Sqrt", x);
  }
  exp(x: Value): Value {
    return this.op("Exp", x);
  }
  log(x: Value): Value {
    return this.op("Log", x);
  }
  floor(x: Value): Value {
    return this.op("Floor", x);
  }
  not(x: Value): Value {
    return this.op("Not", x);
  }
  and(x: Value, y: Value): Value {
    return this.op("And", x, y);
  }
  or(x: Value, y: Value): Value {
    return this.op("Or", x, y);
  }
  eq(x: Value, y: Value): Value {
    return this.op("Equal", x, y);
  }
  lt(x: Value, y: Value): Value {
    return this.op("Less", x, y);
  }
  le(x: Value, y: Value): Value {
    return this.op("LessOrEqual", x, y);
  }
  gt(x: Value, y: Value): Value {
    return this.op("Greater", x, y);
  }
  ge(x: Value, y: Value): Value {
    return this.op("GreaterOrEqual", x, y);
  }
  isNaN(x: Value): Value {
    return this.op("IsNaN", x);
  }
  cast(x: Value, type: KernelType): Value {
    return this.castTo(x, elemType(type));
  }
  castTo(x: Value, elem: number): Value {
    return this.graph.node("Cast", [x], { to: BigInt(elem) });
  }
  /** Where has no bool form in ONNX Runtime. */
  where(condition: Value, x: Value, y: Value, type: KernelType = "float64"): Value {
    if (type === "bool") return this.or(this.and(condition, x), this.and(this.not(condition), y));
    return this.op("Where", condition, x, y);
  }

  // ---- small compositions ----
  square(x: Value): Value {
    return this.mul(x, x);
  }
  /** y with the sign of x; a zero x counts as positive. */
  withSign(y: Value, x: Value): Value {
    return this.where(this.lt(x, this.f64(0)), this.neg(y), y);
  }
  /** Quotient and remainder of an int64 by a positive constant, the remainder never negative; no overflow. */
  divide(x: Value, by: number | bigint): { readonly quotient: Value; readonly rest: Value } {
    const divisor = this.i64(by);
    const rest = this.op("Mod", x, divisor);
    const inexact = this.not(this.eq(rest, this.i64(0)));
    const below = this.cast(this.and(inexact, this.lt(x, this.i64(0))), "int64");
    return { quotient: this.sub(this.div(x, divisor), below), rest };
  }
  /**
   * ONNX Runtime's sine is off by some 2e-16 next to the multiples of π, where it should be that small itself. The
   * nearest multiple is taken off first, π in three parts whose products with it are exact.
   */
  sin(x: Value): Value {
    const k = this.op("Round", this.mul(x, this.f64(1 / Math.PI)));
    return this.#reduced(x, k, k, "Sin");
  }
  cos(x: Value): Value {
    const k = this.op("Round", this.sub(this.mul(x, this.f64(1 / Math.PI)), this.f64(0.5)));
    // cos(x) = -sin(x - π/2), so k counts from there.
    return this.#reduced(x, this.add(k, this.f64(0.5)), this.add(k, this.f64(1)), "Cos");
  }
  #reduced(x: Value, multiple: Value, sign: Value, opType: "Sin" | "Cos"): Value {
    const rest = PI_PARTS.reduce<Value>((left, part) => this.sub(left, this.mul(multiple, this.f64(part))), x);
    const sine = this.op("Sin", rest);
    const half = this.mul(sign, this.f64(0.5));
    const even = this.eq(this.floor(half), half);
    const near = this.where(even, sine, this.neg(sine));
    return this.where(this.lt(this.abs(x), this.f64(1e5)), near, this.op(opType, x));
  }
  /** 1 + x without the rounding of 1 + x: log1p. */
  log1p(x: Value): Value {
    const one = this.f64(1);
    const u = this.add(one, x);
    const d = this.sub(u, one);
    const corrected = this.div(this.mul(this.log(u), x), d);
    // Where x is lost in 1 + x, log1p(x) is x; where 1 is lost, the correction is 1 or infinity / infinity.
    const small = this.where(this.eq(u, one), x, corrected);
    return this.where(this.gt(this.abs(x), one), this.log(u), small);
  }
  /** 2 tanh(x/2) / (1 - tanh(x/2)) near 0, where exp(x) - 1 would cancel. */
  expm1(x: Value): Value {
    const one = this.f64(1);
    const half = this.op("Tanh", this.mul(x, this.f64(0.5)));
    const small = this.div(this.mul(this.f64(2), half), this.sub(one, half));
    return this.where(this.lt(this.abs(x), one), small, this.sub(this.exp(x), one));
  }
  /** A polynomial by Horner's rule, the constant term first. */
  polynomial(x: Value, coefficients: readonly number[]): Value {
    return coefficients.slice(0, -1).reduceRight<Value>((sum, c) => this.add(this.mul(sum, x), this.f64(c)), this.f64(coefficients.at(-1) as number));
  }
  greatest(x: Value, y: Value): Value {
    return this.where(this.or(this.isNaN(x), this.isNaN(y)), this.f64(NaN), this.op("Max", x, y));
  }
  least(x: Value, y: Value): Value {
    return this.where(this.or(this.isNaN(x), this.isNaN(y)), this.f64(NaN), this.op("Min", x, y));
  }

  // ---- search ----
  /** How many of the ascending constants are at most x, as int64; 0 for NaN. A halving search past a few. */
  countAtMost(x: Value, edges: readonly (number | bigint)[], type: "float64" | "int64"): Value {
    const count = edges.length;
    if (count === 0) return this.mul(this.cast(this.eq(x, x), "int64"), this.i64(0));
    const list = (values: readonly (number | bigint)[], dims: readonly number[]): Value =>
      type === "int64" ? this.i64s(values, dims) : this.f64s(values as readonly number[], dims);
    if (count <= 16) {
      return this.op("ReduceSum", this.cast(this.le(list(edges, [1, count]), x), "int64"), this.i64s([1]));
    }
    const steps = Math.ceil(Math.log2(count + 1));
    const padding = type === "int64" ? 2n ** 63n - 1n : Infinity;
    const padded = [...edges, ...Array.from({ length: 2 ** steps - 1 - count }, () => padding)];
    const table = list(padded, [padded.length]);
    let position = this.mul(this.cast(this.eq(x, x), "int64"), this.i64(0));
    for (let step = 2 ** (steps - 1); step >= 1; step /= 2) {
      const edge = this.op("Gather", table, this.add(position, this.i64(step - 1)));
      position = this.add(position, this.mul(this.cast(this.le(edge, x), "int64"), this.i64(step)));
    }
    return this.op("Min", position, this.i64(count));
  }
  /** 1 + the place of x among distinct keys, 0 where it is none of them; int64. */
  place(x: Value, keys: readonly (number | bigint | string)[], type: KernelType): Value {
    if (keys.length === 0) return type === "utf8" ? this.#encode(x, ["\u0000"], [0n]) : this.mul(this.cast(this.eq(x, x), "int64"), this.i64(0));
    if (type === "utf8") return this.#encode(x, keys as readonly string[], keys.map((_, i) => BigInt(i + 1)));
    if (type === "int64") {
      const attributes = { keys_int64s: keys.map(BigInt), values_int64s: keys.map((_, i) => BigInt(i + 1)), default_int64: 0n };
      return this.graph.node("LabelEncoder", [x], attributes, "ai.onnx.ml");
    }
    // LabelEncoder knows double only from version 4 on.
    const order = keys.map((key, i) => ({ key: key as number, place: i + 1 })).sort((a, b) => a.key - b.key);
    const below = this.countAtMost(x, order.map(({ key }) => key), "float64");
    const candidate = this.op("Gather", this.f64s([NaN, ...order.map(({ key }) => key)]), below);
    const place = this.op("Gather", this.i64s([0, ...order.map((entry) => entry.place)]), below);
    return this.mul(this.cast(this.eq(candidate, x), "int64"), place);
  }
  #encode(x: Value, keys: readonly string[], values: readonly bigint[]): Value {
    return this.graph.node("LabelEncoder", [x], { keys_strings: keys, values_int64s: values, default_int64: 0n }, "ai.onnx.ml");
  }
  /** The double at an int64 position that is within the table. */
  at(table: readonly number[], position: Value): Value {
    return this.op("Gather", this.f64s(table), position);
  }
}
