// A program of steps run by the book: plain TypeScript written from src/scorer/program.ts, a row at a time, as an
// oracle that shares nothing with the native kernels.
import { NODE_MODES, type ModelProgram, type Step, type TreeEnsemble, type UnaryFunction } from "../../../src/scorer/program.js";
import { summands, type Jitter } from "./rounding.js";

export type Cell = number | bigint | string;
type Row = readonly Cell[];

const INT_MIN = -(2n ** 63n);

function erf(x: number): number {
  // Series near 0, continued fraction of erfc beyond (Abramowitz and Stegun 7.1.5, 7.1.14).
  const a = Math.abs(x);
  if (Number.isNaN(x)) return x;
  if (a > 6) return Math.sign(x);
  if (a < 2.5) {
    let term = a;
    let sum = a;
    for (let n = 1; n < 120; n++) {
      term *= (-a * a) / n;
      sum += term / (2 * n + 1);
    }
    return ((2 / Math.sqrt(Math.PI)) * sum * Math.sign(x)) || x * 0;
  }
  let fraction = 0;
  for (let n = 120; n > 0; n--) fraction = n / 2 / (a + fraction);
  return Math.sign(x) * (1 - Math.exp(-a * a) / Math.sqrt(Math.PI) / (a + fraction));
}

/**
 * sqrt(2) times Winitzki's approximation of erfinv(2 p - 1), which is what ONNX Runtime's PROBIT is, in float32 step by
 * step: near p = 1/2 the roundings cancel badly, and they are part of the answer.
 */
function probit(p: number): number {
  const f = Math.fround;
  const x = f(2 * p - 1);
  const log = f(Math.log(f(f(1 - x) * f(1 + x))));
  const v = f(f(2 / f(f(Math.PI) * f(0.147))) + f(0.5 * log));
  const v2 = f(f(1 / f(0.147)) * log);
  const root = f(Math.sqrt(f(f(-v) + f(Math.sqrt(f(f(v * v) - v2))))));
  return f(f(Math.SQRT2) * (x < 0 ? -root : root));
}

function roundEven(x: number): number {
  const floor = Math.floor(x);
  const rest = x - floor;
  if (rest < 0.5) return floor;
  if (rest > 0.5) return floor + 1;
  return floor % 2 === 0 ? floor : floor + 1;
}

const UNARY: Readonly<Record<UnaryFunction, (x: number, alpha: number, beta: number) => number>> = {
  abs: Math.abs,
  neg: (x) => -x,
  sign: Math.sign,
  not: (x) => (x === 0 ? 1 : 0),
  reciprocal: (x) => 1 / x,
  sqrt: Math.sqrt,
  exp: Math.exp,
  log: Math.log,
  floor: Math.floor,
  ceil: Math.ceil,
  round: (x) => (Number.isFinite(x) ? roundEven(x) : x),
  erf,
  sigmoid: (x) => (x < 0 ? Math.exp(x) / (1 + Math.exp(x)) : 1 / (1 + Math.exp(-x))),
  tanh: Math.tanh,
  relu: (x) => (x < 0 ? 0 : x),
  softplus: (x) => (x > 0 ? x + Math.log1p(Math.exp(-x)) : Math.log1p(Math.exp(x))),
  softsign: (x) => x / (1 + Math.abs(x)),
  gelu: (x) => 0.5 * x * (1 + erf(x / Math.SQRT2)),
  probit,
  leakyRelu: (x, alpha) => (x < 0 ? alpha * x : x),
  elu: (x, alpha) => (x < 0 ? alpha * Math.expm1(x) : x),
  celu: (x, alpha) => Math.max(0, x) + Math.min(0, alpha * Math.expm1(x / alpha)),
  thresholdedRelu: (x, alpha) => (x > alpha ? x : 0),
  selu: (x, alpha, gamma) => gamma * (x > 0 ? x : alpha * Math.expm1(x)),
  hardSigmoid: (x, alpha, beta) => Math.max(0, Math.min(1, alpha * x + beta)),
  clip: (x, low, high) => (Number.isNaN(x) ? x : Math.min(Math.max(x, low), high)),
  binarize: (x, alpha) => (x > alpha ? 1 : 0),
  isNaN: (x) => (Number.isNaN(x) ? 1 : 0),
};

type Binary = Extract<Step, { op: "binary" }>["fn"];

/** Comparisons and logic; undefined for arithmetic. */
function comparison(fn: Binary, x: Cell, y: Cell): bigint | undefined {
  switch (fn) {
    case "lt":
      return x < y ? 1n : 0n;
    case "le":
      return x <= y ? 1n : 0n;
    case "gt":
      return x > y ? 1n : 0n;
    case "ge":
      return x >= y ? 1n : 0n;
    case "eq":
      return x === y ? 1n : 0n;
    case "ne":
      return x !== y ? 1n : 0n;
    case "and":
      return x !== 0n && y !== 0n ? 1n : 0n;
    case "or":
      return x !== 0n || y !== 0n ? 1n : 0n;
    case "xor":
      return (x !== 0n) !== (y !== 0n) ? 1n : 0n;
    default:
      return undefined;
  }
}

