import { describe, expect, test } from "vitest";
import { defineFeatures, Engine, lit, planFromJson, planToJson, t, when, type Features, type Float64Expr, type Int64Expr, type Plan, type TimestampExpr, type Utf8Expr } from "../../src/index.js";
import { canonicalJson, fingerprint } from "../../src/plan/fingerprint.js";

interface Exprs {
  readonly x: Float64Expr;
  readonly y: Float64Expr;
  readonly k: Int64Expr;
  readonly s: Utf8Expr;
  readonly at: TimestampExpr;
}
function planOf(features: (inputs: Exprs) => Features): Plan {
  return defineFeatures({ inputs: { x: t.float64(), y: t.float64().nullable(), k: t.int64(), s: t.utf8(), at: t.timestamp("ms") }, features }).compile().plan;
}
const calls = (plan: Plan): string[] => plan.nodes.flatMap((node) => (node.kind === "call" ? [node.name] : []));
const constants = (plan: Plan): unknown[] => plan.nodes.flatMap((node) => (node.kind === "constant" ? [node.value] : []));

describe("rewrites", () => {
  test("a subexpression written twice is computed once", () => {
    const plan = planOf(({ x, y }) => ({ a: x.add(y).exp(), b: x.add(y).log(), c: x.add(y).exp() }));
    expect(calls(plan)).toEqual(["add", "exp", "log"]);
    expect(plan.outputs.map((o) => o.register)).toEqual([3, 4, 3]);
  });
  test("0 and -0, 1 and 1n, null and NaN stay apart", () => {
    const plan = planOf(({ x, k }) => ({ a: x.mul(0), b: x.mul(-0), c: x.mul(NaN), d: k.add(1n), e: x.add(1) }));
    expect(calls(plan)).toEqual(["mul", "mul", "mul", "add", "add"]);
    const engine = new Engine(plan);
    expect([...engine.row({ x: 2, k: 3n })].map((v) => (Object.is(v, -0) ? "-0" : v))).toEqual([0, "-0", NaN, 4, 3]);
  });
  test("other parameters make another call", () => {
    expect(calls(planOf(({ at }) => ({ a: at.hour(), b: at.hour({ zone: "Asia/Tokyo" }), c: at.hour({ zone: "UTC" }) })))).toEqual(["hour", "hour"]);
  });
  test("constants are folded, by the kernels themselves", () => {
    const plan = planOf(({ x }) => ({ a: x.add(lit(0.1).add(0.2).sin()), b: x.mul(lit("abc").length()) }));
    expect(calls(plan)).toEqual(["add", "mul"]);
    // The same sine of a value that no rewrite can know.
    const sine = defineFeatures({ inputs: { v: t.float64() }, features: ({ v }) => ({ s: v.add(0.2).sin().as("float64") }) }).compile();
    expect(constants(plan)[0]).toBe(sine.values({ v: 0.1 })["s"]);
    expect(new Engine(plan).row({ x: 2 })[1]).toBe(6);
  });
  test("a constant that fails stays a call", () => {
    const plan = planOf(({ x }) => ({ a: when(x.gt(0)).then(lit(1n)).otherwise(lit(2n ** 63n - 1n).add(1n)) }));
    expect(calls(plan)).toContain("add");
    expect(new Engine(plan).row({ x: 1 })[0]).toBe(1);
  });
  test("what no output needs is dropped: nodes, inputs, zones", () => {
    const plan = planOf(({ x, at }) => {
      at.hour({ zone: "Europe/Paris" });
      return { a: x.neg() };
    });
    expect(plan.inputs.map((i) => i.name)).toEqual(["x"]);
    expect(calls(plan)).toEqual(["neg"]);
    expect(plan.zones).toEqual({});
    // A row need not give what is not read.
    expect(new Engine(plan).row({ x: 1 })[0]).toBe(-1);
  });
  test("an input or a constant may be an output by itself", () => {
    const plan = planOf(({ x }) => ({ x, one: lit(1), again: x }));
    expect(calls(plan)).toEqual([]);
    expect([...new Engine(plan).row({ x: 5 })]).toEqual([5, 1, 5]);
    expect([...new Engine(plan).toMatrix({ x: Float64Array.of(5, 6) })]).toEqual([5, 1, 5, 6, 1, 6]);
  });
  test("no rewrite changes a bit", () => {
    const x = Float64Array.from({ length: 500 }, (_, i) => Math.sin(i) * 10 ** ((i % 40) - 20));
    const build = (v: Float64Expr): Features => ({ a: v.add(lit(0.1).mul(3)).exp().log1p(), b: v.add(lit(0.1).mul(3)).exp(), c: v.pow(lit(2).div(3)) });
    const folded = defineFeatures({ inputs: { x: t.float64() }, features: (i) => build(i.x) }).compile();
    // The same with constants that come as inputs.
    const open = defineFeatures({
      inputs: { x: t.float64(), p: t.float64(), q: t.float64() },
      features: ({ x: v, p, q }) => ({ a: v.add(p.mul(3)).exp().log1p(), b: v.add(p.mul(3)).exp(), c: v.pow(q.div(3)) }),
    }).compile();
    const filled = (value: number): Float64Array => new Float64Array(500).fill(value);
    expect(folded.toMatrix({ x })).toEqual(open.toMatrix({ x, p: filled(0.1), q: filled(2) }));
  });
});

