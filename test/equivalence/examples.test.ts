// Every example of the documentation is run in row mode and in batch mode and gives what is written there.
import { describe, expect, test } from "vitest";
import { Engine } from "../../src/engine/engine.js";
import { CATALOGUE, type CatalogueOverload } from "../../src/expr/catalogue.gen.js";
import { addon } from "../../src/native.js";
import type { KernelType } from "../../src/types/data-type.js";
import { arrowData, recordBatch } from "./harness/arrow.js";
import { batchMode, isFailure, requireEqual, rowMode, rowObject } from "./harness/modes.js";
import { observe, PlanMaker } from "./harness/plans.js";
import { show } from "./harness/settings.js";
import { oracle, ulpDistance, type Value } from "./oracle/index.js";

interface Example {
  readonly args: readonly unknown[];
  readonly params: Readonly<Record<string, unknown>>;
  readonly result: unknown;
}
interface Entry {
  readonly name: string;
  readonly args: readonly KernelType[];
  readonly result: KernelType;
  readonly examples: string;
}

const parser = (await import(new URL("../../scripts/generate/common.mjs", import.meta.url).href)) as {
  examples(entry: Entry): readonly Example[];
};
const entries = JSON.parse(addon().catalogue()) as readonly Entry[];

/** A value of an example: special float64s and large integers are strings. */
function valueOf(type: string, json: unknown): Value {
  if (json === null) return null;
  // Special forms have one example for all types: its numbers stand for any two different values.
  if (type.startsWith("list<")) return (Array.isArray(json) ? json : [json]).map((item) => valueOf(type.slice(5, -1), item));
  if (typeof json === "number" && type === "bool") return json === 1;
  if (typeof json === "number" && type === "utf8") return String(json);
  if (type === "float64") return typeof json === "string" ? Number(json) : (json as number);
  if (type === "int64" || type === "timestamp") return BigInt(json as string | number);
  return json as Value;
}

function paramsOf(overload: CatalogueOverload, json: Readonly<Record<string, unknown>>): Record<string, unknown> {
  const kinds = new Map(overload.params.map(({ name, kind }) => [name, kind]));
  return Object.fromEntries(Object.entries(json).map(([name, value]) => [name, valueOf(kinds.get(name) ?? "utf8", value)]));
}

/** The documented value, to the bit; elementary functions may round the other way. */
function same(name: string, expected: Value, actual: Value): boolean {
  if (Object.is(expected, actual)) return true;
  if (typeof expected !== "number" || typeof actual !== "number" || (oracle[name]?.ulps ?? 0) === 0) return false;
  return !Number.isNaN(expected) && !Number.isNaN(actual) && expected !== 0 && ulpDistance(expected, actual) <= 2;
}

describe.each(entries)("$name $args", (entry) => {
  const overload = (CATALOGUE[entry.name] ?? []).find((o) => o.args.join() === entry.args.join()) as CatalogueOverload;

  test("has an example", () => {
    expect(parser.examples(entry).length).toBeGreaterThan(0);
  });

  test.each(parser.examples(entry))("$args $params -> $result", (example) => {
    const args = entry.args.map((type, i) => valueOf(type, example.args[i]));
    expect(example.args.length).toBe(entry.args.length);
    const maker = new PlanMaker();
    const inputs = entry.args.map((type, i) => maker.input(`x${i}`, type));
    const shown = observe(maker, "result", maker.call(entry.name, inputs, paramsOf(overload, example.params)));
    const plan = maker.plan();
    const names = inputs.map((_, i) => `x${i}`);
    const expected = shown(valueOf(entry.result, example.result));
    for (const isa of addon().isas()) {
      const engine = new Engine(plan, { isa });
      const values = rowMode(engine, rowObject(names, args));
      if (isFailure(values)) throw new Error(`failed: ${show(values)}`);
      for (const [i, item] of expected.entries()) {
        const actual = values[i] as Value;
        if (!same(entry.name, item, actual)) throw new Error(`documented ${show(item)}, row mode gives ${show(actual)} (output ${i})`);
      }
      const columns = Object.fromEntries(names.map((name, i) => [name, arrowData(entry.args[i] as KernelType, [args[i] ?? null])]));
      const batch = batchMode(engine, recordBatch(columns, 1));
      if (isFailure(batch)) throw new Error(`batch mode failed: ${show(batch)}`);
      requireEqual(plan, batch, 0, values, () => show(args));
    }
  });
});
