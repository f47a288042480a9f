import { formatLiteral } from "../expr/node.js";
import { formatType } from "../types/data-type.js";
import { formatInputType } from "../types/input-type.js";
import type { Plan, PlanNode } from "./plan.js";

export type ExplainFormat = "text" | "mermaid";

/** The plan for people: one line a register, or a Mermaid flow chart. */
export function explainPlan(plan: Plan, format: ExplainFormat = "text"): string {
  return format === "mermaid" ? mermaid(plan) : text(plan);
}

function shorten(value: string, length = 48): string {
  return value.length > length ? `${value.slice(0, length - 1)}…` : value;
}

function params(node: Extract<PlanNode, { kind: "call" }>): string {
  const shown = Object.entries(node.params).filter(([name, value]) => name !== "unit" && !(name === "zone" && value === "UTC"));
  return shown.map(([name, value]) => `; ${name}: ${shorten(Array.isArray(value) ? `[${value.join(", ")}]` : String(value))}`).join("");
}

function label(plan: Plan, register: number): string {
  const input = plan.inputs[register];
  if (input !== undefined) return input.name;
  const node = plan.nodes[register - plan.inputs.length];
  return node?.kind === "constant" ? shorten(formatLiteral(node.value)) : `%${register}`;
}

function text(plan: Plan): string {
  const lines: string[] = ["inputs"];
  for (const { name, input } of plan.inputs) lines.push(`  ${name}: ${formatInputType(input)}${input.isNullable ? " nullable" : ""}`);
  lines.push("steps");
  for (const [i, node] of plan.nodes.entries()) {
    if (node.kind === "constant") continue;
    const register = plan.inputs.length + i;
    lines.push(`  %${register} = ${node.name}(${node.args.map((arg) => label(plan, arg)).join(", ")}${params(node)}) : ${formatType(node.type)}`);
  }
  lines.push("outputs");
  for (const output of plan.outputs) lines.push(`  ${output.name}: ${output.type} = ${label(plan, output.register)}`);
  const zones = Object.entries(plan.zones).filter(([, table]) => table.at.length > 0);
  if (zones.length > 0) {
    lines.push("zones");
    for (const [zone, table] of zones) lines.push(`  ${zone}: ${table.at.length} transitions`);
  }
  return `${lines.join("\n")}\n`;
}

const escape = (value: string): string => value.replaceAll('"', "#quot;").replaceAll("<", "#lt;").replaceAll(">", "#gt;");

function mermaid(plan: Plan): string {
  const lines = ["flowchart LR"];
  const base = plan.inputs.length;
  for (const [i, { name, input }] of plan.inputs.entries()) lines.push(`  r${i}(["${escape(name)}: ${escape(formatInputType(input))}"])`);
  for (const [i, node] of plan.nodes.entries()) {
    const register = base + i;
    if (node.kind === "constant") {
      lines.push(`  r${register}{{"${escape(shorten(formatLiteral(node.value)))}"}}`);
      continue;
    }
    lines.push(`  r${register}["${escape(node.name + params(node))}"]`);
    for (const arg of node.args) lines.push(`  r${arg} --> r${register}`);
  }
  for (const [i, output] of plan.outputs.entries()) {
    lines.push(`  o${i}[/"${escape(output.name)}: ${output.type}"/]`);
    lines.push(`  r${output.register} --> o${i}`);
  }
  return `${lines.join("\n")}\n`;
}
