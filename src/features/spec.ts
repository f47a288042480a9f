import { randomBytes } from "node:crypto";
import { readFile, rename, rm, writeFile } from "node:fs/promises";
import { SpecError, received, SkewlessError } from "../errors.js";
import { planFromJson, type Json } from "../plan/json.js";
import { parseInputType, type AnyInputType } from "../types/input-type.js";
import { FittedFeatures, SPEC_FORMAT, SPEC_VERSION, type FittedStep } from "./fitted-features.js";
import type { Inputs } from "./inputs.js";
import { findAnyTransform, stateFromJson, type StateObject } from "./transform.js";
import type { Plan } from "../plan/plan.js";
import { WHERE_OUTPUT } from "./where.js";
import "./fitted/index.js";

export async function writeSpec(json: Json, path: string): Promise<void> {
  const temporary = `${path}.${randomBytes(6).toString("hex")}.tmp`;
  try {
    await writeFile(temporary, `${JSON.stringify(json, null, 1)}\n`);
    await rename(temporary, path);
  } catch (error) {
    await rm(temporary, { force: true });
    throw error;
  }
}

function bad(path: readonly (string | number)[], expected: string, value: unknown): never {
  throw new SpecError("INVALID_SPEC", "malformed spec", { path, expected, actual: received(value) });
}

function record(value: unknown, path: readonly (string | number)[]): Record<string, unknown> {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return bad(path, "an object", value);
  return value as Record<string, unknown>;
}

function list(value: unknown, path: readonly (string | number)[]): readonly unknown[] {
  return Array.isArray(value) ? (value as readonly unknown[]) : bad(path, "an array", value);
}

function readStep(value: unknown, i: number): FittedStep {
  const path = ["steps", i];
  const step = record(value, path);
  const { transform: name, version, column } = step;
  if (typeof name !== "string") return bad([...path, "transform"], "a name", name);
  const transform = findAnyTransform(name);
  if (transform === undefined) {
    throw new SpecError("UNKNOWN_FUNCTION", `this build has no transformation ${JSON.stringify(name)}`, { path: [...path, "transform"], function: name });
  }
  if (version !== transform.version) {
    throw new SpecError("SEMANTICS_CHANGED", `transformation ${JSON.stringify(name)} has semantics version ${transform.version} in this build, the spec was made with version ${String(version)}`, {
      path: [...path, "version"],
      function: name,
      fix: "Fit again with this build, or use the build that made the spec",
    });
  }
  if (typeof column !== "string") return bad([...path, "column"], "text", column);
  return {
    transform: name,
    version: transform.version,
    column,
    features: list(step["features"], [...path, "features"]).map(String),
    options: stateFromJson(record(step["options"], [...path, "options"])) as StateObject,
    state: stateFromJson(record(step["state"], [...path, "state"])) as StateObject,
  };
}

function readFilter(value: unknown): Plan | undefined {
  if (value === undefined) return undefined;
  const plan = planFromJson(record(value, ["filter"])["plan"]);
  const [output, ...others] = plan.outputs;
  if (output?.name !== WHERE_OUTPUT || output.type !== "bool" || others.length > 0) {
    bad(["filter", "plan", "outputs"], "one bool column", plan.outputs);
  }
  return plan;
}

/** A fitted spec from its JSON; refuses one that is malformed, was changed, or was made under other semantics. */
export function featuresFromJson(json: unknown): FittedFeatures {
  const root = record(json, []);
  if (root["format"] !== SPEC_FORMAT) bad(["format"], JSON.stringify(SPEC_FORMAT), root["format"]);
  if (root["version"] !== SPEC_VERSION) {
    throw new SpecError("INVALID_SPEC", `the spec has format version ${String(root["version"])}, this build reads ${SPEC_VERSION}`, {
      path: ["version"],
      fix: "Use the skewless version that wrote it, or a newer one",
    });
  }
  const inputs: Record<string, AnyInputType> = {};
  for (const [i, value] of list(root["inputs"], ["inputs"]).entries()) {
    const entry = record(value, ["inputs", i]);
    const { name, type, nullable } = entry;
    const parsed = typeof type === "string" ? parseInputType(type) : undefined;
    if (typeof name !== "string") return bad(["inputs", i, "name"], "a name", name);
    if (parsed === undefined) return bad(["inputs", i, "type"], "an input type", type);
    inputs[name] = nullable === true ? parsed.nullable() : parsed;
  }
  const steps = list(root["steps"], ["steps"]).map(readStep);
  const plan = planFromJson(root["plan"]);
  const fitted = new FittedFeatures<Inputs>(inputs, plan, steps, readFilter(root["filter"]));
  if (fitted.fingerprint !== root["fingerprint"]) {
    throw new SpecError("FINGERPRINT_MISMATCH", "the spec was changed after it was saved", {
      path: ["fingerprint"],
      expected: fitted.fingerprint,
      actual: String(root["fingerprint"]),
      fix: "Save it again from the declaration; a spec is not edited by hand",
    });
  }
  return fitted;
}

/** Loads what `fitted.save(path)` wrote. */
export async function loadFeatures(path: string): Promise<FittedFeatures> {
  let text: string;
  try {
    text = await readFile(path, "utf8");
  } catch (error) {
    throw new SpecError("INVALID_SPEC", `cannot read ${path}: ${error instanceof Error ? error.message : String(error)}`, {}, { cause: error });
  }
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (error) {
    throw new SpecError("INVALID_SPEC", `${path} is not JSON: ${error instanceof Error ? error.message : String(error)}`, {}, { cause: error });
  }
  try {
    return featuresFromJson(json);
  } catch (error) {
    throw error instanceof SkewlessError ? error.with({}, `${path}: ${error.what}`) : error;
  }
}