function binary(fn: Binary, x: Cell, y: Cell): Cell {
  const compared = comparison(fn, x, y);
  if (compared !== undefined) return compared;
  if (typeof x === "bigint" && typeof y === "bigint") {
    const wrap = (value: bigint): bigint => BigInt.asIntN(64, value);
    switch (fn) {
      case "add":
        return wrap(x + y);
      case "sub":
        return wrap(x - y);
      case "mul":
        return wrap(x * y);
      case "div":
        return y === 0n ? 0n : wrap(x / y);
      case "min":
        return x < y ? x : y;
      case "max":
        return x > y ? x : y;
      default:
        throw new Error(`${fn} of integers`);
    }
  }
  const [a, b] = [x as number, y as number];
  switch (fn) {
    case "add":
      return a + b;
    case "sub":
      return a - b;
    case "mul":
      return a * b;
    case "div":
      return a / b;
    case "pow":
      return a === 1 || b === 0 ? 1 : Math.abs(a) === 1 && !Number.isFinite(b) && !Number.isNaN(b) ? 1 : a ** b;
    case "min":
      return Math.min(a, b);
    case "max":
      return Math.max(a, b);
    case "mod":
      return a % b;
    default:
      throw new Error(fn);
  }
}

function trees(e: TreeEnsemble, input: Row): number[] {
  const round = e.accumulate === "f32" ? Math.fround : (x: number): number => x;
  const narrow = e.compare === "f32" ? Math.fround : (x: number): number => x;
  const sums = Array.from(e.base, (base) => (e.baseFirst ? round(base) : 0));
  const reached = sums.map(() => false);
  for (const root of e.roots) {
    let at = root;
    for (;;) {
      const mode = NODE_MODES[e.modes[at] as number];
      if (mode === "leaf") break;
      const x = narrow(input[e.features[at] as number] as number);
      const t = narrow(e.thresholds[at] as number);
      const missing = Number.isNaN(x) || (e.zeroMissing?.[at] === 1 && Math.abs(x) <= 1e-35);
      const word = mode === "in" ? (e.sets[t] as Uint32Array) : undefined;
      const whole = Math.trunc(x);
      const yes = missing
        ? e.missingYes[at] === 1
        : { lt: x < t, le: x <= t, gt: x > t, ge: x >= t, eq: x === t, ne: x !== t, in: word !== undefined && whole >= 0 && whole < word.length * 32 && (((word[whole >> 5] as number) >> (whole & 31)) & 1) === 1 }[
            mode as "lt"
          ];
      at = (yes ? e.yes : e.no)[at] as number;
    }
    for (let i = e.leafStarts[at] as number; i < (e.leafStarts[at + 1] as number); i++) {
      const target = e.leafTargets[i] as number;
      const value = round(e.leafValues[i] as number);
      const sum = sums[target] as number;
      if (e.aggregate === "min") sums[target] = reached[target] === true ? Math.min(sum, value) : value;
      else if (e.aggregate === "max") sums[target] = reached[target] === true ? Math.max(sum, value) : value;
      else sums[target] = round(sum + value);
      reached[target] = true;
    }
  }
  return sums.map((sum, i) => {
    const mean = e.aggregate === "average" ? round(sum / e.roots.length) : sum;
    return e.baseFirst ? mean : round(mean + round(e.base[i] as number));
  });
}

/**
 * One row: the cells of each register, f32 rounded to float32. Throws on unknown categories where a step says so.
 * `jitter` may move each f32 that is computed.
 */
export function runRow({ registers, inputs, steps, outputs }: ModelProgram, given: readonly Row[], jitter?: Jitter): Row[] {
  const cells: Row[] = registers.map(({ constant }) => (constant === undefined ? [] : Array.from(constant as readonly Cell[])));
  for (const [i, { register }] of inputs.entries()) cells[register] = given[i] as Row;
  for (const step of steps) {
    const { element, width } = registers[step.output] as (typeof registers)[number];
    const moved = (value: number, i: number): number => (jitter === undefined ? value : jitter(value, summands(step, cells, i, value)));
    const out = runStep(step, cells, width, element).map((value, i) => (element === "f32" ? Math.fround(moved(value as number, i)) : value));
    if (out.length !== width) throw new Error(`${step.op} gives ${out.length} of ${width} values`);
    if (out.some((value) => typeof value !== (element === "i64" ? "bigint" : element === "text" ? "string" : "number"))) throw new Error(`${step.op} gives another type than ${element}`);
    cells[step.output] = out;
  }
  return outputs.map(({ register }) => cells[register] as Row);
}

function reduced(fn: Extract<Step, { op: "reduce" }>["fn"], values: readonly number[]): number {
  const sum = (term: (x: number) => number): number => values.reduce((total, x) => total + term(x), 0);
  switch (fn) {
    case "sum":
      return sum((x) => x);
    case "mean":
      return sum((x) => x) / values.length;
    case "min":
      return values.reduce((best, x) => (x < best ? x : best));
    case "max":
      return values.reduce((best, x) => (x > best ? x : best));
    case "sumSquares":
      return sum((x) => x * x);
    case "l1":
      return sum(Math.abs);
    case "l2":
      return Math.sqrt(sum((x) => x * x));
  }
}

