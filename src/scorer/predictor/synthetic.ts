import type { FittedStep } from "../../features/fitted-features.js";
import type { Plan } from "../../plan/plan.js";
import { ticksPerSecond } from "../../types/data-type.js";
import type { AnyInputType } from "../../types/input-type.js";

/** Numbers from 0 to 1, the same at every load (Lehmer's generator with Park and Miller's multiplier). */
export function lehmer(seed = 1): () => number {
  let state = seed;
  return () => {
    state = (state * 48271) % 2147483647;
    return state / 2147483647;
  };
}

const EPOCH_SECONDS = 1_700_000_000;
const YEAR_SECONDS = 31_557_600;

type Random = () => number;

function scalar(input: AnyInputType, random: Random): unknown {
  switch (input.storage) {
    case "float16":
    case "float32":
    case "float64":
      return random() < 0.02 ? NaN : random() * 200 - 50;
    case "bool":
      return random() < 0.5;
    case "utf8":
      return `text ${Math.floor(random() * 1000)}`;
    case "int64":
      return Math.floor(random() * 1e6);
    case "timestamp":
    case "date32":
    case "date64": {
      const unit = input.type.kind === "timestamp" ? input.type.unit : "ms";
      const seconds = EPOCH_SECONDS + Math.floor(random() * YEAR_SECONDS);
      return unit === "d" ? Math.floor(seconds / 86_400) : unit === "ns" ? BigInt(seconds) * 1_000_000_000n : seconds * ticksPerSecond(unit);
    }
    default:
      return Math.floor(random() * 100);
  }
}

const LIST_LENGTH = 16;

function value(input: AnyInputType, random: Random): unknown {
  const { item } = input;
  if (item === undefined) return scalar(input, random);
  return Array.from({ length: input.size ?? LIST_LENGTH }, () => scalar(item, random));
}

/** Categories that fitting saw of an input, so that a row has some that encoders know. */
function knownValues(name: string, steps: readonly FittedStep[]): readonly unknown[] {
  for (const { column, state } of steps) {
    const categories: unknown = column === name ? state["categories"] : undefined;
    if (Array.isArray(categories)) return (categories as readonly unknown[]).filter((category) => category !== null);
  }
  return [];
}

/** Rows of the inputs' types, to warm up and to measure with. */
export function syntheticRows(plan: Plan, steps: readonly FittedStep[], count: number): Record<string, unknown>[] {
  const random = lehmer();
  const known = plan.inputs.map(({ name }) => knownValues(name, steps));
  return Array.from({ length: count }, () =>
    Object.fromEntries(
      plan.inputs.map(({ name, input }, i) => {
        const values = known[i] as readonly unknown[];
        return [name, values.length > 0 ? values[Math.floor(random() * values.length)] : value(input, random)];
      }),
    ),
  );
}

/** Vectors of normal deviates (Box and Muller), every eighth with NaNs among them. */
export function syntheticVectors(width: number, count: number): Float32Array {
  const random = lehmer();
  const out = new Float32Array(width * count);
  for (let i = 0; i < out.length; i++) {
    const normal = Math.sqrt(-2 * Math.log(random())) * Math.cos(2 * Math.PI * random());
    out[i] = Math.floor(i / width) % 8 === 7 && random() < 0.25 ? NaN : normal;
  }
  return out;
}
