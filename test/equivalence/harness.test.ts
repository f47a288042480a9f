// The suite can fail: each comparison notices a result that was tampered with, and a failing case is made small.
import type { Data } from "apache-arrow";
import { afterEach, describe, expect, test, vi } from "vitest";
import { Engine } from "../../src/engine/engine.js";
import type { OutputValue } from "../../src/engine/row-engine.js";
import { CATALOGUE, type CatalogueOverload } from "../../src/expr/catalogue.gen.js";
import { deadCode } from "../../src/plan/rewrite/dead-code.js";
import { arrowData, recordBatch } from "./harness/arrow.js";
import { caseFromJson, caseToJson } from "./harness/case-json.js";
import { checkShape, drawCase } from "./harness/function-case.js";
import { evaluatePlan, Failed } from "./harness/oracle-plan.js";
import { checkPlanCase, type PlanCase } from "./harness/plan-case.js";
import { PlanMaker } from "./harness/plans.js";
import { drawPlan, drawRows } from "./harness/random-plan.js";
import { rngOf } from "./harness/settings.js";
import { shrink } from "./harness/shrink.js";

afterEach(() => void vi.restoreAllMocks());

const addition = (CATALOGUE["add"] ?? [])[0] as CatalogueOverload;

function tamperWithBatches(): void {
  const real = Engine.prototype.batch as (this: Engine, data: unknown) => { data: { children: Data[] } };
  vi.spyOn(Engine.prototype, "batch").mockImplementation(function (this: Engine, data: unknown): never {
    const out = real.call(this, data);
    const values = out.data.children[0]?.values as unknown;
    if (values instanceof Float64Array && values.length > 0) {
      const bits = new BigUint64Array(values.buffer, values.byteOffset, values.length);
      bits[values.length - 1] = (bits[values.length - 1] as bigint) ^ 1n;
    }
    return out as never;
  });
}

function tamperWithRows(change: (values: Record<string, OutputValue>) => void): void {
  const real = Engine.prototype.values as (this: Engine, row: object) => Record<string, OutputValue>;
  vi.spyOn(Engine.prototype, "values").mockImplementation(function (this: Engine, row: object) {
    const out = real.call(this, row);
    change(out);
    return out;
  });
}

/** sum = x + 1, and whether it is above y. */
function smallCase(): PlanCase {
  const maker = new PlanMaker();
  const [x, y] = [maker.input("x", "float64"), maker.input("y", "float64")];
  const sum = maker.call("add", [x, maker.constant("float64", 1)]);
  maker.output("sum", sum);
  maker.output("above", maker.call("gt", [sum, y]));
  return { plan: maker.plan(), rows: [{ x: 1, y: 2 }, { x: null, y: 0 }, { x: 0.1, y: NaN }] };
}

describe("a changed bit is noticed", () => {
  test("in batch mode", () => {
    checkPlanCase(smallCase());
    const drawn = drawCase(rngOf("tamper"), "add", addition, 50);
    checkShape(drawn, [false, false], rngOf("tamper"));
    tamperWithBatches();
    expect(() => checkPlanCase(smallCase())).toThrow(/sum differs in row \d+: row mode .* batch mode/);
    expect(() => checkShape(drawn, [false, false], rngOf("tamper"))).toThrow(/differs in row/);
  });

  test("between native code and the oracle", () => {
    tamperWithRows((values) => {
      for (const [name, value] of Object.entries(values)) if (typeof value === "number") values[name] = value + 1;
    });
    expect(() => checkPlanCase(smallCase())).toThrow(/sum: the oracle gives 2, row mode 3/);
    expect(() => checkShape(drawCase(rngOf("tamper"), "add", addition, 50), [false, false], rngOf("tamper"))).toThrow(/the oracle gave/);
  });

  test("in the vectors", () => {
    vi.spyOn(Engine.prototype, "row").mockImplementation(function (this: Engine) {
      return new Float32Array(this.names.length);
    });
    expect(() => checkPlanCase(smallCase())).toThrow(/float32/);
  });
});

