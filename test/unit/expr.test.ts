import { describe, expect, test } from "vitest";
import { coalesce, concat, defineFeatures, lit, switchOn, t, when, type Float64Expr, type Int64Expr, type TimestampExpr, type Utf8Expr } from "../../src/index.js";
import { durationTicks } from "../../src/expr/duration.js";
import type { CallNode, Node } from "../../src/expr/node.js";

interface Exprs {
  readonly x: Float64Expr;
  readonly k: Int64Expr;
  readonly s: Utf8Expr;
  readonly ms: TimestampExpr;
  readonly ns: TimestampExpr;
}
let exprs: Exprs | undefined;
defineFeatures({
  inputs: { x: t.float64(), k: t.int64(), s: t.utf8(), ms: t.timestamp("ms", "Asia/Tokyo"), ns: t.timestamp("ns") },
  features: (inputs) => {
    exprs = inputs;
    return { x: inputs.x };
  },
});
const { x, k, s, ms, ns } = exprs as unknown as Exprs;
const callOf = (expr: { node: Node }): CallNode => expr.node as CallNode;

describe("the overload of a call", () => {
  test("follows the expressions, and literals follow it", () => {
    expect(callOf(k.add(2)).type).toEqual({ kind: "int64" });
    expect(callOf(k.add(2)).args[1]).toMatchObject({ kind: "literal", type: { kind: "int64" }, value: 2n });
    expect(callOf(x.add(2)).args[1]).toMatchObject({ kind: "literal", type: { kind: "float64" }, value: 2 });
  });
  test("widens int64 to float64 where it must", () => {
    expect(callOf(x.add(k)).args[1]).toMatchObject({ kind: "call", name: "toFloat64", args: [{ kind: "input", name: "k" }] });
  });
  test("computes timestamps of two units in the finer one", () => {
    const [left, right] = callOf(ms.lt(ns)).args;
    expect(left).toMatchObject({ kind: "call", name: "castUnit", type: { kind: "timestamp", unit: "ns" } });
    expect(right).toMatchObject({ kind: "input", name: "ns" });
  });
  test("completes units and zones from the timestamp", () => {
    expect(callOf(ms.hour()).params).toMatchObject({ unit: 1000n, zone: "Asia/Tokyo" });
    expect(callOf(ns.hour()).params).toMatchObject({ unit: 1_000_000_000n, zone: "UTC" });
    expect(callOf(ms.hour({ zone: "UTC" })).params).toMatchObject({ zone: "UTC" });
  });
});

describe("an expression", () => {
  test("is immutable all the way down", () => {
    const node = callOf(x.clip(0, 1));
    for (const part of [node, node.args, node.params, ...node.args]) expect(Object.isFrozen(part)).toBe(true);
    expect(() => Object.assign(node, { name: "add" })).toThrow(TypeError);
  });
  test("is written as people read it, deep ones in short", () => {
    expect(String(x.log1p().mul(2))).toBe("mul(log1p(x), 2)");
    expect(String(s.eq("a"))).toBe('eq(s, "a")');
    expect(String(k.add(-0n))).toBe("add(k, 0n)");
    expect(String(x.mul(-0))).toBe("mul(x, -0)");
    expect(String(x.neg().neg().neg().neg().neg())).toBe("neg(neg(neg(neg(…))))");
  });
  test("branches in the order written", () => {
    expect(String(when(x.gt(1)).then(10).when(x.gt(0)).then(5).otherwise(0))).toBe("if(gt(x, 1), 10, if(gt(x, 0), 5, 0))");
    expect(String(switchOn(s, { b: 1, a: 2 }, 0))).toBe('if(eq(s, "b"), 1, if(eq(s, "a"), 2, 0))');
    expect(String(coalesce(x, k, 0))).toBe("coalesce(coalesce(x, toFloat64(k)), 0)");
    expect(String(concat("a", s, "b"))).toBe('concat(concat("a", s), "b")');
    expect(String(when(x.gt(1)).then(s).otherwiseNull())).toBe("if(gt(x, 1), s, null)");
  });
  test("of a literal has the literal's type", () => {
    expect([lit(1), lit(1n), lit(true), lit("a"), lit(new Date(5))].map((e) => e.type.kind)).toEqual(["float64", "int64", "bool", "utf8", "timestamp"]);
    expect(lit(new Date(5)).node).toMatchObject({ value: 5n });
  });
});

describe("durations", () => {
  test.each([
    ["1s", "ms", 1000n],
    ["1h30m", "s", 5400n],
    ["2w", "d", 14n],
    ["1d", "h" as "s", 24n],
    ["250ms", "us", 250_000n],
    ["3us7ns", "ns", 3007n],
    ["-90m", "s", -5400n],
    [7n, "ms", 7n],
  ] as const)("%s in %s", (duration, unit, ticks) => {
    expect(durationTicks(duration, unit)).toBe(ticks);
  });
  test.each(["", "-", "1", "s", "1 s", "1.5s", "1x", "1s ", "s1"])("%j is none", (text) => {
    expect(() => durationTicks(text, "ms")).toThrow(expect.objectContaining({ code: "INVALID_PARAMETER" }) as Error);
  });
  test("must be a whole number of ticks", () => {
    expect(() => durationTicks("1ms", "s")).toThrow(expect.objectContaining({ code: "INVALID_PARAMETER" }) as Error);
  });
});
