import { DefinitionError, received } from "../../errors.js";
import type { Expr } from "../../expr/expr.js";
import type { Float64Expr, Int64Expr } from "../../expr/functions.gen.js";
import { defineFeatures } from "../../features/define-features.js";
import type { FeatureValue } from "../../features/definition.js";
import type { FitData } from "../../features/fit.js";
import type { FittedStep } from "../../features/fitted-features.js";
import type { Inputs } from "../../features/inputs.js";
import type { AnyInputType } from "../../types/input-type.js";

export type StatisticName = "mean" | "median" | "mode";

/** Statistics of inputs, as `inputStatistics` computes them. */
export type InputStatistics = Readonly<Record<string, { readonly mean?: number; readonly median?: number; readonly mode?: number | bigint | string | boolean }>>;

/** A statistic of an input as a value that a row may give; undefined where it is not known. */
export type StatisticSource = (name: string, input: AnyInputType, statistic: StatisticName) => unknown;

export interface InputStatisticsOptions {
  /** Which to compute: all three by default. */
  readonly statistics?: readonly StatisticName[];
}

/** Transformations whose state counts the categories of their input. */
const COUNTING = ["oneHotEncoder", "ordinalEncoder", "labelEncoder", "frequencyEncoder", "targetEncoder", "topKCategorical"];

/** What one fitted step knows of its column. */
function statisticOf({ transform, options, state }: FittedStep, wanted: StatisticName): unknown {
  if (transform === "simpleImputer") {
    const strategy = { mean: "mean", median: "median", mode: "most_frequent" }[wanted];
    return options["strategy"] === strategy ? state["fill"] : undefined;
  }
  if (transform === "standardScaler" && wanted === "mean") return state["mean"];
  if (transform === "robustScaler" && wanted === "median") return state["center"];
  if (COUNTING.includes(transform) && wanted === "mode") return mostFrequent(state["categories"], state["counts"]);
  return undefined;
}

/** The first of those counted most often; missing values are no category here. */
function mostFrequent(categories: unknown, counts: unknown): unknown {
  if (!Array.isArray(categories) || !Array.isArray(counts)) return undefined;
  let best: unknown;
  let most = 0;
  for (const [i, category] of (categories as readonly unknown[]).entries()) {
    const count = counts[i] as number;
    if (category === null || !(count > most)) continue;
    best = category;
    most = count;
  }
  return best;
}

/** A mean or median of integers as an integer, the nearest one; other values as they are. */
function fit(value: unknown, input: AnyInputType): unknown {
  if (typeof value !== "number" || input.storage.startsWith("float")) return value;
  return Number.isFinite(value) ? Math.round(value) : undefined;
}

/** Given statistics first, then what the steps learned of the input itself. */
export function statisticSource(steps: readonly FittedStep[], given: InputStatistics | undefined): StatisticSource {
  if (given !== undefined && (typeof given !== "object" || given === null || Array.isArray(given))) {
    throw new DefinitionError("INVALID_PARAMETER", "statistics", { expected: "an object by input, as inputStatistics() makes", actual: received(given) });
  }
  return (name, input, statistic) => {
    const own = given !== undefined && Object.hasOwn(given, name) ? given[name]?.[statistic] : undefined;
    if (own !== undefined) return fit(own, input);
    for (const step of steps) {
      const value = step.column === name ? statisticOf(step, statistic) : undefined;
      if (value !== undefined && value !== null) return fit(value, input);
    }
    return undefined;
  };
}

/** Imputers over one input: numbers have a mean and a median, integers, text and booleans a mode. */
function imputers(input: AnyInputType, expr: Expr, wanted: readonly StatisticName[]): FeatureValue[] {
  const out: FeatureValue[] = [];
  const { kind } = input.type;
  const discrete = !input.storage.startsWith("float");
  if (kind === "float64" || kind === "int64") {
    const number = kind === "int64" ? (expr as Int64Expr).toFloat64() : (expr as Float64Expr);
    for (const strategy of ["mean", "median"] as const) {
      if (wanted.includes(strategy)) out.push(number.simpleImputer({ strategy }));
    }
  }
  if ((kind === "float64" || kind === "int64" || kind === "utf8" || kind === "bool") && discrete && wanted.includes("mode")) {
    const mode = (expr as Int64Expr).simpleImputer({ strategy: "most_frequent" }) as Expr;
    out.push(kind === "utf8" ? mode.as("utf8") : mode);
  }
  return out;
}

/**
 * Mean and median of numeric inputs, and mode of integer, text and boolean ones, over training data: what the policy
 * `{ statistic }` fills in where no fitted transformation has it. Nulls and NaN are left out; times and lists have
 * none. An input without any value is a FitError, as is a mode of more than 262,144 distinct values: leave such inputs
 * out of `inputs`, or the mode out of `statistics`.
 */
export async function inputStatistics(inputs: Inputs, data: FitData, options: InputStatisticsOptions = {}): Promise<InputStatistics> {
  const { statistics = ["mean", "median", "mode"] } = options;
  const all = Object.entries(inputs).filter(([, { type }]) => type.kind !== "list" && type.kind !== "timestamp");
  if (all.length === 0) return {};
  const set = defineFeatures({
    // Nullable all of them: training data may lack what requests must give.
    inputs: Object.fromEntries(all.map(([name, input]) => [name, input.nullable()])) as Inputs,
    features: (exprs) => Object.fromEntries(all.flatMap(([name, input]) => imputers(input, exprs[name] as unknown as Expr, statistics)).map((feature, i) => [String(i), feature])),
  });
  const { steps } = await set.fit(data);
  const source = statisticSource(
    // toFloat64(input) is the input, for a mean.
    steps.map((step) => ({ ...step, column: step.column.replace(/^toFloat64\((.*)\)$/s, "$1") })),
    undefined,
  );
  const out = Object.create(null) as Record<string, Record<string, unknown>>;
  for (const [name, input] of all) {
    for (const statistic of statistics) {
      const value = source(name, { ...input, storage: statistic === "mode" ? input.storage : "float64" }, statistic);
      if (value !== undefined) (out[name] ??= {})[statistic] = value;
    }
  }
  return out as InputStatistics;
}
