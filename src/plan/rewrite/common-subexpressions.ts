import { formatType } from "../../types/data-type.js";
import type { Plan, PlanNode } from "../plan.js";
import { remap } from "./remap.js";

const spell = (value: unknown): string =>
  JSON.stringify(value, (_, v: unknown) => {
    if (typeof v === "bigint") return `${v}n`;
    // JSON would write NaN, infinities and -0 like other values.
    if (typeof v === "number" && (!Number.isFinite(v) || Object.is(v, -0))) return Object.is(v, -0) ? "f-0" : `f${v}`;
    return v;
  });

/** Equal nodes over equal arguments become one: every function is deterministic, so one answer serves all. */
export function commonSubexpressions(plan: Plan): Plan {
  const base = plan.inputs.length;
  const first = new Map<string, number>();
  const canonical: number[] = Array.from({ length: base }, (_, i) => i);
  for (const [i, node] of plan.nodes.entries()) {
    const key = keyOf(node, canonical);
    const known = first.get(key);
    if (known === undefined) first.set(key, base + i);
    canonical.push(known ?? base + i);
  }
  return remap(plan, (i) => canonical[base + i] === base + i, (register) => canonical[register] as number);
}

function keyOf(node: PlanNode, canonical: readonly number[]): string {
  const type = formatType(node.type);
  return node.kind === "constant"
    ? `const ${type} ${typeof node.value} ${spell(node.value)}`
    : `call ${node.name} ${type} ${node.args.map((arg) => canonical[arg]).join()} ${spell(node.params)}`;
}
