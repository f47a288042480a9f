import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import {
  allOf,
  coalesce,
  concat,
  defineFeatures,
  Engine,
  featuresFromJson,
  loadFeatures,
  planFromJson,
  planToJson,
  PlanError,
  SkewlessError,
  SpecError,
  switchOn,
  t,
  when,
  type ErrorCode,
  type Expr,
  type Float64Expr,
} from "../../src/index.js";
import { call } from "../../src/expr/call.js";
import { errorOf, expectError, rejectionOf } from "./support.js";

type Mutable = Record<string, any>; // eslint-disable-line @typescript-eslint/no-explicit-any

const set = defineFeatures({
  inputs: { x: t.float64(), at: t.timestamp("ms", "Europe/Paris"), name: t.utf8().nullable(), key: t.int64() },
  features: ({ x, at, name, key }) => ({
    scaled: x.standardScaler(),
    hour: at.hour(),
    bucket: name.hashBucket(16),
    sum: key.add(1n),
    fixed: x.isIn([1, -0, NaN]),
  }),
});
const fitted = await set.fit({ x: Float64Array.of(1, 2, 3), at: new BigInt64Array(3), name: ["a", "b", "c"], key: new BigInt64Array(3) } as never).catch(async () => {
  const { vectorFromArray, Utf8, TimestampMillisecond } = await import("apache-arrow");
  return set.fit({
    x: Float64Array.of(1, 2, 3),
    at: vectorFromArray([new Date(0), new Date(1), new Date(2)], new TimestampMillisecond("Europe/Paris")),
    name: vectorFromArray(["a", "b", "c"], new Utf8()),
    key: BigInt64Array.of(1n, 2n, 3n),
  });
});
const specText = JSON.stringify(fitted.toJSON());
const row = { x: 2, at: new Date("2024-07-01T10:00:00Z"), name: "a", key: 41n };

/** The spec with something changed. */
function spec(change: (json: Mutable) => void): unknown {
  const json = JSON.parse(specText) as Mutable;
  change(json);
  return json;
}
function plan(change: (json: Mutable) => void): unknown {
  return (spec((json) => change(json["plan"] as Mutable)) as Mutable)["plan"];
}
const callAt = (json: Mutable, name: string): number => (json["nodes"] as Mutable[]).findIndex((node) => node["call"] === name);
const constAt = (json: Mutable): number => (json["nodes"] as Mutable[]).findIndex((node) => "const" in node);

