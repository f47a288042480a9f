import { Engine } from "../../engine/engine.js";
import type { Inputs } from "../../features/inputs.js";
import { optimize } from "../../plan/rewrite/index.js";
import type { PlanOutput } from "../../plan/plan.js";
import { t, type AnyInputType } from "../../types/input-type.js";
import { inputsOf } from "../view/contract.js";
import type { OnlineView } from "../view/online-view.js";
import type { MutableRow } from "../view/row-state.js";

/**
 * What is logged of a request's features before fitted transformations.
 * - "inputs": the view's inputs that something reads, as they were looked up and given: what `view.fit` takes.
 * - "untransformed": the untransformed features, as `getFeatureVector` gives them with `transformed: false`.
 * - "all": the inputs, and the untransformed features that are no input of the same name; one that has the name of an
 *   input all the same is called `untransformed.<name>`.
 */
export type LoggedFeatures = "inputs" | "untransformed" | "all";
export const LOGGED_FEATURES: readonly LoggedFeatures[] = ["inputs", "untransformed", "all"];

/** The columns, and what makes their values of a row; it may write to the row. */
export interface FeatureColumns {
  readonly types: Inputs;
  readonly values: (row: MutableRow) => Readonly<Record<string, unknown>>;
}

const PREFIX = "untransformed.";

/** Of an output of an untransformed plan. */
function typeOf({ type, dataType }: PlanOutput): AnyInputType {
  if (type !== "timestamp" || dataType.kind !== "timestamp") return t[type as "float64"]();
  return dataType.unit === "d" ? t.date32() : t.timestamp(dataType.unit);
}

interface Column {
  readonly name: string;
  readonly type: AnyInputType;
  /** Copied from the row, or an output of the untransformed plan. */
  readonly from: { readonly input: string } | { readonly output: PlanOutput };
}

function untransformedColumns(view: OnlineView, inputs: Inputs): Column[] {
  const { columns, plan } = view.fitted.untransformed;
  return columns.map(({ name, input }): Column => {
    if (input !== undefined) return { name, type: inputs[input] as AnyInputType, from: { input } };
    const output = plan?.outputs.find((other) => other.name === name) as PlanOutput;
    const plain = plan?.inputs[output.register]?.name;
    // A number's type may be narrower than what the plan computes it in.
    if (plain === name) return { name, type: inputs[plain] as AnyInputType, from: { input: plain } };
    return { name, type: typeOf(output), from: { output } };
  });
}

export function featureColumns(view: OnlineView, which: LoggedFeatures): FeatureColumns {
  const all = inputsOf(view.fitted.contract);
  const inputs = Object.fromEntries(view.rowNames.map((name) => [name, all[name] as AnyInputType]));
  if (which === "inputs") return { types: inputs, values: (row) => row };
  const columns = untransformedColumns(view, all);
  const computed = columns.filter(({ from }) => "output" in from);
  const engine = engineOf(view, computed);
  if (which === "untransformed") return untransformedOnly(columns, engine);
  const taken = new Set(view.rowNames);
  const more = columns.filter(({ name, from }) => "output" in from || from.input !== name);
  const renamed = more.map(({ name, from }) => {
    let alias = taken.has(name) ? PREFIX + name : name;
    while (taken.has(alias)) alias += "_";
    taken.add(alias);
    return { name, alias, from };
  });
  if (renamed.length === 0) return { types: inputs, values: (row) => row };
  const types = { ...inputs, ...Object.fromEntries(renamed.map(({ alias }, i) => [alias, (more[i] as Column).type])) };
  return {
    types,
    // The row is the request's own, and no input has these names.
    values(row) {
      const values = engine?.values(row);
      for (const { name, alias, from } of renamed) row[alias] = "input" in from ? row[from.input] : values?.[name];
      return row;
    },
  };
}

function untransformedOnly(columns: readonly Column[], engine: Engine | undefined): FeatureColumns {
  const copied = columns.flatMap(({ name, from }) => ("input" in from ? [[name, from.input] as const] : []));
  return {
    types: Object.fromEntries(columns.map(({ name, type }) => [name, type])),
    values(row) {
      const out: Record<string, unknown> = engine === undefined ? {} : engine.values(row);
      for (const [name, input] of copied) out[name] = row[input];
      return out;
    },
  };
}

/** Of the columns that are computed only; undefined where there is none. */
function engineOf({ fitted }: OnlineView, computed: readonly Column[]): Engine | undefined {
  const { plan } = fitted.untransformed;
  if (plan === undefined || computed.length === 0) return undefined;
  const outputs = computed.flatMap(({ from }) => ("output" in from ? [from.output] : []));
  return new Engine(optimize({ ...plan, outputs }));
}
