/**
 * Each step of a compiled model for one row, in plain TypeScript, written from src/scorer/program.ts: what the native
 * kernels are compared with.
 */
import type { BinaryFunction, ModelProgram, Register, Step, TreeEnsemble, UnaryFunction } from "../../../src/scorer/program.js";
import { NODE_MODES } from "../../../src/scorer/program.js";

export type Cell = number | bigint | string;
export type Row = readonly Cell[];

/** `value` of the step's element where `exact`, else within the rounding of a float function. */
export interface Expected {
  readonly row: Row;
  readonly exact: boolean;
}

function round(register: Register): (x: number) => number {
  return register.element === "f32" ? Math.fround : (x) => x;
}

const wrap = (x: bigint): bigint => BigInt.asIntN(64, x);

export function expectStep(program: ModelProgram, step: Step, registers: ReadonlyMap<number, Row>): Expected {
  const read = (index: number): Row => registers.get(index) as Row;
  const out = program.registers[step.output] as Register;
  const r = round(out);
  switch (step.op) {
    case "trees": {
      const x = (read(step.input) as number[]).map((v) => (step.ensemble.compare === "f32" ? Math.fround(v) : v));
      return { row: trees(step.ensemble, x).map(r), exact: true };
    }
    case "dense": {
      const x = read(step.input) as number[];
      const row = Array.from({ length: out.width }, (_, n) => {
        let sum = 0;
        for (const [k, v] of x.entries()) sum = r(sum + r(v * (step.weights[k * out.width + n] as number)));
        return step.bias === undefined ? sum : r(sum + (step.bias[n] as number));
      });
      return { row, exact: true };
    }
    case "unary": {
      const row = read(step.input).map((x) => (typeof x === "bigint" ? integerUnary(step.fn, x) : unary(step.fn, x as number, step.alpha, step.beta, r)));
      return { row, exact: EXACT_UNARY.has(step.fn) };
    }
    case "binary": {
      const left = read(step.left);
      const right = read(step.right);
      const width = Math.max(left.length, right.length);
      const row = Array.from({ length: width }, (_, i) => {
        const a = left[left.length === 1 ? 0 : i] as number | bigint;
        const b = right[right.length === 1 ? 0 : i] as number | bigint;
        return typeof a === "bigint" ? integerBinary(step.fn, a, b as bigint) : binary(step.fn, a, b as number, r);
      });
      return { row, exact: step.fn !== "pow" };
    }
    case "where": {
      const parts = [read(step.condition), read(step.yes), read(step.no)] as const;
      const at = (row: Row, i: number): Cell => row[row.length === 1 ? 0 : i] as Cell;
      const width = Math.max(...parts.map((p) => p.length));
      return { row: Array.from({ length: width }, (_, i) => (at(parts[0], i) !== 0n ? at(parts[1], i) : at(parts[2], i))), exact: true };
    }
    case "scale":
      return { row: (read(step.input) as number[]).map((x, i) => r(r(x - (step.offset[i] as number)) * (step.scale[i] as number))), exact: true };
    case "impute": {
      const missing = out.element === "f32" ? Math.fround(Number(step.missing)) : step.missing;
      return { row: read(step.input).map((x, i) => (sameValue(x, missing) ? (step.values[i] as number | bigint) : x)), exact: true };
    }
    case "normalize":
      return { row: normalize(step.norm, read(step.input) as number[], r), exact: true };
    case "softmax":
      return { row: softmax(step.kind, read(step.input) as number[]).map(r), exact: false };
    case "reduce":
      return { row: [r(reduce(step.fn, read(step.input) as number[]))], exact: true };
    case "argmax": {
      const x = read(step.input) as number[];
      let best = 0;
      for (let i = 1; i < x.length; i++) {
        const a = x[i] as number;
        const b = x[best] as number;
        if (step.kind === "max" ? a > b : a < b) best = i;
        else if (step.last && a === b) best = i;
      }
      return { row: [BigInt(best)], exact: true };
    }
    case "select":
      return { row: Array.from(step.columns, (c) => read(step.input)[c] as Cell), exact: true };
    case "concat":
      return { row: step.inputs.flatMap((i) => read(i)), exact: true };
    case "cast":
      return { row: read(step.input).map((x) => cast(x as number | bigint, out, step.toBool === true)), exact: true };
    case "oneHot": {
      const cells = read(step.input).flatMap((x) => Array.from(step.categories as ArrayLike<Cell>, (c) => (sameValue(x, c) ? 1 : 0)));
      return { row: out.element === "i64" ? cells.map(BigInt) : cells, exact: true };
    }
    case "lookup": {
      const keys = Array.from(step.keys as ArrayLike<Cell>);
      const row = read(step.input).map((x) => {
        const i = keys.findIndex((key) => sameValue(x, key));
        const value = i < 0 ? step.otherwise : (step.values[i] as number | bigint);
        return typeof value === "bigint" || out.element === "i64" ? BigInt(value) : r(value);
      });
      return { row, exact: true };
    }
  }
}

