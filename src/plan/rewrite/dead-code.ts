import type { Plan } from "../plan.js";
import { remap } from "./remap.js";

/** Drops nodes and inputs that no output needs. */
export function deadCode(plan: Plan): Plan {
  const base = plan.inputs.length;
  const needed = new Set<number>(plan.outputs.map((output) => output.register));
  for (let i = plan.nodes.length - 1; i >= 0; i--) {
    const node = plan.nodes[i];
    if (node?.kind === "call" && needed.has(base + i)) for (const arg of node.args) needed.add(arg);
  }
  const kept = remap(plan, (i) => needed.has(base + i), (register) => register);
  const inputs = plan.inputs.filter((_, i) => needed.has(i));
  const zones = Object.fromEntries(
    Object.entries(plan.zones).filter(([zone]) => kept.nodes.some((node) => node.kind === "call" && node.params["zone"] === zone)),
  );
  if (inputs.length === base) return { ...kept, zones };
  const shift = base - inputs.length;
  const position = new Map<number, number>();
  for (let i = 0; i < base; i++) if (needed.has(i)) position.set(i, position.size);
  const move = (register: number): number => (register < base ? (position.get(register) as number) : register - shift);
  return {
    inputs,
    zones,
    nodes: kept.nodes.map((node) => (node.kind === "call" ? { ...node, args: node.args.map(move) } : node)),
    outputs: kept.outputs.map((output) => ({ ...output, register: move(output.register) })),
  };
}
