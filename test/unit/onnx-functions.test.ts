// Every function that has an ONNX form: ONNX Runtime's answers to the exported graph are the engine's, on the random
// arguments of the parity suite, each argument once as a column and once as a constant, with and without nulls.
import { describe, expect, test } from "vitest";
import { Engine } from "../../src/engine/engine.js";
import type { OutputValue } from "../../src/engine/row-engine.js";
import { CATALOGUE, type CatalogueOverload } from "../../src/expr/catalogue.gen.js";
import { FittedFeatures } from "../../src/features/fitted-features.js";
import { MAPPINGS } from "../../src/features/onnx/export/index.js";
import { onnxSupport, toOnnx } from "../../src/features/onnx/export/to-onnx.js";
import type { OutputType } from "../../src/types/data-type.js";
import { drawCase, shapesOf, type Shape } from "../equivalence/harness/function-case.js";
import { isFailure, rowMode, rowObject } from "../equivalence/harness/modes.js";
import { PlanMaker } from "../equivalence/harness/plans.js";
import { rngOf, show } from "../equivalence/harness/settings.js";
import type { Value } from "../equivalence/oracle/index.js";
import { close, feedsOf, run, type Cell } from "../reference/onnx/ort.js";

const names = Object.keys(MAPPINGS);

/** Overloads without lists. */
function overloadsOf(name: string): readonly CatalogueOverload[] {
  return (CATALOGUE[name] ?? []).filter((o) => ![...o.args, o.result].some((type) => type.startsWith("list<")));
}

/** A difference that the notes of the documentation name. */
function excused(name: string, args: readonly Value[]): boolean {
  // Differences of more than 2^63 ticks.
  if (args.includes(null)) return false;
  // Between positions next to each other or opposite each other, rounding decides about the direction.
  if (name === "bearing") return Math.abs(Math.abs(args[0] as number) - Math.abs(args[2] as number)) < 1e-6;
  if (name !== "diff") return false;
  const ticks = (args[0] as bigint) - (args[1] as bigint);
  return BigInt.asIntN(64, ticks) !== ticks;
}

/** onnxruntime-node hands text over as C does, up to the first U+0000. */
function plainText(value: Value): Value {
  return typeof value === "string" ? value.replaceAll("\0", "0") : value;
}

interface Checked {
  rows: number;
  unsupported: string | undefined;
}

async function check(name: string, overload: CatalogueOverload, shape: Shape, nullable: boolean, seed: number): Promise<Checked> {
  const rng = rngOf(`onnx/${name}/${overload.args.join()}`, seed);
  const { params, calls } = drawCase(rng, name, overload, 160);
  const fixed = (calls[0] as readonly Value[]).map(plainText);
  const maker = new PlanMaker();
  const columns = overload.args.flatMap((type, i) => (shape[i] === true ? [] : [{ name: `x${i}`, type, i, register: maker.input(`x${i}`, type, nullable) }]));
  if (columns.length === 0) return { rows: 0, unsupported: undefined };
  const args = overload.args.map((type, i) => columns.find((column) => column.i === i)?.register ?? maker.constant(type, fixed[i] ?? null));
  const result = maker.call(name, args, params);
  maker.output("result", result, overload.result as OutputType);
  maker.output("isNull", maker.call("isNull", [result]), "bool");
  const plan = maker.plan();
  const fitted = new FittedFeatures({}, plan, []);
  const support = onnxSupport(fitted);
  if (!support.supported) return { rows: 0, unsupported: support.unsupported.map((entry) => entry.reason).join() };
  const engine = new Engine(plan);
  const rows: { args: readonly Value[]; values: readonly OutputValue[] }[] = [];
  for (const call of calls) {
    if (!nullable && call.includes(null)) continue;
    const given = call.map((arg, i) => plainText(shape[i] === true ? (fixed[i] as Value) : arg));
    // NaN in a nullable input stands for null in the graph.
    if (nullable && columns.some(({ i }) => Number.isNaN(given[i]))) continue;
    if (excused(name, given)) continue;
    const values = rowMode(engine, rowObject(columns.map((column) => column.name), columns.map(({ i }) => given[i] as Value)));
    if (!isFailure(values)) rows.push({ args: given, values });
  }
  if (rows.length === 0) return { rows: 0, unsupported: undefined };
  const { model, inputs } = toOnnx(fitted, { columns: true });
  const data = Object.fromEntries(columns.map((column) => [column.name, rows.map((row) => row.args[column.i] as Cell)]));
  const outputs = await run(model, feedsOf(inputs, data));
  const matrix = outputs["features"];
  const width = overload.result === "utf8" || overload.result === "timestamp" ? 1 : 2;
  expect(matrix?.dims).toEqual([rows.length, width]);
  for (const [at, { args: given, values }] of rows.entries()) {
    const [value, isNull] = values as readonly [OutputValue, boolean];
    const context = (): string => `${name}(${given.map(show).join(", ")}) ${show(params)} constants at ${show(shape)}: engine ${show(values as Value[])}`;
    expect(Boolean(outputs["isNull"]?.data[at]), context()).toBe(isNull);
    const vector = (matrix?.data as Float32Array).subarray(at * width, (at + 1) * width);
    expect(vector[width - 1], context()).toBe(isNull ? 1 : 0);
    if (width === 2) {
      const expected = Math.fround(Number(value ?? NaN));
      if (!close(vector[0] as number, expected)) expect.fail(`${context()}, as float32 ${expected}, ONNX Runtime ${vector[0]}`);
    }
    if (value === null || overload.result === "float64") continue;
    const own = outputs["result"]?.data[at];
    expect(overload.result === "bool" ? Boolean(own) : own, context()).toBe(value);
  }
  return { rows: rows.length, unsupported: undefined };
}

/** Functions of which only some calls can be expressed. */
const PARTLY: Readonly<Record<string, RegExp>> = {
  truncate: /zone/,
  contains: /constant/,
  startsWith: /constant/,
  endsWith: /constant/,
  toUtf8: /numbers/,
  lt: /order text/,
  le: /order text/,
  gt: /order text/,
  ge: /order text/,
  between: /order text/,
  greatest: /order text/,
  least: /order text/,
};

describe("the exported graph in ONNX Runtime answers as the engine", () => {
  test("mappings are of functions that exist", () => {
    expect(names.filter((name) => CATALOGUE[name] === undefined)).toEqual([]);
  });

  test.each(names)("%s", async (name) => {
    let rows = 0;
    for (const overload of overloadsOf(name)) {
      const draws = overload.params.length > 0 ? 3 : 1;
      for (let seed = 0; seed < draws; seed++) {
        // Of three and more arguments at most one constant.
        for (const shape of shapesOf(overload.args.length).filter((s) => s.length < 3 || s.filter(Boolean).length < 2)) {
          for (const nullable of [true, false]) {
            const checked = await check(name, overload, shape, nullable, seed);
            rows += checked.rows;
            if (checked.unsupported !== undefined) expect(checked.unsupported, name).toMatch(PARTLY[name] ?? /^$/);
          }
        }
      }
    }
    expect(rows).toBeGreaterThan(20);
  });
});
