// A whole plan by the oracle: node by node, with failures that travel as the documentation says.
import { CATALOGUE } from "../../../src/expr/catalogue.gen.js";
import type { RowObject } from "../../../src/engine/row-engine.js";
import type { Plan, PlanCall } from "../../../src/plan/plan.js";
import { registerType } from "../../../src/plan/plan.js";
import { kernelType, type KernelType } from "../../../src/types/data-type.js";
import { evaluate, oracle, OracleFailure, type OracleFunction, type Params, type Value } from "../oracle/index.js";

/** A failure on its way to the outputs. */
export class Failed {
  constructor(
    readonly code: string,
    readonly function_: string,
  ) {}
}

export type Cell = Value | Failed;

const UNITS: Readonly<Record<string, string>> = { 0: "d", 1: "s", 1000: "ms", 1000000: "us", 1000000000: "ns" };

export function typesOf(plan: Plan, node: PlanCall): readonly KernelType[] {
  return node.args.map((arg) => kernelType(registerType(plan, arg)));
}

/** Parameters of a plan in the oracle's words. */
function oracleParams(plan: Plan, node: PlanCall): Params {
  const types = typesOf(plan, node).join();
  const specs = CATALOGUE[node.name]?.find((o) => o.args.join() === types)?.params ?? [];
  return Object.fromEntries(
    Object.entries(node.params).map(([name, value]) => {
      const ticks = specs.find((spec) => spec.name === name)?.kind === "int64" && ["unit", "from", "to"].includes(name);
      return [name, ticks ? UNITS[String(value)] : value];
    }),
  );
}

/** Special forms look at failures; everything else passes the first on, whatever the other arguments are. */
function special(name: string, args: readonly Cell[]): Cell | undefined {
  const [x = null, y = null, z = null] = args;
  if (x instanceof Failed) return x;
  switch (name) {
    case "if":
      return x === true ? y : z;
    case "coalesce":
      return x === null ? y : x;
    case "and":
      return x === false ? false : y;
    case "or":
      return x === true ? true : y;
    default:
      return undefined;
  }
}

function call(plan: Plan, node: PlanCall, args: readonly Cell[]): Cell {
  const form = special(node.name, args);
  if (form !== undefined && (form instanceof Failed || node.name === "if" || node.name === "coalesce")) return form;
  // A settled conjunction does not look at its second argument.
  if ((node.name === "and" && args[0] === false) || (node.name === "or" && args[0] === true)) return form as Value;
  const failed = args.find((arg) => arg instanceof Failed);
  if (failed !== undefined) return failed;
  try {
    return evaluate(node.name, args as readonly Value[], oracleParams(plan, node), typesOf(plan, node));
  } catch (error) {
    if (error instanceof OracleFailure) return new Failed(error.code, node.name);
    throw error;
  }
}

/** All registers of a plan for one row. */
export function evaluatePlan(plan: Plan, row: RowObject): readonly Cell[] {
  const cells: Cell[] = plan.inputs.map(({ name }) => (row[name] ?? null) as Value);
  for (const node of plan.nodes) {
    cells.push(node.kind === "constant" ? (node.value as Value) : call(plan, node, node.args.map((arg) => cells[arg] as Cell)));
  }
  return cells;
}

/** Whether native results of a function must have the oracle's bits. */
export function isExact(name: string): boolean {
  const f = oracle[name] as OracleFunction;
  return f.ulps === 0 && f.absolute === undefined && f.tolerance === undefined;
}

/** Registers whose value depends on exact functions only. */
export function exactRegisters(plan: Plan): readonly boolean[] {
  const exact = plan.inputs.map(() => true);
  for (const node of plan.nodes) exact.push(node.kind === "constant" || (isExact(node.name) && node.args.every((arg) => exact[arg])));
  return exact;
}