test("the oracle passes failures on as special forms say", () => {
  const maker = new PlanMaker();
  const [a, b, c] = [maker.input("a", "int64"), maker.input("b", "int64"), maker.input("c", "bool")];
  const quotient = maker.call("floorDiv", [a, b]);
  const chosen = maker.call("if", [c, quotient, a]);
  const or = maker.call("or", [c, maker.call("gt", [quotient, a])]);
  const both = maker.call("add", [maker.call("neg", [a]), quotient]);
  const cells = evaluatePlan(maker.plan(), { a: -(2n ** 63n), b: 0n, c: false });
  expect(cells[quotient]).toEqual(new Failed("DIVISION_BY_ZERO", "floorDiv"));
  expect(cells[chosen]).toBe(-(2n ** 63n));
  expect(cells[or]).toEqual(new Failed("DIVISION_BY_ZERO", "floorDiv"));
  expect(cells[both]).toEqual(new Failed("INTEGER_OVERFLOW", "neg"));
  const settled = evaluatePlan(maker.plan(), { a: 1n, b: 0n, c: true });
  expect(settled[chosen]).toBeInstanceOf(Failed);
  expect(settled[or]).toBe(true);
});

test("a failing case shrinks to one row, one output and what the failure needs", () => {
  for (let run = 0; run < 200; run++) {
    const rng = rngOf("shrink", run);
    const plan = drawPlan(rng);
    // An addition that some output needs: the rest goes before anything is tried.
    if (!deadCode(plan).nodes.some((node) => node.kind === "call" && node.name === "add")) continue;
    // "Fails" wherever an addition is left in the plan.
    const small = shrink({ plan, rows: drawRows(rng, plan, 9) }, (smaller) => {
      const calls = smaller.plan.nodes.filter((node) => node.kind === "call");
      return calls.some((node) => node.name === "add") && smaller.rows.length > 0 ? "there is an addition" : undefined;
    });
    expect(small.rows.length).toBe(1);
    expect(small.plan.outputs.length).toBe(1);
    expect(small.plan.nodes.filter((node) => node.kind === "call" && node.name === "add").length).toBe(1);
    expect(small.plan.nodes.length).toBeLessThanOrEqual(plan.nodes.length);
    for (const value of Object.values(small.rows[0] ?? {})) expect([0, 0n, false, "", null].includes(value as null) || (Array.isArray(value) && value.length === 0)).toBe(true);
    return;
  }
  throw new Error("no plan with an addition was drawn");
});

test("cases survive JSON to the bit", () => {
  const maker = new PlanMaker();
  const types = ["float64", "int64", "bool", "utf8", "timestamp", "list<float64>", "list<utf8>", "list<timestamp>"] as const;
  types.forEach((type, i) => maker.input(`x${i}`, type));
  maker.output("y", maker.call("add", [0, maker.constant("float64", -0)]));
  const rows = [
    { x0: -0, x1: -(2n ** 63n), x2: true, x3: "é\u0000", x4: 2n ** 60n, x5: [NaN, null, -Infinity, 0.1], x6: ["", null], x7: [1n, null] },
    { x0: null, x1: null, x2: null, x3: null, x4: null, x5: null, x6: null, x7: null },
  ];
  const back = caseFromJson(JSON.parse(JSON.stringify(caseToJson({ plan: maker.plan(), rows }))));
  expect(back.rows).toEqual(rows);
  expect(back.plan.nodes).toEqual(maker.plan().nodes);
});

test("arrays in a layout hold the same values as packed ones", () => {
  const values = [1.5, null, -0, NaN];
  const garbage = rngOf("garbage");
  const part = arrowData("float64", values, { before: 9, after: 3, garbage });
  expect(part.offset).toBe(9);
  expect(values.map((_, i) => (part.getValid(i) ? (part.values as Float64Array)[i] : null))).toEqual(values);
  const text = recordBatch({ u: arrowData("utf8", ["é", null, ""], { before: 1, after: 1, garbage }) }, 3);
  expect(Array.from({ length: 3 }, (_, i) => text.getChildAt(0)?.get(i) as unknown)).toEqual(["é", null, ""]);
});
