// How much is run and from which seed: `SKEWLESS_PARITY_RUNS=50 SKEWLESS_PARITY_SEED=7 npm run parity`.
import { Rng } from "../generators/index.js";

function setting(name: string, fallback: number): number {
  const text = process.env[name];
  if (text === undefined || text === "") return fallback;
  const value = Number(text);
  if (!Number.isSafeInteger(value) || value < 0) throw new RangeError(`${name} must be a whole number, not ${text}`);
  return value;
}

/** Multiplies the work of every randomized test. */
export const runs = setting("SKEWLESS_PARITY_RUNS", 1);
export const seed = setting("SKEWLESS_PARITY_SEED", 20250101);

/** FNV-1a; spreads names over seeds, so that each test draws its own values. */
function hash(text: string): number {
  let h = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) h = Math.imul(h ^ text.charCodeAt(i), 0x01000193);
  return h >>> 0;
}

/** The random source of one run of one test: a function of seed, name and run only. */
export function rngOf(name: string, run = 0): Rng {
  return new Rng(hash(name) * 2 ** 20 + ((seed + run * 7919) % 2 ** 20));
}

/** Ends every failure message. */
export function replay(name: string): string {
  return `replay: SKEWLESS_PARITY_SEED=${seed} SKEWLESS_PARITY_RUNS=${runs} npx vitest run test/equivalence -t ${JSON.stringify(name)}`;
}

export function show(value: unknown): string {
  if (value instanceof Error) return `${value.name}: ${value.message}`;
  return (
    JSON.stringify(value, (_, item: unknown) => {
      if (typeof item === "bigint") return `${item}n`;
      if (typeof item === "number" && (!Number.isFinite(item) || Object.is(item, -0))) return Object.is(item, -0) ? "-0" : String(item);
      return item;
    }) ?? "undefined"
  );
}
