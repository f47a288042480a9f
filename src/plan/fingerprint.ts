import { createHash } from "node:crypto";
import { planToJson, type Json } from "./json.js";
import type { Plan } from "./plan.js";

/** JSON with sorted keys and no spaces: one text for one value. */
export function canonicalJson(value: Json): string {
  if (Array.isArray(value)) return `[${value.map((item) => canonicalJson(item as Json)).join(",")}]`;
  if (typeof value === "object" && value !== null) {
    const entries = Object.entries(value as Record<string, Json>).sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0));
    return `{${entries.map(([key, item]) => `${JSON.stringify(key)}:${canonicalJson(item)}`).join(",")}}`;
  }
  return JSON.stringify(value);
}

/**
 * SHA-256 of the plan: inputs, nodes with every function's semantics version and the fitted state among their
 * constants and parameters, outputs and zone tables. Two plans of one fingerprint give the same bits.
 */
export function fingerprint(plan: Plan): string {
  return createHash("sha256").update(canonicalJson(planToJson(plan))).digest("hex");
}