/** Equal as categories: -0 is 0, NaN is NaN. */
export function sameValue(a: Cell, b: Cell): boolean {
  return a === b || (a !== a && b !== b);
}

const EXACT_UNARY = new Set<UnaryFunction>([
  "abs", "neg", "sign", "not", "reciprocal", "sqrt", "floor", "ceil", "round", "relu", "leakyRelu", "thresholdedRelu", "hardSigmoid", "clip", "binarize", "isNaN",
]);

function unary(fn: UnaryFunction, x: number, alpha = 0, beta = 0, r: (x: number) => number): Cell {
  const a = r(alpha);
  const b = r(beta);
  switch (fn) {
    case "abs":
      return Math.abs(x);
    case "neg":
      return -x;
    case "sign":
      return Math.sign(x);
    case "not":
      return x === 0 ? 1 : 0;
    case "reciprocal":
      return r(1 / x);
    case "sqrt":
      return r(Math.sqrt(x));
    case "exp":
      return r(Math.exp(x));
    case "log":
      return r(Math.log(x));
    case "floor":
      return Math.floor(x);
    case "ceil":
      return Math.ceil(x);
    case "round":
      return roundEven(x);
    case "erf":
      return r(erf(x));
    case "sigmoid":
      return r(x < 0 ? Math.exp(x) / (1 + Math.exp(x)) : 1 / (1 + Math.exp(-x)));
    case "tanh":
      return r(Math.tanh(x));
    case "relu":
      return x < 0 ? 0 : x;
    case "softplus":
      return r(Math.max(x, 0) + Math.log1p(Math.exp(-Math.abs(x))));
    case "softsign":
      return r(x / (1 + Math.abs(x)));
    case "gelu":
      return r(0.5 * x * (x < -2 ? erfc(-x / Math.SQRT2) : 1 + erf(x / Math.SQRT2)));
    case "probit": {
      // ONNX Runtime's formula, in the precision of the values.
      const y = r(r(2 * x) - 1);
      const l = r(Math.log(r(r(1 - y) * r(1 + y))));
      const c = r(Math.fround(Math.PI) * Math.fround(0.147));
      const v = r(r(2 / c) + r(0.5 * l));
      const w = r(-v + r(Math.sqrt(r(r(v * v) - r(r(1 / Math.fround(0.147)) * l)))));
      return r(Math.fround(1.41421356) * (y < 0 ? -1 : 1) * r(Math.sqrt(w)));
    }
    case "leakyRelu":
      return x < 0 ? r(a * x) : x;
    case "elu":
      return x < 0 ? r(alpha * Math.expm1(x)) : x;
    case "celu":
      return x < 0 ? r(alpha * Math.expm1(x / alpha)) : x;
    case "thresholdedRelu":
      return x > a ? x : 0;
    case "selu":
      return r(x > 0 ? beta * x : beta * alpha * Math.expm1(x));
    case "hardSigmoid": {
      const y = r(r(a * x) + b);
      return y < 0 ? 0 : y > 1 ? 1 : y;
    }
    case "clip": {
      const low = x < a ? a : x;
      return low > b ? b : low;
    }
    case "binarize":
      return x > a ? 1 : 0;
    case "isNaN":
      return Number.isNaN(x) ? 1n : 0n;
  }
}

function roundEven(x: number): number {
  const down = Math.floor(x);
  if (!Number.isFinite(x) || x - down !== 0.5) return x - down < 0.5 ? down : Math.ceil(x);
  const even = down % 2 === 0 ? down : down + 1;
  return even === 0 && x < 0 ? -0 : even;
}

/** Maclaurin series below 2.5, else the continued fraction of erfc: about 1e-14 relative. */
function erf(x: number): number {
  const a = Math.abs(x);
  if (Number.isNaN(x)) return NaN;
  if (a > 6) return Math.sign(x);
  if (a < 2.5) {
    let term = x;
    let sum = x;
    for (let n = 1; n < 100; n++) {
      term *= (-x * x) / n;
      sum += term / (2 * n + 1);
    }
    return (2 / Math.sqrt(Math.PI)) * sum;
  }
  return Math.sign(x) * (1 - erfc(a));
}

