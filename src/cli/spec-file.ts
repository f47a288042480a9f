import { open, stat } from "node:fs/promises";
import { extname } from "node:path";
import { FeatureSet } from "../features/define-features.js";
import type { Declaration } from "../features/definition.js";
import { FittedFeatures } from "../features/fitted-features.js";
import type { Inputs } from "../features/inputs.js";
import { featuresFromJson, loadFeatures } from "../features/spec.js";
import { SkewlessError, SpecError } from "../errors.js";
import { ModuleError, UsageError } from "./errors.js";
import { importModule, isModulePath } from "./spec-module.js";

/** A spec as the command line takes it: a fitted JSON file, or a module that exports features. */
export type Spec =
  | { readonly kind: "fitted"; readonly path: string; readonly bytes: number; readonly features: FittedFeatures }
  | { readonly kind: "declared"; readonly path: string; readonly bytes: number; readonly features: FeatureSet<Inputs> };

export function isSpecPath(path: string): boolean {
  return isModulePath(path) || extname(path).toLowerCase() === ".json";
}

/** @throws UsageError, ModuleError, SpecError with what is wrong with the file. */
export async function loadSpec(path: string, exportName?: string): Promise<Spec> {
  const bytes = await sizeOf(path);
  if (isModulePath(path)) {
    const exported = pick(path, await importModule(path), exportName);
    return exported instanceof FittedFeatures
      ? { kind: "fitted", path, bytes, features: exported }
      : { kind: "declared", path, bytes, features: exported };
  }
  if (extname(path).toLowerCase() !== ".json") {
    throw new UsageError(`${path}: a spec is a fitted .json file or a module (.mjs, .js, .cjs, .ts, .mts, .cts)`);
  }
  if (exportName !== undefined) throw new UsageError("--export is for modules, not for fitted JSON");
  return { kind: "fitted", path, bytes, features: await loadFeatures(path) };
}

/** The spec's fitted features; a module whose transformations need fitting is an error that says how. */
export function fittedOf(spec: Spec): FittedFeatures {
  if (spec.kind === "fitted") return spec.features;
  try {
    return spec.features.withoutFitting();
  } catch (error) {
    if (!(error instanceof SkewlessError) || error.code !== "NOT_FITTED") throw error;
    throw new SpecError("NOT_FITTED", `${spec.path}: ${error.what}`, {
      fix: `Run \`skewless fit ${spec.path} DATA -o fitted.json\` and give fitted.json instead`,
    });
  }
}

async function sizeOf(path: string): Promise<number> {
  let found;
  try {
    found = await stat(path);
  } catch (error) {
    const missing = error instanceof Error && "code" in error && error.code === "ENOENT";
    throw new SpecError("INVALID_SPEC", missing ? `${path}: there is no such file` : `${path}: cannot be read: ${String(error)}`, {}, { cause: error });
  }
  if (found.isDirectory()) throw new SpecError("INVALID_SPEC", `${path}: this is a directory, not a spec`);
  return found.size;
}

function pick(path: string, module: Readonly<Record<string, unknown>>, name: string | undefined): FeatureSet<Inputs> | FittedFeatures {
  // A CommonJS module's exports are the default export of what import() gives.
  const nested = isRecord(module["default"]) ? module["default"] : {};
  if (name !== undefined) {
    const found = adopt(module[name] ?? nested[name]);
    if (found !== undefined) return found;
    throw new ModuleError(`${path}: the export ${JSON.stringify(name)} is not made by defineFeatures${exportsOf(module, nested)}`);
  }
  for (const candidate of [module["default"], module["features"], nested["default"], nested["features"]]) {
    const found = adopt(candidate);
    if (found !== undefined) return found;
  }
  throw new ModuleError(
    `${path}: there is no default export, nor one named \`features\`, that is made by defineFeatures${exportsOf(module, nested)}; ` +
      "name another export with --export",
  );
}

function exportsOf(...modules: readonly Readonly<Record<string, unknown>>[]): string {
  const names = [...new Set(modules.flatMap((module) => Object.keys(module)))].filter((name) => name !== "default" && name !== "module.exports");
  return names.length === 0 ? "" : ` (it exports ${names.join(", ")})`;
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null;
}

/**
 * Features as this copy's own. A module may import another copy of the package (CommonJS, or another folder), whose
 * classes and tables of Arrow are not ours; what it declared is plain data, and so is a fitted spec.
 */
function adopt(value: unknown): FeatureSet<Inputs> | FittedFeatures | undefined {
  if (value instanceof FeatureSet || value instanceof FittedFeatures) return value as FeatureSet<Inputs> | FittedFeatures;
  if (!isRecord(value)) return undefined;
  if (typeof value["withoutFitting"] === "function" && isRecord(value["declaration"]) && isRecord(value["inputs"])) {
    return new FeatureSet(value["inputs"] as Inputs, value["declaration"] as unknown as Declaration);
  }
  if (typeof value["toJSON"] === "function" && typeof value["fingerprint"] === "string") {
    return featuresFromJson((value["toJSON"] as () => unknown)());
  }
  return undefined;
}

/** Whether a .json file begins as a spec does that was saved; others hold rows. */
export async function isFittedJson(path: string): Promise<boolean> {
  await sizeOf(path);
  const handle = await open(path, "r");
  try {
    const { buffer, bytesRead } = await handle.read(Buffer.alloc(512), 0, 512, 0);
    return /^\s*\{\s*"format"\s*:\s*"skewless\./.test(buffer.toString("utf8", 0, bytesRead));
  } finally {
    await handle.close();
  }
}