describe("a plan's JSON", () => {
  test("is read back to the same plan", () => {
    const again = planFromJson(JSON.parse(JSON.stringify(planToJson(fitted.plan))));
    expect(planToJson(again)).toEqual(planToJson(fitted.plan));
    const vector = new Engine(again).row(row as never);
    // By hand: 2 is the mean; 12 o'clock in Paris summer time; 41 + 1; 2 is not in the list.
    expect([vector[0], vector[1], vector[3], vector[4]]).toEqual([0, 12, 42, 0]);
  });

  const cases: readonly [what: string, change: (json: Mutable) => void, code: ErrorCode, path?: readonly (string | number)[]][] = [
    ["another format", (j) => (j["format"] = "x"), "INVALID_PLAN", ["format"]],
    ["no format", (j) => delete j["format"], "INVALID_PLAN", ["format"]],
    ["another version", (j) => (j["version"] = 2), "INVALID_PLAN", ["version"]],
    ["no inputs", (j) => delete j["inputs"], "INVALID_PLAN", ["inputs"]],
    ["inputs no array", (j) => (j["inputs"] = {}), "INVALID_PLAN", ["inputs"]],
    ["an input null", (j) => (j["inputs"][0] = null), "INVALID_PLAN", ["inputs", 0]],
    ["an unknown input type", (j) => (j["inputs"][0]["type"] = "decimal"), "INVALID_PLAN", ["inputs", 0, "type"]],
    ["an input type no text", (j) => (j["inputs"][1]["type"] = 3), "INVALID_PLAN", ["inputs", 1, "type"]],
    ["nullable no boolean", (j) => (j["inputs"][0]["nullable"] = "no"), "INVALID_PLAN", ["inputs", 0, "nullable"]],
    ["an input without name", (j) => delete j["inputs"][0]["name"], "INVALID_PLAN", ["inputs", 0, "name"]],
    ["an input's name twice", (j) => (j["inputs"][1]["name"] = j["inputs"][0]["name"]), "INVALID_PLAN", ["inputs"]],
    ["nodes no array", (j) => (j["nodes"] = "x"), "INVALID_PLAN", ["nodes"]],
    ["a node null", (j) => (j["nodes"][0] = null), "INVALID_PLAN", ["nodes", 0]],
    ["outputs missing", (j) => delete j["outputs"], "INVALID_PLAN", ["outputs"]],
    ["an output past the registers", (j) => (j["outputs"][0]["register"] = 1000), "INVALID_PLAN", ["outputs", 0, "register"]],
    ["an output below the registers", (j) => (j["outputs"][0]["register"] = -1), "INVALID_PLAN", ["outputs", 0, "register"]],
    ["an output between registers", (j) => (j["outputs"][0]["register"] = 0.5), "INVALID_PLAN", ["outputs", 0, "register"]],
    ["an output of an unknown type", (j) => (j["outputs"][0]["type"] = "float16"), "INVALID_PLAN", ["outputs", 0, "type"]],
    ["an output of a type that cannot hold it", (j) => (j["outputs"][0]["type"] = "utf8"), "INVALID_PLAN", ["outputs", 0, "type"]],
    ["zones missing", (j) => delete j["zones"], "INVALID_PLAN", ["zones"]],
    ["a zone's table missing", (j) => delete j["zones"]["Europe/Paris"], "INVALID_PLAN", ["zones", "Europe/Paris"]],
    ["a zone's table of another length", (j) => j["zones"]["Europe/Paris"]["at"].pop(), "INVALID_PLAN", ["zones", "Europe/Paris"]],
    ["a zone's transition no integer", (j) => (j["zones"]["Europe/Paris"]["at"][2] = "x"), "INVALID_PLAN", ["zones", "Europe/Paris", "at", 2]],
  ];
  test.each(cases)("%s", (_, change, code, path) => {
    const error = errorOf(() => planFromJson(plan(change)));
    expect(error).toBeInstanceOf(PlanError);
    expectError(error, code, path === undefined ? {} : { path });
  });

  test("calls: unknown function, argument, parameter, type, version", () => {
    const with_ = (change: (node: Mutable, i: number) => void) => {
      let at = -1;
      const json = plan((j) => {
        at = callAt(j, "hour");
        change(j["nodes"][at] as Mutable, at);
      });
      return { error: errorOf(() => planFromJson(json)), at };
    };
    let r = with_((node) => (node["call"] = "teleport"));
    expectError(r.error, "UNKNOWN_FUNCTION", { path: ["nodes", r.at, "call"], function: "teleport" });
    r = with_((node) => (node["call"] = "constructor"));
    expectError(r.error, "UNKNOWN_FUNCTION", { path: ["nodes", r.at, "call"], function: "constructor" });
    r = with_((node) => (node["call"] = 5));
    expectError(r.error, "INVALID_PLAN", { path: ["nodes", r.at, "call"] });
    r = with_((node) => (node["version"] = 2));
    expectError(r.error, "SEMANTICS_CHANGED", { path: ["nodes", r.at], function: "hour" });
    expect(r.error.message).toMatch(/"hour".*version 1.*version 2/);
    r = with_((node) => delete node["version"]);
    expectError(r.error, "INVALID_PLAN", { path: ["nodes", r.at, "version"] });
    r = with_((node, i) => (node["args"] = [4 + i])); // itself
    expectError(r.error, "INVALID_PLAN", { path: ["nodes", r.at, "args", 0] });
    r = with_((node) => (node["args"] = [0]));
    expectError(r.error, "INVALID_PLAN", { path: ["nodes", r.at], function: "hour" });
    r = with_((node) => (node["args"] = []));
    expectError(r.error, "INVALID_PLAN", { path: ["nodes", r.at], function: "hour" });
    r = with_((node) => (node["args"] = "1"));
    expectError(r.error, "INVALID_PLAN", { path: ["nodes", r.at, "args"] });
    r = with_((node) => (node["params"]["extra"] = 1));
    expectError(r.error, "INVALID_PLAN", { path: ["nodes", r.at, "params", "extra"] });
    r = with_((node) => (node["params"]["unit"] = "ms"));
    expectError(r.error, "INVALID_PLAN", { path: ["nodes", r.at, "params", "unit"] });
    r = with_((node) => delete node["params"]["unit"]);
    expectError(r.error, "INVALID_PLAN", { path: ["nodes", r.at, "params", "unit"] });
    r = with_((node) => (node["type"] = "float32"));
    expectError(r.error, "INVALID_PLAN", { path: ["nodes", r.at, "type"] });
    r = with_((node) => (node["type"] = "utf8"));
    expectError(r.error, "INVALID_PLAN", { path: ["nodes", r.at, "type"] });
  });

  test("constants", () => {
    const error = (value: unknown, type: string, at: readonly (string | number)[] = []): void => {
      let index = -1;
      const json = plan((j) => {
        index = constAt(j);
        j["nodes"][index] = { const: value, type };
      });
      expectError(errorOf(() => planFromJson(json)), "INVALID_PLAN", { path: ["nodes", index, "const", ...at] });
    };
    error("1", "float64");
    error(1.5, "int64");
    error("99999999999999999999", "int64");
    error("9223372036854775808", "int64");
    error(2 ** 53, "int64");
    error(1, "bool");
    error(1, "utf8");
    error("\ud800", "utf8");
    error("[1]", "list<float64>");
    error([1, "x"], "list<float64>", [1]);
    error({}, "float64");
  });

  test("whatever is left out or turned is refused with a code, or still a plan", () => {
    const json = JSON.parse(specText) as Mutable;
    const whole = json["plan"] as Mutable;
    let refused = 0;
    const visit = (holder: Mutable, key: string | number): void => {
      const kept: unknown = holder[key as string];
      for (const other of [undefined, null, {}, [], -1, 1.5, 1e300, "x", "\ud800", true]) {
        holder[key as string] = other;
        try {
          const read = planFromJson(JSON.parse(JSON.stringify(whole)));
          new Engine(read);
        } catch (error) {
          if (!(error instanceof SkewlessError)) throw new Error(`at ${String(key)} as ${String(other)}`, { cause: error });
          expect(error.message).not.toBe("");
          refused++;
        }
      }
      holder[key as string] = kept;
      if (typeof kept === "object" && kept !== null) {
        const keys = Object.keys(kept);
        // Of a long table a few elements will do.
        for (const inner of keys.length > 40 ? keys.slice(0, 5) : keys) visit(kept as Mutable, inner);
      }
    };
    for (const key of Object.keys(whole)) visit(whole, key);
    expect(refused).toBeGreaterThan(200);
    expect(new Engine(planFromJson(whole)).row(row as never)[1]).toBe(12);
  });
});

