// Makes a failing case small: fewer rows, outputs and nodes, simpler values, as long as it still fails.
import type { RowObject } from "../../../src/engine/row-engine.js";
import type { LiteralValue } from "../../../src/expr/node.js";
import { registerType, type Plan, type PlanNode, type PlanOutput } from "../../../src/plan/plan.js";
import { deadCode } from "../../../src/plan/rewrite/dead-code.js";
import { kernelType, type DataType, type KernelType, type OutputType } from "../../../src/types/data-type.js";
import type { PlanCase } from "./plan-case.js";
import { dataTypeOf } from "./plans.js";

const SIMPLE: Readonly<Record<KernelType, LiteralValue>> = {
  float64: 0,
  int64: 0n,
  bool: false,
  utf8: "",
  timestamp: 0n,
  "list<float64>": [],
  "list<int64>": [],
  "list<utf8>": [],
  "list<timestamp>": [],
};

/** Simpler values to try, simplest first. */
function simpler(type: KernelType, value: unknown): readonly LiteralValue[] {
  const simple = SIMPLE[type];
  if (typeof value === "string") {
    const points = Array.from(value);
    const half = points.length >> 1;
    return value === "" ? [] : [simple, points.slice(0, half).join(""), points.slice(half).join(""), points.slice(1).join(""), points.slice(0, -1).join("")].filter((x) => x !== value);
  }
  if (Array.isArray(value)) {
    const items = value as readonly LiteralValue[];
    const half = items.length >> 1;
    if (items.length === 0) return [];
    const shorter = [items.slice(0, half), items.slice(half), items.slice(1), items.slice(0, -1)].filter((list) => list.length < items.length);
    const item = type.slice(5, -1) as KernelType;
    const single = items.slice(0, 8).flatMap((x, i) => simpler(item, x).slice(0, 2).map((y) => [...items.slice(0, i), y, ...items.slice(i + 1)]));
    return [simple, ...shorter, ...single] as LiteralValue[];
  }
  // Each is simpler than the next, so that shrinking comes to an end.
  if (typeof value === "number") {
    const steps = [0, 1, NaN, Math.trunc(value)];
    const at = steps.findIndex((x) => Object.is(x, value));
    return at < 0 ? steps : steps.slice(0, at);
  }
  if (typeof value === "bigint") return value === 0n ? [] : value === 1n ? [0n] : [0n, 1n, value / 2n];
  if (value === true) return [false];
  return [];
}

function rowVariants({ plan, rows }: PlanCase): PlanCase[] {
  if (rows.length > 1) {
    const half = rows.length >> 1;
    return [...[rows.slice(0, half), rows.slice(half)], ...(rows.length <= 40 ? rows.map((row) => [row]) : [])].map((fewer) => ({ plan, rows: fewer }));
  }
  const row = rows[0];
  if (row === undefined) return [];
  return plan.inputs.flatMap(({ name, input }) => {
    const tried: unknown[] = [...simpler(kernelType(input.type), row[name])];
    if (input.isNullable && row[name] !== null) tried.push(null);
    return tried.map((value): PlanCase => ({ plan, rows: [{ ...row, [name]: value } as RowObject] }));
  });
}

function outputAt(plan: Plan, output: PlanOutput, register: number): PlanOutput | undefined {
  const dataType: DataType = registerType(plan, register);
  if (dataType.kind === "list") return undefined;
  return { ...output, register, type: dataType.kind as OutputType, dataType };
}

function planVariants({ plan, rows }: PlanCase): PlanCase[] {
  const base = plan.inputs.length;
  const out: Plan[] = [];
  if (plan.outputs.length > 1) for (const output of plan.outputs) out.push({ ...plan, outputs: [output] });
  // An argument instead of what is computed from it.
  for (const [o, output] of plan.outputs.entries()) {
    const node = plan.nodes[output.register - base];
    if (node?.kind !== "call") continue;
    for (const arg of node.args) {
      const moved = outputAt(plan, output, arg);
      if (moved !== undefined) out.push({ ...plan, outputs: plan.outputs.map((other, i) => (i === o ? moved : other)) });
    }
  }
  const replaceNode = (at: number, node: PlanNode): Plan => ({ ...plan, nodes: plan.nodes.map((other, i) => (i === at ? node : other)) });
  for (const [at, node] of plan.nodes.entries()) {
    const type = kernelType(node.type);
    if (node.kind === "constant") {
      for (const value of simpler(type, node.value)) out.push(replaceNode(at, { ...node, value }));
      continue;
    }
    out.push(replaceNode(at, { kind: "constant", type: dataTypeOf(type), value: SIMPLE[type] }));
    for (const [a, arg] of node.args.entries()) {
      const argType = kernelType(registerType(plan, arg));
      for (let other = 0; other < arg; other++) {
        if (other >= base && other !== arg - 1) continue;
        if (kernelType(registerType(plan, other)) !== argType) continue;
        out.push(replaceNode(at, { ...node, args: node.args.map((register, i) => (i === a ? other : register)) }));
      }
    }
  }
  return out.map((smaller) => pruned(smaller, rows));
}

/** Without what no output needs. */
function pruned(plan: Plan, rows: readonly RowObject[]): PlanCase {
  const kept = deadCode(plan);
  return { plan: kept, rows: rows.map((row) => Object.fromEntries(kept.inputs.map(({ name }) => [name, row[name]]))) };
}

/**
 * Greedy: takes the first smaller case that still fails and begins anew, until none does or the time is over.
 * `failure` gives the message, or undefined for a case that holds.
 */
export function shrink(start: PlanCase, failure: (smaller: PlanCase) => string | undefined, milliseconds = 10_000): PlanCase {
  const end = performance.now() + milliseconds;
  let current: PlanCase = start;
  const needed = pruned(start.plan, start.rows);
  if (failure(needed) !== undefined) current = needed;
  for (;;) {
    const next = [...rowVariants(current), ...planVariants(current)].find((smaller) => performance.now() < end && failure(smaller) !== undefined);
    if (next === undefined) return current;
    current = next;
  }
}