function runStep(step: Step, cells: readonly Row[], width: number, element: string): Cell[] {
  const at = (register: number, i: number): Cell => {
    const row = cells[register] as Row;
    return row[row.length === 1 ? 0 : i] as Cell;
  };
  const each = (make: (i: number) => Cell): Cell[] => Array.from({ length: width }, (_, i) => make(i));
  const input = "input" in step ? (cells[step.input] as Row) : [];
  const floats = input as readonly number[];
  switch (step.op) {
    case "trees":
      return trees(step.ensemble, input);
    case "dense":
      return each((j) => floats.reduce((sum, x, i) => sum + x * (step.weights[i * width + j] as number), 0) + (step.bias?.[j] ?? 0));
    case "unary":
      return input.map((x) => {
        if (typeof x === "bigint") {
          if (step.fn === "not") return x === 0n ? 1n : 0n;
          if (step.fn === "neg" || (step.fn === "abs" && x < 0n)) return BigInt.asIntN(64, -x);
          return step.fn === "abs" ? x : BigInt(Math.sign(Number(x)));
        }
        const value = UNARY[step.fn](x as number, step.alpha ?? 0, step.beta ?? 0);
        return step.fn === "isNaN" ? BigInt(value) : value;
      });
    case "binary":
      return each((i) => binary(step.fn, at(step.left, i), at(step.right, i)));
    case "where":
      return each((i) => (at(step.condition, i) === 0n ? at(step.no, i) : at(step.yes, i)));
    case "scale": {
      const round = element === "f32" ? Math.fround : (x: number): number => x;
      return floats.map((x, i) => round(x - (step.offset[i] as number)) * (step.scale[i] as number));
    }
    case "impute":
      return input.map((x, i) => (x === step.missing || (Number.isNaN(x) && Number.isNaN(step.missing)) ? (step.values[i] as Cell) : x));
    case "normalize": {
      // The greatest value, not the greatest magnitude, as ONNX Runtime: NaN is passed over, and nothing is below the least finite number.
      const least = element === "f32" ? -(2 - 2 ** -23) * 2 ** 127 : -Number.MAX_VALUE;
      const greatest = floats.reduce((most, x) => (x > most ? x : most), least);
      // Rounded as it adds up, since it may overflow.
      const round = element === "f32" ? Math.fround : (x: number): number => x;
      const norm = step.norm === "l1" ? floats.reduce((sum, x) => round(sum + Math.abs(x)), 0) : step.norm === "max" ? greatest : Math.sqrt(floats.reduce((a, b) => a + b * b, 0));
      return floats.map((x) => (norm === 0 ? x : x / norm));
    }
    case "softmax": {
      const most = Math.max(...floats);
      const skipped = (x: number): boolean => step.kind === "softmaxZero" && Math.abs(x) <= 1e-7;
      const exps = floats.map((x) => (skipped(x) ? 0 : Math.exp(x - most)));
      const sum = exps.reduce((a, b) => a + b, 0);
      if (step.kind === "logSoftmax") return floats.map((x) => x - most - Math.log(sum));
      return floats.map((x, i) => (skipped(x) ? (x * Math.exp(-most)) / sum : (exps[i] as number) / sum));
    }
    case "reduce":
      return [reduced(step.fn, floats)];
    case "argmax": {
      let best = 0;
      for (let i = 1; i < input.length; i++) {
        const [x, y] = [input[i] as number, input[best] as number];
        if ((step.kind === "max" ? x > y : x < y) || (step.last && x === y)) best = i;
      }
      return [BigInt(best)];
    }
    case "select":
      return Array.from(step.columns, (column) => input[column] as Cell);
    case "concat":
      return step.inputs.flatMap((register) => [...(cells[register] as Row)]);
    case "cast":
      return input.map((x) => {
        const value = step.toBool === true ? (Number(x) === 0 ? 0 : 1) : x;
        if (element !== "i64") return Number(value);
        if (typeof value === "bigint") return value;
        const whole = Math.trunc(value as number);
        return Math.abs(whole) < 2 ** 63 ? BigInt(whole) : INT_MIN;
      });
    case "oneHot":
      return input.flatMap((x) => {
        const place = (step.categories as readonly Cell[]).indexOf(x);
        if (place === -1 && step.unknown === "error") throw new Error("unknown category");
        return Array.from(step.categories as readonly Cell[], (_, i) => (i === place ? 1 : 0));
      });
    case "lookup":
      return input.map((x) => {
        const place = Array.from(step.keys as readonly Cell[]).findIndex((key) => key === x || (Number.isNaN(key) && Number.isNaN(x)));
        return place === -1 ? step.otherwise : (step.values[place] as Cell);
      });
  }
}