describe("a fitted spec", () => {
  test("is read back with the same fingerprint and the same bits", () => {
    const again = featuresFromJson(JSON.parse(specText));
    expect(again.fingerprint).toBe(fitted.fingerprint);
    expect(again.compile().row(row as never)).toEqual(fitted.compile().row(row));
  });
  test.each<[string, (json: Mutable) => void, ErrorCode, readonly (string | number)[]]>([
    ["another format", (j) => (j["format"] = "skewless.plan"), "INVALID_SPEC", ["format"]],
    ["another version", (j) => (j["version"] = 99), "INVALID_SPEC", ["version"]],
    ["a learned number changed", (j) => (j["steps"][0]["state"]["mean"] = 5), "FINGERPRINT_MISMATCH", ["fingerprint"]],
    ["a plan's output renamed", (j) => (j["plan"]["outputs"][0]["name"] = "other"), "FINGERPRINT_MISMATCH", ["fingerprint"]],
    ["another fingerprint", (j) => (j["fingerprint"] = "0".repeat(64)), "FINGERPRINT_MISMATCH", ["fingerprint"]],
    ["no fingerprint", (j) => delete j["fingerprint"], "FINGERPRINT_MISMATCH", ["fingerprint"]],
    ["an unknown transformation", (j) => (j["steps"][0]["transform"] = "magicScaler"), "UNKNOWN_FUNCTION", ["steps", 0, "transform"]],
    ["a transformation of other semantics", (j) => (j["steps"][0]["version"] = 7), "SEMANTICS_CHANGED", ["steps", 0, "version"]],
    ["steps no array", (j) => (j["steps"] = {}), "INVALID_SPEC", ["steps"]],
    ["a state no object", (j) => (j["steps"][0]["state"] = 3), "INVALID_SPEC", ["steps", 0, "state"]],
    ["an unknown input type", (j) => (j["inputs"][0]["type"] = "x"), "INVALID_SPEC", ["inputs", 0, "type"]],
  ])("%s", (_, change, code, path) => {
    const error = errorOf(() => featuresFromJson(spec(change)));
    expectError(error, code, { path, ...(error.function === undefined ? {} : { function: error.function }) });
  });
  test("made under other semantics of a function names the function", () => {
    const json = spec((j) => {
      const p = j["plan"] as Mutable;
      p["nodes"][callAt(p, "standardize")]["version"] = 3;
    });
    const error = errorOf(() => featuresFromJson(json));
    expect([error.code, error.function]).toEqual(["SEMANTICS_CHANGED", "standardize"]);
    expect(error.fix).toMatch(/fit again/i);
  });
  test.each([null, undefined, 1, "spec", [], true])("is not %o", (json) => {
    expect(errorOf(() => featuresFromJson(json))).toBeInstanceOf(SpecError);
  });

  describe("in a file", () => {
    let folder = "";
    beforeAll(() => (folder = mkdtempSync(join(tmpdir(), "skewless-spec-"))));
    afterAll(() => rmSync(folder, { recursive: true }));
    test("missing, empty, cut, another encoding", async () => {
      const path = join(folder, "spec.json");
      const read = async (content?: string | Uint8Array): Promise<SkewlessError> => {
        if (content !== undefined) writeFileSync(path, content);
        const error = await rejectionOf(loadFeatures(path));
        expect(error.message).toContain(path);
        return error;
      };
      expectError(await read(), "INVALID_SPEC");
      expectError(await read(""), "INVALID_SPEC");
      for (let cut = 1; cut < specText.length; cut += Math.ceil(specText.length / 50)) expectError(await read(specText.slice(0, cut)), "INVALID_SPEC");
      expectError(await read(Uint8Array.of(0xff, 0xfe, 0, 1)), "INVALID_SPEC");
      expectError(await rejectionOf(loadFeatures(folder)), "INVALID_SPEC");
      await fitted.save(path);
      expect((await loadFeatures(path)).fingerprint).toBe(fitted.fingerprint);
      expect(readFileSync(path, "utf8")).toContain("standardScaler");
    });
  });
});

