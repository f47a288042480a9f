// Cases as JSON, for files of regressions: float64 that JSON lacks and int64 are strings, which the types tell apart.
import type { RowObject } from "../../../src/engine/row-engine.js";
import { planFromJson, planToJson } from "../../../src/plan/json.js";
import { zoneTable } from "../../../src/plan/zones.js";
import { kernelType } from "../../../src/types/data-type.js";
import type { Value } from "../oracle/index.js";
import type { PlanCase } from "./plan-case.js";

function encode(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(encode);
  if (typeof value === "bigint") return String(value);
  if (typeof value === "number" && (!Number.isFinite(value) || Object.is(value, -0))) return Object.is(value, -0) ? "-0" : String(value);
  return value ?? null;
}

function decode(type: string, json: unknown): Value {
  if (json === null) return null;
  if (type.startsWith("list<")) return (json as unknown[]).map((item) => decode(type.slice(5, -1), item));
  if (type === "float64") return Number(json);
  if (type === "int64" || type === "timestamp") return BigInt(json as string);
  return json as Value;
}

/** Zones by name: the tables are made anew, since zone data change and the oracle reads those of the day. */
export function caseToJson({ plan, rows }: PlanCase): unknown {
  return { plan: { ...planToJson(plan), zones: Object.keys(plan.zones) }, rows: rows.map((row) => Object.fromEntries(Object.entries(row).map(([name, value]) => [name, encode(value)]))) };
}

export function caseFromJson(json: unknown): PlanCase {
  const { plan: saved, rows } = json as { plan: { readonly zones: readonly string[] }; rows: Record<string, unknown>[] };
  const plan = planFromJson({ ...saved, zones: Object.fromEntries(saved.zones.map((zone) => [zone, zoneTable(zone)])) });
  const decoded = rows.map((row): RowObject => Object.fromEntries(plan.inputs.map(({ name, input }) => [name, decode(kernelType(input.type), row[name] ?? null)])));
  return { plan, rows: decoded };
}