/** From 1.4 on. */
function erfc(x: number): number {
  if (x === Infinity) return 0;
  let f = 0;
  for (let n = 400; n > 0; n--) f = n / 2 / (x + f);
  return Math.exp(-x * x) / (Math.sqrt(Math.PI) * (x + f));
}

function integerUnary(fn: UnaryFunction, x: bigint): bigint {
  if (fn === "abs") return wrap(x < 0n ? -x : x);
  if (fn === "neg") return wrap(-x);
  if (fn === "sign") return x > 0n ? 1n : x < 0n ? -1n : 0n;
  return x === 0n ? 1n : 0n;
}

function binary(fn: BinaryFunction, a: number, b: number, r: (x: number) => number): Cell {
  switch (fn) {
    case "add":
      return r(a + b);
    case "sub":
      return r(a - b);
    case "mul":
      return r(a * b);
    case "div":
      return r(a / b);
    case "pow":
      // C99: 1 to any power and anything to 0 is 1; JavaScript differs for |a| = 1.
      return a === 1 || b === 0 ? 1 : a === -1 && !Number.isFinite(b) && !Number.isNaN(b) ? 1 : r(a ** b);
    case "mod":
      return r(a % b);
    case "min":
      return Number.isNaN(a) || Number.isNaN(b) ? NaN : a < b ? a : b;
    case "max":
      return Number.isNaN(a) || Number.isNaN(b) ? NaN : a > b ? a : b;
    default:
      return compare(fn, a, b);
  }
}

function compare(fn: BinaryFunction, a: number | bigint, b: number | bigint): bigint {
  const holds = { lt: a < b, le: a <= b, gt: a > b, ge: a >= b, eq: a === b, ne: a !== b }[fn as "lt"];
  return holds ? 1n : 0n;
}

function integerBinary(fn: BinaryFunction, a: bigint, b: bigint): bigint {
  const truth = (x: boolean): bigint => (x ? 1n : 0n);
  switch (fn) {
    case "add":
      return wrap(a + b);
    case "sub":
      return wrap(a - b);
    case "mul":
      return wrap(a * b);
    case "div":
      return b === 0n ? 0n : wrap(a / b);
    case "mod":
      return b === 0n ? 0n : ((a % b) + b) % b;
    case "min":
      return a < b ? a : b;
    case "max":
      return a > b ? a : b;
    case "pow": {
      if (b < 0n) return a === 1n ? 1n : a === -1n ? (b % 2n === 0n ? 1n : -1n) : 0n;
      let out = 1n;
      let base = a;
      for (let n = b; n > 0n; n >>= 1n, base = wrap(base * base)) if ((n & 1n) === 1n) out = wrap(out * base);
      return out;
    }
    case "and":
      return truth(a !== 0n && b !== 0n);
    case "or":
      return truth(a !== 0n || b !== 0n);
    case "xor":
      return truth((a !== 0n) !== (b !== 0n));
    default:
      return compare(fn, a, b);
  }
}

function normalize(norm: "l1" | "l2" | "max", x: readonly number[], r: (x: number) => number): number[] {
  let size = norm === "max" ? -Infinity : 0;
  for (const v of x) size = norm === "l1" ? r(size + Math.abs(v)) : norm === "l2" ? r(size + r(v * v)) : v > size ? v : size;
  if (size === 0) return [...x];
  return x.map((v) => {
    if (norm !== "l2") return r(v / (size === -Infinity ? -Number.MAX_VALUE : size));
    const root = r(Math.sqrt(r(r(v * v) / size)));
    return v < 0 ? -root : root;
  });
}

function softmax(kind: string, x: readonly number[]): number[] {
  const most = x.reduce((a, b) => (b > a ? b : a), -Infinity);
  if (kind === "softmaxZero") {
    const counts = x.map((v) => v > Math.fround(1e-7) || v < -Math.fround(1e-7));
    const parts = x.map((v, i) => (counts[i] === true ? Math.exp(v - most) : v * Math.exp(-most)));
    const sum = parts.reduce((s, v, i) => (counts[i] === true ? s + v : s), 0);
    return parts.map((v) => v / sum);
  }
  const sum = x.reduce((s, v) => s + Math.exp(v - most), 0);
  return x.map((v) => (kind === "softmax" ? Math.exp(v - most) / sum : v - most - Math.log(sum)));
}

