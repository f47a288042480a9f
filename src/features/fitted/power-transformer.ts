import { FitError } from "../../errors.js";
import { call } from "../../expr/call.js";
import type { Expr } from "../../expr/expr.js";
import { Float64Expr } from "../../expr/functions.gen.js";
import { applyTransform, choice, isBoolean, onlyOptions, option } from "../apply.js";
import { defineTransform, type Accumulator, type FitColumn, type StateValue } from "../transform.js";
import { minimize } from "./statistics/minimize.js";
import { isConstant } from "./statistics/moments.js";
import { noValues, presentNumbers } from "./statistics/numbers.js";
import { Quantiles } from "./statistics/quantiles.js";

export interface PowerTransformerOptions {
  /** "yeo-johnson" (the default) takes any number, "box-cox" those above 0. */
  readonly method?: "yeo-johnson" | "box-cox";
  /** Scale the result to mean 0 and variance 1; true by default. */
  readonly standardize?: boolean;
}

type Options = Required<PowerTransformerOptions>;

type State = {
  readonly count: number;
  readonly lambda: number;
  /** Of the transformed training data. */
  readonly mean: number;
  readonly scale: number;
  /** 0: fitted on every value. */
  readonly rankError: number;
};

/** Both methods work on a logarithm, which no power changes. */
interface Method {
  /** Its mean also tells how the likelihood changes with the stretching of x: (lambda - 1) times. */
  log(x: number): number;
  fromLog(log: number, lambda: number): number;
  lower(x: Expr, lambda: number): Expr;
}

/** Nearer than this to its special value a lambda counts as it. */
const EPSILON = 2 ** -52;

/** (e^(lambda * log) - 1) / lambda, which tends to log: exact near 0 too, where a power minus 1 would cancel. */
function power(log: number, lambda: number): number {
  return Math.abs(lambda) < EPSILON ? log : Math.expm1(lambda * log) / lambda;
}

function lowerPower(log: Expr, lambda: number): Expr {
  return Math.abs(lambda) < EPSILON ? log : call("div", [call("expm1", [call("mul", [log, lambda])]), lambda]);
}

const METHODS: Record<Options["method"], Method> = {
  "yeo-johnson": {
    log: (x) => Math.sign(x) * Math.log1p(Math.abs(x)),
    fromLog: (log, lambda) => (log >= 0 ? power(log, lambda) : -power(-log, 2 - lambda)),
    lower(x, lambda) {
      const log = call("log1p", [call("abs", [x])]);
      // Null and NaN are not at least 0, and go through the second branch unchanged.
      return call("if", [call("ge", [x, 0]), lowerPower(log, lambda), call("neg", [lowerPower(log, 2 - lambda)])]);
    },
  },
  "box-cox": {
    log: Math.log,
    fromLog: power,
    lower: (x, lambda) => lowerPower(call("log", [x]), lambda),
  },
};

class PowerTransformerFit implements Accumulator<State> {
  readonly #options: Options;
  readonly #values = new Quantiles();

  constructor(options: Options) {
    this.#options = options;
  }

  update(column: FitColumn): void {
    if (this.#options.method === "box-cox") refuseNonPositive(column);
    this.#values.update(column);
  }

  merge(other: this): void {
    this.#values.merge(other.#values);
  }

  save(): StateValue {
    return this.#values.save();
  }

  restore(saved: StateValue): void {
    this.#values.restore(saved);
  }

  finish(): State {
    const { count } = this.#values;
    if (count === 0) throw noValues();
    const { values, rankError } = this.#values.sample();
    const method = METHODS[this.#options.method];
    const logs = values.map((x) => method.log(x));
    const meanLog = meanOf(logs);
    const transformed = new Float64Array(logs.length);
    const moments = (lambda: number): { mean: number; variance: number } => {
      for (let i = 0; i < logs.length; i++) transformed[i] = method.fromLog(logs[i] as number, lambda);
      const mean = meanOf(transformed);
      let squares = 0;
      for (let i = 0; i < transformed.length; i++) squares += ((transformed[i] as number) - mean) ** 2;
      return { mean, variance: squares / transformed.length };
    };
    // Minus the log-likelihood of a row under a normal distribution of what comes out.
    const cost = (lambda: number): number => {
      const { variance } = moments(lambda);
      return variance >= 2 ** -1022 && variance < Infinity ? Math.log(variance) / 2 - (lambda - 1) * meanLog : Infinity;
    };
    const first = values[0] as number;
    // Every lambda is as good for one value.
    const lambda = values.every((x) => x === first) ? 1 : minimize(cost, -2, 2);
    const { mean, variance } = moments(lambda);
    if (!this.#options.standardize) return { count, lambda, mean: 0, scale: 1, rankError };
    return { count, lambda, mean, scale: isConstant(values.length, mean, variance) ? 1 : Math.sqrt(variance), rankError };
  }
}

function meanOf(values: Float64Array): number {
  let sum = 0;
  for (let i = 0; i < values.length; i++) sum += values[i] as number;
  return sum / values.length;
}

function refuseNonPositive(column: FitColumn): void {
  if (presentNumbers(column).every((x) => x > 0)) return;
  const { numbers } = column;
  const row = numbers.findIndex((x, i) => x <= 0 && !column.isNull(i));
  throw new FitError("OUT_OF_RANGE", "Box-Cox takes numbers above 0", {
    row,
    actual: String(numbers[row]),
    fix: 'Use the method "yeo-johnson", or shift the numbers',
  });
}

const powerTransformer = defineTransform<Options, State>({
  name: "powerTransformer",
  version: 1,
  accepts: ["float64"],
  options(given) {
    onlyOptions("powerTransformer", given, ["method", "standardize"]);
    return {
      method: choice("powerTransformer", given, "method", ["yeo-johnson", "box-cox"]),
      standardize: option("powerTransformer", given, "standardize", true, "a boolean", isBoolean),
    };
  },
  begin: (options) => new PowerTransformerFit(options),
  lower(x, state, options) {
    const powered = METHODS[options.method].lower(x, state.lambda);
    return options.standardize ? call("standardize", [powered], { mean: state.mean, scale: state.scale }) : powered;
  },
  describe: (state) => [
    ["count", state.count],
    ["lambda", state.lambda],
    ["mean", state.mean],
    ["scale", state.scale],
    ["rank error", state.rankError],
  ],
});

declare module "../../expr/functions.gen.js" {
  interface Float64Expr {
    /**
     * A power of x that makes the training data as normal as it can be (nulls and NaN left out), by maximum
     * likelihood, scaled to mean 0 and variance 1. Null and NaN stay; "box-cox" gives NaN for numbers below 0
     * and fails to fit on numbers that are not above 0 (OUT_OF_RANGE). As scikit-learn's PowerTransformer; the
     * power agrees to about 1e-7, which is how far the likelihood tells powers apart. A constant column gets
     * the power 1. Past 16,777,216 values the power is that of 65,536 of their quantiles.
     */
    powerTransformer(options?: PowerTransformerOptions): Float64Expr;
  }
}

Float64Expr.prototype.powerTransformer = function (options) {
  return applyTransform(powerTransformer, this, options);
};
