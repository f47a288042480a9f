// What a failing case leaves behind: a message with the seed and the shrunk case, and a file that is replayed.
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { explainPlan } from "../../../src/plan/explain.js";
import { caseToJson } from "./case-json.js";
import { checkPlanCase, type PlanCase } from "./plan-case.js";
import { show } from "./settings.js";
import { shrink } from "./shrink.js";

export const regressions = new URL("../regressions/", import.meta.url);

export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** Shrinks a case that failed, saves it and gives the error to throw. */
export function reported(name: string, failing: PlanCase, seed: number, hint: string): Error {
  const failure = (smaller: PlanCase): string | undefined => {
    try {
      checkPlanCase(smaller, seed);
      return undefined;
    } catch (error) {
      return messageOf(error);
    }
  };
  const small = shrink(failing, failure);
  const message = failure(small) ?? "it does not fail again";
  const file = `${name.replace(/[^A-Za-z0-9]+/g, "-")}.json`;
  mkdirSync(regressions, { recursive: true });
  writeFileSync(new URL(file, regressions), caseText(message.split("\n")[0] ?? "", small));
  return new Error(`${message}\n${explainPlan(small.plan)}\nrows: ${show(small.rows)}\nsaved as test/equivalence/regressions/${file}\n${hint}`);
}

/** A case as JSON text with a line a node and a row. */
export function caseText(about: string, failing: PlanCase): string {
  const { plan, rows } = caseToJson(failing) as { plan: Record<string, unknown>; rows: readonly unknown[] };
  const lines = (items: readonly unknown[], indent: string): string => (items.length === 0 ? "[]" : `[\n${items.map((item) => `${indent}  ${JSON.stringify(item)}`).join(",\n")}\n${indent}]`);
  const fields = Object.entries(plan).map(([key, value]) => `    ${JSON.stringify(key)}: ${Array.isArray(value) && key !== "zones" ? lines(value, "    ") : JSON.stringify(value)}`);
  return `{\n  "about": ${JSON.stringify(about)},\n  "plan": {\n${fields.join(",\n")}\n  },\n  "rows": ${lines(rows, "  ")}\n}\n`;
}

/** The saved cases by file name. */
export function savedCases(): readonly (readonly [file: string, json: unknown])[] {
  return readdirSync(regressions)
    .filter((file) => file.endsWith(".json"))
    .sort()
    .map((file) => [file, JSON.parse(readFileSync(new URL(file, regressions), "utf8"))]);
}
