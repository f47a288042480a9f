import type { DeclaredFeature, Declaration } from "../../features/definition.js";
import type { StateObject } from "../../features/transform.js";
import { call } from "../../expr/call.js";
import type { Expr } from "../../expr/expr.js";
import type { Float64Expr, Int64Expr } from "../../expr/functions.gen.js";
import type { FittedNode } from "../../expr/node.js";
import type { Inputs } from "../../features/inputs.js";
import type { AnyInputType } from "../../types/input-type.js";
import { neededStatistics, statisticValue, type Policies, type Statistic } from "./policies.js";

/** What fitting learned for the policies: by input name, values in the input's own form. */
export type Statistics = Readonly<Record<string, Readonly<Partial<Record<Statistic, unknown>>>>>;

export interface StatisticFit {
  readonly name: string;
  readonly statistic: Statistic;
  readonly feature: DeclaredFeature;
}

/** The imputers that learn the policies' statistics, to be fitted beside the features. */
export function statisticFits(policies: Policies, declaration: Declaration): StatisticFit[] {
  return neededStatistics(policies).map(({ name, statistic }) => {
    const node = imputer(declaration.exprs[name] as Expr, statistic).node;
    return { name, statistic, feature: { name: `${statistic} of ${name}`, node, output: "float64", columns: false } };
  });
}

function imputer(input: Expr, statistic: Statistic): Expr {
  if (statistic === "mode") return (input as Int64Expr).simpleImputer({ strategy: "most_frequent" });
  const number = input.type.kind === "float64" ? input : call("toFloat64", [input]);
  return (number as Float64Expr).simpleImputer({ strategy: statistic });
}

export function fittedStatistics(fits: readonly StatisticFit[], inputs: Inputs, states: ReadonlyMap<FittedNode, StateObject>): Statistics {
  const out = Object.create(null) as Record<string, Partial<Record<Statistic, unknown>>>;
  for (const { name, statistic, feature } of fits) {
    const fill = states.get(feature.node as FittedNode)?.["fill"];
    (out[name] ??= {})[statistic] = statisticValue(inputs[name] as AnyInputType, fill);
  }
  return out;
}
