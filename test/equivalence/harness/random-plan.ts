// Random well-typed plans: functions of the catalogue over inputs, constants and each other.
import { CATALOGUE, type CatalogueOverload } from "../../../src/expr/catalogue.gen.js";
import type { RowObject } from "../../../src/engine/row-engine.js";
import type { Plan } from "../../../src/plan/plan.js";
import { kernelType, type KernelType, type OutputType } from "../../../src/types/data-type.js";
import { generators, randomValue, type Generator, type Rng } from "../generators/index.js";
import type { Value } from "../oracle/index.js";
import { isExact } from "./oracle-plan.js";
import { observe, PlanMaker } from "./plans.js";

const all: readonly (readonly [string, CatalogueOverload])[] = Object.entries(CATALOGUE).flatMap(([name, overloads]) =>
  overloads.map((overload) => [name, overload] as const),
);
const exact = all.filter(([name]) => isExact(name));
/** Drawn more often than their share: what looks at nulls and failures, and what fails. */
const notable = all.filter(
  ([, { mayFail, nulls, args }]) => (nulls !== "null-if-any-null" && !args.some((type) => type.startsWith("list<"))) || (mayFail && !args.includes("utf8")),
);

/** Arguments that multiply the size of a text or list: always constants, of their generator's choice. */
const COUNTS: Readonly<Record<string, readonly number[]>> = { repeat: [1], padStart: [1, 2], padEnd: [1, 2], charNgrams: [1], jaccardNgrams: [2] };
/** Their time grows with the product of the lengths. */
const QUADRATIC = new Set(["levenshtein", "levenshteinSimilarity", "jaroWinkler", "jaccardNgrams"]);

const TYPES: readonly KernelType[] = ["float64", "int64", "bool", "utf8", "timestamp", "list<float64>", "list<int64>", "list<utf8>", "list<timestamp>"];

/** An upper bound, roughly, of the code points of a text register or of a list's elements together. */
function grown(name: string, sizes: readonly number[]): number {
  const [x = 0, y = 0, z = 0] = sizes;
  switch (name) {
    case "repeat":
      return x * 41;
    case "padStart":
    case "padEnd":
      return x + 600;
    case "replace":
      return x * (z + 1);
    case "concat":
    case "cross":
      return x + y;
    case "join":
      return x + 40 * y;
    case "charNgrams":
      return x * 7;
    default:
      return Math.max(1, ...sizes);
  }
}

export function drawPlan(rng: Rng): Plan {
  const maker = new PlanMaker();
  const depths: number[] = [];
  const sizes: number[] = [];
  const note = (register: number, depth: number, size: number): number => {
    depths[register] = depth;
    sizes[register] = size;
    return register;
  };
  for (const type of TYPES) {
    const count = type.startsWith("list<") ? 1 : rng.int(1, 2);
    for (let i = 0; i < count; i++) note(maker.input(`${type}${i}`, type, rng.chance(0.75)), 0, type.startsWith("list<") ? 16_000 : 500);
  }
  const inputs = depths.length;
  const allExact = rng.chance(0.6);
  const wanted = rng.int(1, 16);
  for (let made = 0, tries = 0; made < wanted && tries < 80; tries++) {
    const pool = rng.chance(0.25) ? notable : allExact ? exact : all;
    // Half of the functions go on from the latest result.
    const latest = maker.typeOf(depths.length - 1);
    const onward = rng.chance(0.5) ? pool.filter(([, { args }]) => args.includes(latest)) : [];
    const [name, overload] = rng.pick(onward.length > 0 ? onward : pool);
    if (allExact && !isExact(name)) continue;
    const generator = generators[name] as Generator;
    const params = generator.params(rng, overload.args);
    const drawn = generator.args(rng, overload.args);
    const chosen = overload.args.map((type, i): number | undefined => {
      if (COUNTS[name]?.includes(i) === true || rng.chance(0.2)) return undefined;
      const fitting = depths.flatMap((depth, register) => (depth < 6 && maker.typeOf(register) === type ? [register] : []));
      // Results made before are taken rather than inputs, the latest rather than others: else plans are flat.
      const computed = fitting.filter((register) => register >= inputs);
      if (computed.length === 0 || rng.chance(0.25)) return rng.pick(fitting);
      return rng.pick(rng.chance(0.6) ? computed.slice(-2) : computed);
    });
    const size = grown(name, chosen.map((register, i) => (register === undefined ? lengthOf(drawn[i] ?? null) : (sizes[register] as number))));
    if (size > 20_000) continue;
    if (QUADRATIC.has(name) && chosen.some((register) => register !== undefined && (sizes[register] as number) > 600)) continue;
    const args = chosen.map((register, i) => {
      if (register !== undefined) return register;
      const value = rng.chance(0.08) ? null : (drawn[i] ?? null);
      return note(maker.constant(overload.args[i] as KernelType, value), 0, lengthOf(value));
    });
    note(maker.call(name, args, params), 1 + Math.max(...args.map((arg) => depths[arg] as number)), size);
    made++;
  }
  const made = depths.length - inputs;
  const shown = new Set(rng.many(rng.int(1, 4), () => depths.length - 1 - Math.min(made - 1, Math.floor(rng.float() ** 2 * made))));
  if (rng.chance(0.2)) shown.add(rng.int(0, inputs - 1));
  for (const register of shown) {
    const type = maker.typeOf(register);
    const numeric = type === "float64" || type === "int64" || type === "bool";
    if (!numeric || rng.chance(0.7)) observe(maker, `r${register}`, register);
    else maker.output(`r${register}`, register, rng.pick<OutputType>(["float32", "float64"]));
  }
  return maker.plan();
}

function lengthOf(value: Value): number {
  if (typeof value === "string") return value.length;
  return Array.isArray(value) ? (value as readonly Value[]).reduce<number>((sum, item) => sum + lengthOf(item), value.length) : 1;
}

export function drawRows(rng: Rng, plan: Plan, count: number): RowObject[] {
  const nullChance = rng.pick([0, 0.1, 0.1, 0.5]);
  return rng.many(count, () =>
    Object.fromEntries(
      plan.inputs.map(({ name, input }): readonly [string, Value] => [name, input.isNullable && rng.chance(nullChance) ? null : randomValue(rng, kernelType(input.type))]),
    ),
  );
}
