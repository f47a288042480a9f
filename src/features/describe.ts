import type { FittedStep } from "./fitted-features.js";
import { findAnyTransform, type StateValue } from "./transform.js";

export interface DescribeRow {
  readonly feature: string;
  readonly column: string;
  readonly transform: string;
  readonly statistic: string;
  readonly value: StateValue;
}

export function describeSteps(steps: readonly FittedStep[]): DescribeRow[] {
  return steps.flatMap((step) => {
    const transform = findAnyTransform(step.transform);
    const statistics = transform?.describe(step.state, step.options) ?? Object.entries(step.state);
    return statistics.map(([statistic, value]) => ({
      feature: step.features.join(", "),
      column: step.column,
      transform: step.transform,
      statistic,
      value,
    }));
  });
}
