import { DefinitionError, received } from "../errors.js";
import type { TimeUnit } from "../types/data-type.js";

/** A length of time: `"90m"`, `"1h30m"`, `"7d"`, `"250ms"` (w d h m s ms us ns), or ticks of the timestamps' unit as a bigint. */
export type Duration = string | bigint;

const NANOS: Record<string, bigint> = {
  w: 604_800_000_000_000n,
  d: 86_400_000_000_000n,
  h: 3_600_000_000_000n,
  m: 60_000_000_000n,
  s: 1_000_000_000n,
  ms: 1_000_000n,
  us: 1_000n,
  ns: 1n,
};

/** A duration in ticks of `unit`; an error when it is not a whole number of them. */
export function durationTicks(duration: Duration, unit: TimeUnit): bigint {
  if (typeof duration === "bigint") return duration;
  const parts = [...duration.matchAll(/(\d+)(ms|us|ns|[wdhms])/gy)];
  const consumed = parts.reduce((length, part) => length + part[0].length, 0);
  const negative = duration.startsWith("-");
  if (parts.length === 0 || consumed !== duration.length) {
    if (negative && duration.length > 1) return -durationTicks(duration.slice(1), unit);
    throw new DefinitionError("INVALID_PARAMETER", "duration", {
      expected: 'text such as "1h30m", "7d" or "250ms", or a bigint of ticks',
      actual: received(duration),
    });
  }
  let nanos = 0n;
  for (const part of parts) nanos += BigInt(part[1] ?? "0") * (NANOS[part[2] ?? ""] ?? 0n);
  const tick = NANOS[unit] ?? 1n;
  if (nanos % tick !== 0n) {
    throw new DefinitionError("INVALID_PARAMETER", `the duration ${JSON.stringify(duration)} is not a whole number of ${unit} ticks`, {
      fix: "Declare the timestamps in a finer unit",
    });
  }
  return nanos / tick;
}