describe("a declaration", () => {
  const define = (inputs: unknown, features: unknown): unknown => defineFeatures({ inputs, features } as never);
  test("inputs and features", () => {
    const ok = (): object => ({});
    expectError(errorOf(() => define(null, ok)), "INVALID_DEFINITION");
    expectError(errorOf(() => define([], ok)), "INVALID_DEFINITION");
    expectError(errorOf(() => define({ x: "float64" }, ok)), "INVALID_DEFINITION", { path: ["inputs", "x"] });
    expectError(errorOf(() => define({ x: t.float64 }, ok)), "INVALID_DEFINITION", { path: ["inputs", "x"] });
    expectError(errorOf(() => define({ x: { kind: "float64", storage: "decimal" } }, ok)), "INVALID_DEFINITION", { path: ["inputs", "x"] });
    expectError(errorOf(() => define({ x: t.float64() }, null)), "INVALID_DEFINITION");
    expectError(errorOf(() => define({ x: t.float64() }, () => null)), "INVALID_DEFINITION");
    expectError(errorOf(() => define({ x: t.float64() }, () => ({}))), "INVALID_DEFINITION", { path: ["features"] });
    expectError(errorOf(() => define({ x: t.float64() }, () => ({ y: 1 }))), "INVALID_DEFINITION", { path: ["features", "y"] });
    expectError(errorOf(() => define({ x: t.float64() }, ({ z }: { z: Expr }) => ({ z }))), "INVALID_DEFINITION", { path: ["inputs", "z"] });
  });
  test("names without a UTF-8 form", () => {
    expectError(errorOf(() => define({ "\ud800": t.float64() }, () => ({}))), "INVALID_DEFINITION", { path: ["inputs", "\ud800"] });
    expectError(errorOf(() => define({ x: t.float64() }, ({ x }: { x: Expr }) => ({ "\udc00": x }))), "INVALID_DEFINITION", { path: ["features", "\udc00"] });
  });
  test("an input of another declaration", () => {
    let foreign: Float64Expr | undefined;
    defineFeatures({ inputs: { x: t.float64() }, features: ({ x }) => ({ x: (foreign = x) }) });
    const other = defineFeatures({ inputs: { x: t.float32() }, features: ({ x }) => ({ y: x.add(foreign as Float64Expr) }) });
    expectError(errorOf(() => other.compile()), "INVALID_DEFINITION");
  });
  test("features that are no numbers", () => {
    const of = (build: (x: { s: Expr; l: Expr; at: Expr }) => Expr) =>
      defineFeatures({ inputs: { s: t.utf8(), l: t.list(t.float64()), at: t.timestamp("ms") }, features: (x) => ({ f: build(x as never) }) });
    for (const pick of ["s", "l", "at"] as const) {
      const error = errorOf(() => of((x) => x[pick]).compile());
      expectError(error, "INVALID_DEFINITION", { path: ["f"] });
      expect(error.fix).toBeTruthy();
    }
  });
  test("an unfitted transformation", () => {
    expectError(errorOf(() => set.compile()), "NOT_FITTED");
  });
  test("an unknown function", () => {
    for (const name of ["teleport", "constructor", "__proto__", "toString", ""]) {
      expectError(errorOf(() => call(name, [])), "UNKNOWN_FUNCTION");
    }
  });
  test("operands and parameters", () => {
    const x = (build: (x: Mutable) => unknown) => () =>
      defineFeatures({ inputs: { a: t.float64(), s: t.utf8(), k: t.int64(), at: t.timestamp("ms"), l: t.list(t.float64()) }, features: (i) => ({ f: build(i as never) as Expr }) });
    expectError(errorOf(x(({ a, s }) => a.add(s))), "WRONG_TYPE");
    expectError(errorOf(x(({ a }) => a.add("1"))), "WRONG_TYPE");
    expectError(errorOf(x(({ a }) => a.add())), "WRONG_TYPE");
    expectError(errorOf(x(({ a }) => a.add(undefined))), "WRONG_TYPE");
    expectError(errorOf(x(({ k }) => k.add(2n ** 63n))), "WRONG_TYPE");
    expectError(errorOf(x(({ s }) => s.eq("\ud800"))), "WRONG_TYPE");
    expectError(errorOf(x(({ a, s }) => when(s.isNull()).then(a).otherwise("x" as never))), "WRONG_TYPE");
    expectError(errorOf(x(({ a, s }) => coalesce(a, s as never))), "WRONG_TYPE");
    expectError(errorOf(x(({ a }) => allOf(a as never, a as never))), "WRONG_TYPE");
    expectError(errorOf(x(({ a }) => concat("x", a as never))), "WRONG_TYPE");
    expectError(errorOf(x(({ s }) => switchOn(s as never, {}, 0 as never))), "INVALID_DEFINITION");
    expectError(errorOf(x(({ at }) => at.hour({ zone: "Mars/Olympus" }))), "INVALID_PARAMETER");
    expectError(errorOf(x(({ at }) => at.hour({ zne: "UTC" }))), "INVALID_PARAMETER");
    expectError(errorOf(x(({ at }) => at.eq(new Date(NaN)))), "WRONG_TYPE");
    expectError(errorOf(x(({ s }) => s.hashBucket("16"))), "INVALID_PARAMETER");
    const decimal = x(({ l }) => l.sum().as("decimal"));
    expectError(errorOf(() => decimal().compile()), "INVALID_DEFINITION", { path: ["f"] });
  });
  test("types of inputs", () => {
    expectError(errorOf(() => t.timestamp("min" as never)), "INVALID_DEFINITION");
    expectError(errorOf(() => t.timestamp("ms", "Mars/Olympus")), "INVALID_DEFINITION");
    expectError(errorOf(() => t.list(t.bool() as never)), "INVALID_DEFINITION");
    expectError(errorOf(() => t.list(t.list(t.float64()) as never)), "INVALID_DEFINITION");
    for (const size of [-1, 1.5, NaN, 2 ** 25, "3"]) expectError(errorOf(() => t.fixedSizeList(t.float64(), size as number)), "INVALID_DEFINITION");
  });
  test("parameters that only the add-on can judge keep their code", () => {
    const make = (build: (x: Mutable) => unknown) => () =>
      defineFeatures({ inputs: { s: t.utf8(), at: t.timestamp("ms") }, features: (i) => ({ f: build(i as never) as Expr }) }).compile();
    for (const run of [make(({ s }) => s.hashBucket(0)), make(({ s }) => s.ipInSubnet("no subnet")), make(({ at }) => at.truncate("fortnight").hour())]) {
      const error = errorOf(run);
      expectError(error, "INVALID_PARAMETER", { path: ["f"], ...(error.function === undefined ? {} : { function: error.function }) });
    }
  });
});

describe("engine options", () => {
  const plain = defineFeatures({ inputs: { x: t.float64() }, features: ({ x }) => ({ x }) });
  test.each([[{ isa: "sse9" }, "UNKNOWN_ISA"], [{ threads: 0 }, "INVALID_PARAMETER"], [{ crossover: 0 }, "INVALID_PARAMETER"], [{ crossover: NaN }, "INVALID_PARAMETER"]] as const)("%o", (options, code) => {
    expectError(errorOf(() => plain.compile(options)), code);
    expect([...plain.compile().row({ x: 1 })]).toEqual([1]);
  });
});
