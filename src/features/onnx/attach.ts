import { randomBytes } from "node:crypto";
import { readFile, rename, rm, writeFile } from "node:fs/promises";
import { OnnxError, SkewlessError, SpecError } from "../../errors.js";
import { readMetadata, withMetadata } from "../../onnx/metadata.js";
import type { FittedFeatures, FittedSpec } from "../fitted-features.js";
import { featuresFromJson } from "../spec.js";

const SPEC_KEY = "skewless.features";
const FINGERPRINT_KEY = "skewless.fingerprint";

export interface AttachOptions {
  /** Where to write the model; a model given by path is replaced by default, one given by bytes is not written. */
  readonly output?: string;
}

export async function modelBytes(model: string | Uint8Array): Promise<Uint8Array> {
  if (typeof model !== "string") return model;
  try {
    return await readFile(model);
  } catch (cause) {
    throw new OnnxError("INVALID_ONNX", `cannot read ${model}: ${cause instanceof Error ? cause.message : String(cause)}`, {}, { cause });
  }
}

/** The model with the spec and its fingerprint in its metadata, every other byte as it was. The file appears whole or not at all. */
export async function attachTo(fitted: FittedSpec, model: string | Uint8Array, options: AttachOptions = {}): Promise<Uint8Array> {
  const bytes = await modelBytes(model);
  const entries = new Map([
    [SPEC_KEY, JSON.stringify(fitted.toJSON())],
    [FINGERPRINT_KEY, fitted.fingerprint],
  ]);
  const attached = withMetadata(bytes, entries);
  const path = options.output ?? (typeof model === "string" ? model : undefined);
  if (path !== undefined) {
    const temporary = `${path}.${randomBytes(6).toString("hex")}.tmp`;
    try {
      await writeFile(temporary, attached);
      await rename(temporary, path);
    } catch (error) {
      await rm(temporary, { force: true });
      throw error;
    }
  }
  return attached;
}

/** The spec that `attachTo` stored in a model. INVALID_SPEC where there is none. */
export async function featuresFromModel(model: string | Uint8Array): Promise<FittedFeatures> {
  const metadata = readMetadata(await modelBytes(model));
  const text = metadata.get(SPEC_KEY);
  if (text === undefined) {
    throw new SpecError("INVALID_SPEC", "the model carries no features", { fix: "Store them with fitted.attachTo(model)" });
  }
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (cause) {
    throw new SpecError("INVALID_SPEC", "the features in the model's metadata are not JSON", { path: [SPEC_KEY] }, { cause });
  }
  let fitted: FittedFeatures;
  try {
    fitted = featuresFromJson(json);
  } catch (error) {
    throw error instanceof SkewlessError ? error.with({}, `the model's metadata: ${error.what}`) : error;
  }
  refuseOther(fitted, metadata);
  return fitted;
}

/**
 * Whether the model was made for these features: true when it carries their fingerprint, false when it carries
 * none. FINGERPRINT_MISMATCH when it was made for others.
 */
export async function checkModelFingerprint(fitted: FittedSpec, model: string | Uint8Array): Promise<boolean> {
  const metadata = readMetadata(await modelBytes(model));
  refuseOther(fitted, metadata);
  return metadata.has(FINGERPRINT_KEY);
}

function refuseOther(fitted: FittedSpec, metadata: ReadonlyMap<string, string>): void {
  const own = metadata.get(FINGERPRINT_KEY);
  if (own === undefined || own === fitted.fingerprint) return;
  throw new SpecError("FINGERPRINT_MISMATCH", "the model was made for other features", {
    path: [FINGERPRINT_KEY],
    expected: fitted.fingerprint,
    actual: own,
    fix: "Use the spec that the model was trained with (featuresFromModel reads it), or train anew and attachTo() the model",
  });
}
