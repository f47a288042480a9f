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
  if (which === "untransformed") return untransformedOnly(view, columns);
  const taken = new Set(view.rowNames);
  const more = columns.filter(({ name, from }) => "output" in from || from.input !== name);
  const renamed = more.map(({ name, type, from }): Column => {
    let alias = taken.has(name) ? PREFIX + name : name;
    while (taken.has(alias)) alias += "_";
    taken.add(alias);
    return { name: alias, type, from };
  });
  if (renamed.length === 0) return { types: inputs, values: (row) => row };
  // The row is the request's own, and no input has these names.
  view.reserve(renamed.map(({ name }) => name));
  const fill = filler(view, renamed);
  return {
    types: { ...inputs, ...Object.fromEntries(renamed.map(({ name, type }) => [name, type])) },
    values(row) {
      fill(row, row);
      return row;
    },
  };
}

function untransformedOnly(view: OnlineView, columns: readonly Column[]): FeatureColumns {
  const fill = filler(view, columns);
  const template = JSON.parse(JSON.stringify(Object.fromEntries(columns.map(({ name }) => [name, null])))) as MutableRow;
  return {
    types: Object.fromEntries(columns.map(({ name, type }) => [name, type])),
    values(row) {
      const out = { ...template };
      fill(row, out);
      return out;
    },
  };
}

/** Writes a row's columns to an object. */
function filler({ fitted }: OnlineView, columns: readonly Column[]): (row: MutableRow, target: MutableRow) => void {
  const copied = columns.flatMap(({ name, from }) => ("input" in from ? [{ name, input: from.input }] : []));
  // Of the columns that are computed only.
  const outputs = columns.flatMap(({ name, from }) => ("output" in from ? [{ ...from.output, name }] : []));
  const { plan } = fitted.untransformed;
  const engine = plan === undefined || outputs.length === 0 ? undefined : new Engine(optimize({ ...plan, outputs }));
  return (row, target) => {
    engine?.valuesInto(row, target);
    for (const { name, input } of copied) target[name] = row[input];
  };
}
