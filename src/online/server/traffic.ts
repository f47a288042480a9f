import { murmur3 } from "./murmur.js";

/** Versions of a model and their shares of its traffic. */
export class TrafficSplit {
  readonly #name: string;
  readonly #versions: readonly string[];
  /** Upper ends of the versions' ranges of hashes, ascending; the last is 2^32. */
  readonly #bounds: readonly number[];

  /** Weights are of any scale; a version with weight 0 gets nothing. */
  constructor(name: string, weights: Readonly<Record<string, number>>) {
    const versions = Object.keys(weights).filter((version) => (weights[version] as number) > 0).sort();
    const total = versions.reduce((sum, version) => sum + (weights[version] as number), 0);
    let sum = 0;
    this.#name = name;
    this.#versions = versions;
    this.#bounds = versions.map((version) => ((sum += weights[version] as number) / total) * 2 ** 32);
  }

  /** One key always gets one version, in every process; which one is independent between models. */
  versionOf(key: string): string {
    const hash = murmur3(`${this.#name}\0${key}`);
    const at = this.#bounds.findIndex((bound) => hash < bound);
    return this.#versions[at < 0 ? this.#versions.length - 1 : at] as string;
  }
}

/**
 * What makes a request sticky, as it is written in the body, before it is checked. An int64 as a number and as digits
 * is the same key. Undefined where the body has no such key.
 */
export function stickyKey(body: unknown, names: readonly string[]): string | undefined {
  const keys = (body as { readonly servingKeys?: unknown } | null | undefined)?.servingKeys;
  if (typeof keys !== "object" || keys === null) return undefined;
  let out: string | undefined;
  for (const name of names) {
    const value = Object.hasOwn(keys, name) ? (keys as Record<string, unknown>)[name] : undefined;
    if (typeof value !== "string" && typeof value !== "number" && typeof value !== "boolean") continue;
    out = out === undefined ? String(value) : `${out}\0${value}`;
  }
  return out;
}
