// One plan that reads every type of input and stores every type of output, for tests of how data lie in memory.
import type { Plan } from "../../../src/plan/plan.js";
import type { KernelType } from "../../../src/types/data-type.js";
import { randomValue, type Rng } from "../generators/index.js";
import type { Value } from "../oracle/index.js";
import { observe, PlanMaker } from "./plans.js";

export const columnTypes: Readonly<Record<string, KernelType>> = {
  f: "float64",
  g: "float64",
  i: "int64",
  b: "bool",
  u: "utf8",
  v: "utf8",
  t: "timestamp",
  lf: "list<float64>",
  li: "list<int64>",
  lu: "list<utf8>",
  lt: "list<timestamp>",
};

/** Nothing in it can fail, so that every row has an answer. */
export function everything(): Plan {
  const maker = new PlanMaker();
  const at = Object.fromEntries(Object.entries(columnTypes).map(([name, type]) => [name, maker.input(name, type)]));
  const [f, g, i, b, u, v, t, lf, li, lu, lt] = ["f", "g", "i", "b", "u", "v", "t", "lf", "li", "lu", "lt"].map((name) => at[name] as number) as [
    number, number, number, number, number, number, number, number, number, number, number,
  ];
  const text = maker.constant("utf8", "none");
  const two = maker.constant("float64", 2);
  for (const name of ["f", "i", "b", "u", "t"]) maker.output(`${name} itself`, at[name] as number);
  maker.output("f as float32", f, "float32");
  maker.output("i as float32", i, "float32");
  maker.output("b as int32", b, "int32");
  maker.output("b as float64", b, "float64");
  maker.output("u again", u);
  const calls: Record<string, readonly [string, readonly number[], Record<string, unknown>?]> = {
    sum: ["add", [f, g]],
    scaled: ["mul", [f, two]],
    logarithm: ["log1p", [f]],
    sine: ["sin", [f]],
    xor: ["bitXor", [i, maker.constant("int64", 12345n)]],
    not: ["not", [b]],
    and: ["and", [b, maker.call("isNaN", [f])]],
    joined: ["concat", [u, v]],
    tail: ["substring", [u, maker.constant("int64", 1n), maker.constant("int64", 5n)]],
    lower: ["lower", [v]],
    length: ["length", [u]],
    hash: ["xxHash64", [u]],
    hour: ["hour", [t], { unit: "ms", zone: "Europe/Berlin" }],
    seconds: ["castUnit", [t], { from: "ms", to: "s" }],
    text: ["if", [b, u, text]],
    number: ["coalesce", [f, g]],
    missing: ["isNull", [u]],
    nan: ["nullToNaN", [f]],
    total: ["sum", [lf]],
    deviation: ["std", [lf, maker.constant("int64", 1n)]],
    count: ["count", [li]],
    words: ["join", [lu, maker.constant("utf8", "|")]],
    latest: ["max", [lt]],
    recency: ["recency", [lt, t], { unit: "ms" }],
    most: ["mode", [li]],
  };
  for (const [name, [fn, args, params]] of Object.entries(calls)) maker.output(name, maker.call(fn, args, params ?? {}));
  observe(maker, "list of text", lu);
  observe(maker, "chosen list", maker.call("if", [b, lf, maker.call("sort", [lf])]));
  return maker.plan();
}

/** A row for the plan; with a size, all lists have it. */
export function drawRow(rng: Rng, nullChance: number, listSize?: number): Record<string, Value> {
  const entries = Object.entries(columnTypes).map(([name, type]): readonly [string, Value] => {
    if (rng.chance(nullChance)) return [name, null];
    if (!type.startsWith("list<") || listSize === undefined) return [name, randomValue(rng, type)];
    return [name, rng.many(listSize, () => (rng.chance(0.15) ? null : randomValue(rng, type.slice(5, -1))))];
  });
  return Object.fromEntries(entries);
}