function reduce(fn: string, x: readonly number[]): number {
  const sum = (term: (v: number) => number): number => x.reduce((s, v) => s + term(v), 0);
  switch (fn) {
    case "sum":
      return sum((v) => v);
    case "mean":
      return sum((v) => v) / x.length;
    case "sumSquares":
      return sum((v) => v * v);
    case "l1":
      return sum(Math.abs);
    case "l2":
      return Math.sqrt(sum((v) => v * v));
    case "min":
      return x.reduce((a, b) => (b < a ? b : a));
    default:
      return x.reduce((a, b) => (b > a ? b : a));
  }
}

function cast(x: number | bigint, out: Register, toBool: boolean): Cell {
  // eslint-disable-next-line eqeqeq -- of either type
  if (toBool) return out.element === "i64" ? (x != 0 ? 1n : 0n) : x != 0 ? 1 : 0;
  if (out.element === "i64") {
    if (typeof x === "bigint") return x;
    return x >= -(2 ** 63) && x < 2 ** 63 ? BigInt(Math.trunc(x)) : -(2n ** 63n);
  }
  if (typeof x === "number") return out.element === "f32" ? Math.fround(x) : x;
  return out.element === "f32" ? bigintToFloat32(x) : Number(x);
}

/** Rounded once: by way of float64 it could be twice. */
function bigintToFloat32(x: bigint): number {
  const near = Math.fround(Number(x));
  const view = new DataView(new ArrayBuffer(4));
  const step = (value: number, by: number): number => {
    view.setFloat32(0, value);
    view.setInt32(0, view.getInt32(0) + (value < 0 ? -by : by));
    return view.getFloat32(0);
  };
  if (Math.abs(near) < 2 ** 24) return near;
  const distance = (value: number): bigint => {
    const d = BigInt(value) - x;
    return d < 0n ? -d : d;
  };
  let best = near;
  for (const other of [step(near, -1), step(near, 1)]) {
    if (!Number.isFinite(other)) continue;
    if (distance(other) < distance(best)) best = other;
    else if (distance(other) === distance(best)) {
      view.setFloat32(0, other);
      if ((view.getInt32(0) & 1) === 0) best = other;
    }
  }
  return best;
}

function trees(t: TreeEnsemble, x: readonly number[]): number[] {
  const r = t.accumulate === "f32" ? Math.fround : (v: number) => v;
  const base = Array.from(t.base, r);
  const sums = t.baseFirst ? [...base] : base.map(() => 0);
  const seen = base.map(() => false);
  for (const root of t.roots) {
    let node = root;
    while (NODE_MODES[t.modes[node] as number] !== "leaf") node = (goesYes(t, node, x) ? t.yes[node] : t.no[node]) as number;
    for (let k = t.leafStarts[node] as number; k < (t.leafStarts[node + 1] as number); k++) {
      const target = t.leafTargets[k] as number;
      const value = r(t.leafValues[k] as number);
      const sum = sums[target] as number;
      if (t.aggregate === "sum" || t.aggregate === "average") sums[target] = r(sum + value);
      else if (seen[target] !== true || (t.aggregate === "min" ? value < sum : value > sum)) sums[target] = value;
      seen[target] = true;
    }
  }
  return sums.map((sum, i) => {
    const value = t.aggregate === "average" ? r(sum / t.roots.length) : sum;
    return t.baseFirst ? value : r(value + (base[i] as number));
  });
}

function goesYes(t: TreeEnsemble, node: number, row: readonly number[]): boolean {
  const x = row[t.features[node] as number] as number;
  const threshold = t.compare === "f32" ? Math.fround(t.thresholds[node] as number) : (t.thresholds[node] as number);
  const tiny = Math.fround(1e-35);
  if (Number.isNaN(x) || (t.zeroMissing?.[node] === 1 && Math.abs(x) <= tiny)) return t.missingYes[node] === 1;
  switch (NODE_MODES[t.modes[node] as number]) {
    case "lt":
      return x < threshold;
    case "le":
      return x <= threshold;
    case "gt":
      return x > threshold;
    case "ge":
      return x >= threshold;
    case "eq":
      return x === threshold;
    case "ne":
      return x !== threshold;
    default: {
      const k = Math.trunc(x);
      const word = t.sets[t.thresholds[node] as number]?.[Math.floor(k / 32)] ?? 0;
      return k >= 0 && ((word >>> (k % 32)) & 1) === 1;
    }
  }
}