describe("JSON", () => {
  test("keeps every float64 and int64", () => {
    const floats = [NaN, Infinity, -Infinity, -0, 5e-324, 1.7976931348623157e308, 0.1, 2 ** 53 + 2];
    const ints = [0n, 2n ** 53n, -(2n ** 63n), 2n ** 63n - 1n];
    const plan = planOf(({ x, k }) => ({
      ...Object.fromEntries(floats.map((f, i) => [`f${i}`, x.add(f)])),
      ...Object.fromEntries(ints.map((n, i) => [`k${i}`, k.bitXor(n)])),
    }));
    const again = planFromJson(JSON.parse(JSON.stringify(planToJson(plan))));
    expect(constants(again)).toEqual(constants(plan));
    expect(constants(again).some((v) => Object.is(v, -0))).toBe(true);
    expect(fingerprint(again)).toBe(fingerprint(plan));
  });
  test("is text in a canonical order", () => {
    expect(canonicalJson({ b: 1, a: [{ d: null, c: "é" }] })).toBe('{"a":[{"c":"é","d":null}],"b":1}');
  });
});

describe("fingerprint", () => {
  const base = (): Plan => planOf(({ x, at }) => ({ a: x.mul(2), h: at.hour({ zone: "Europe/Paris" }) }));
  test("is the same for the same plan, however it was written", () => {
    expect(fingerprint(base())).toMatch(/^[0-9a-f]{64}$/);
    expect(fingerprint(planOf(({ x, at }) => ({ a: x.mul(lit(1).add(1)), h: at.hour({ zone: "Europe/Paris" }) })))).toBe(fingerprint(base()));
  });
  test("changes with a constant, a name, a type, a zone, a version", () => {
    const plan = base();
    const others: Plan[] = [
      planOf(({ x, at }) => ({ a: x.mul(3), h: at.hour({ zone: "Europe/Paris" }) })),
      planOf(({ x, at }) => ({ b: x.mul(2), h: at.hour({ zone: "Europe/Paris" }) })),
      planOf(({ x, at }) => ({ a: x.mul(2).as("float64"), h: at.hour({ zone: "Europe/Paris" }) })),
      planOf(({ x, at }) => ({ a: x.mul(2), h: at.hour({ zone: "Europe/Berlin" }) })),
      planOf(({ x, at }) => ({ h: at.hour({ zone: "Europe/Paris" }), a: x.mul(2) })),
      { ...plan, nodes: plan.nodes.map((node) => (node.kind === "call" ? { ...node, version: node.version + 1 } : node)) },
      { ...plan, zones: { "Europe/Paris": { at: [], offset: [0] } } },
    ];
    const all = [plan, ...others].map(fingerprint);
    expect(new Set(all).size).toBe(all.length);
  });
});

describe("explain", () => {
  const engine = defineFeatures({ inputs: { 'a"<b>': t.float32().nullable(), at: t.timestamp("ms") }, features: (i) => ({ out: i['a"<b>'].add(1).as("float64"), hour: i.at.hour({ zone: "Europe/Paris" }) }) }).compile();
  test("as text names inputs, steps, outputs and zones", () => {
    const text = engine.explain();
    for (const line of ['  a"<b>: float32 nullable', "  out: float64 = %", " = add(", "hour(at; zone: Europe/Paris)", "  Europe/Paris: "]) expect(text).toContain(line);
  });
  test("as a Mermaid graph escapes names and draws each edge", () => {
    const chart = engine.explain("mermaid");
    expect(chart.startsWith("flowchart LR\n")).toBe(true);
    expect(chart).toContain("a#quot;#lt;b#gt;: float32");
    expect(chart).not.toMatch(/\["[^"]*<b>/);
    // add reads two registers, hour one; two outputs.
    expect(chart.match(/-->/g)).toHaveLength(5);
  });
});
