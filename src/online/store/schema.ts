import { createHash } from "node:crypto";
import { DefinitionError, received } from "../../errors.js";
import { formatInputType, parseInputType, type AnyInputType } from "../../types/input-type.js";
import type { FeatureGroup } from "../group.js";
import { layoutOf, type Layout } from "./layout.js";

/**
 * What a row's bytes mean: names and stored types of its features. Null bits are there for every feature and a zone
 * changes no stored value, so that neither is part of it.
 */
export interface RowSchema {
  readonly names: readonly string[];
  readonly types: readonly AnyInputType[];
  /** `["age","int32"],…` as JSON: what a store keeps beside its rows so that other versions of the group can read them. */
  readonly descriptor: string;
  /** The first 8 bytes of the descriptor's SHA-256, as 16 hexadecimal digits and as two numbers (little-endian words). */
  readonly id: string;
  readonly idLow: number;
  readonly idHigh: number;
  readonly layout: Layout;
}

/** The stored type in words, without a zone. */
export function storedType(type: AnyInputType): string {
  return formatInputType(type).replace(/timestamp\[(\w+), [^\]]+\]/, "timestamp[$1]");
}

export function schemaOf(group: FeatureGroup): RowSchema {
  const names = Object.keys(group.features);
  const types = names.map((name) => group.features[name] as AnyInputType);
  for (const name of names) {
    if (!name.isWellFormed()) throw new DefinitionError("INVALID_DEFINITION", "the name of a feature holds a lone surrogate", { path: [group.name], actual: received(name) });
  }
  return make(names, types, JSON.stringify(names.map((name, i) => [name, storedType(types[i] as AnyInputType)])));
}

/** The schema that a store kept under `id`; undefined for bytes that are no descriptor or another one's. */
export function schemaFromDescriptor(id: string, descriptor: string): RowSchema | undefined {
  let parsed: unknown;
  try {
    parsed = JSON.parse(descriptor);
  } catch {
    return undefined;
  }
  if (!Array.isArray(parsed)) return undefined;
  const names: string[] = [];
  const types: AnyInputType[] = [];
  for (const entry of parsed as unknown[]) {
    if (!Array.isArray(entry) || typeof entry[0] !== "string" || typeof entry[1] !== "string") return undefined;
    const type = parseInputType(entry[1]);
    if (type === undefined) return undefined;
    names.push(entry[0]);
    types.push(type);
  }
  const schema = make(names, types, descriptor);
  return schema.id === id ? schema : undefined;
}

function make(names: readonly string[], types: readonly AnyInputType[], descriptor: string): RowSchema {
  const hash = createHash("sha256").update(descriptor).digest().subarray(0, 8);
  return { names, types, descriptor, id: hash.toString("hex"), idLow: hash.readUInt32LE(0), idHigh: hash.readUInt32LE(4), layout: layoutOf(types) };
}

/** The id that a row's bytes give, as `RowSchema.id` spells it. */
export function schemaIdText(low: number, high: number): string {
  const bytes = Buffer.allocUnsafe(8);
  bytes.writeUInt32LE(low, 0);
  bytes.writeUInt32LE(high, 4);
  return bytes.toString("hex");
}
