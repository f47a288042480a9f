// Row filters of fitting, and states of shards that are merged.
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Float64, Int64, Table, Utf8, vectorFromArray, type Vector } from "apache-arrow";
import { describe, expect, test } from "vitest";
import { columns, defineFeatures, featuresFromJson, loadFeatures, mergeStates, t, type FitState, type SkewlessError } from "../../src/index.js";

const floats = (values: readonly (number | null)[]): Vector => vectorFromArray(values as number[], new Float64());

function failing(code: string, ...words: readonly string[]): SkewlessError {
  const message = expect.stringMatching(new RegExp(words.map((word) => `(?=.*${word})`).join(""), "s")) as string;
  return expect.objectContaining({ code, message }) as SkewlessError;
}

interface Row {
  readonly a: number | null;
  readonly s: string | null;
  readonly k: bigint;
  readonly y: number;
}

const INPUTS = { a: t.float64().nullable(), s: t.utf8().nullable(), k: t.int64(), y: t.float64() };

function tableOf(rows: readonly Row[]): Table {
  return new Table({
    a: floats(rows.map((row) => row.a)),
    s: vectorFromArray(rows.map((row) => row.s), new Utf8()),
    k: vectorFromArray(rows.map((row) => row.k), new Int64()),
    y: floats(rows.map((row) => row.y)),
  });
}

const rows: readonly Row[] = Array.from({ length: 1000 }, (_, i) => ({
  a: i % 7 === 0 ? null : Math.sin(i) * 100 + (i % 10),
  s: i % 13 === 0 ? null : `c${(i * i) % 11}`,
  k: BigInt((i * 17) % 5) + (i % 3 === 0 ? 2n ** 53n : 0n),
  y: Math.cos(i) + (i % 11),
}));

const set = defineFeatures({
  inputs: INPUTS,
  features: ({ a, s, k, y }) => ({
    standard: a.standardScaler().as("float64"),
    minMax: a.minMaxScaler(),
    robust: a.robustScaler(),
    rank: a.quantileTransformer({ nQuantiles: 20 }),
    power: a.powerTransformer(),
    bins: a.kBinsDiscretizer({ nBins: 4 }),
    clusters: a.kBinsDiscretizer({ nBins: 3, strategy: "kmeans" }),
    maxAbs: a.maxAbsScaler(),
    clipped: a.winsorizer(),
    filled: a.simpleImputer({ strategy: "median", addIndicator: true }),
    spline: a.splineTransformer(),
    hot: s.oneHotEncoder({ handleUnknown: "ignore", minFrequency: 20 }),
    number: k.ordinalEncoder({ handleUnknown: "use_encoded_value", unknownValue: -1 }),
    flag: y.gt(3).frequencyEncoder(),
    frequency: s.frequencyEncoder(),
    top: s.topKCategorical({ k: 3 }).as("utf8"),
    mode: s.simpleImputer({ strategy: "most_frequent" }).length(),
    target: s.targetEncoder({ target: y }),
    pca: columns(a.sub(1), y, k).pca({ nComponents: 2 }),
    svd: columns(a, y).truncatedSVD(),
  }),
});

/** Differences of two states: numbers within 1e-12, all else equal. A power agrees as far as the likelihood tells powers apart. */
function near(actual: unknown, expected: unknown, where: string, bound = where === "powerTransformer" ? 1e-6 : 1e-12): void {
  if (typeof expected === "number" && typeof actual === "number" && Number.isFinite(expected)) {
    expect(Math.abs(actual - expected), where).toBeLessThanOrEqual(bound * Math.max(1, Math.abs(expected)));
  } else if (typeof expected === "object" && expected !== null) {
    expect(Object.keys(actual as object), where).toEqual(Object.keys(expected));
    for (const [key, value] of Object.entries(expected)) near((actual as Record<string, unknown>)[key], value, `${where}.${key}`, bound);
  } else expect(actual, where).toBe(expected);
}

describe("a row filter", () => {
  const positive = rows.filter((row) => row.a !== null && row.a > 0 && row.s !== "c1");

  test("fits as on the rows that it keeps", async () => {
    const filtered = await set.fit(tableOf(rows), { where: ({ a, s }) => a.gt(0).and(s.ne("c1").or(s.isNull())) });
    const expected = await set.fit(tableOf(positive));
    for (const [i, step] of expected.steps.entries()) near(filtered.steps[i]?.state, step.state, step.transform);
    expect(filtered.names).toEqual(expected.names);
  });

  test("stays in the spec, and can be asked again", async () => {
    const small = defineFeatures({ inputs: { a: t.float64().nullable(), k: t.int64() }, features: ({ a }) => ({ a: a.standardScaler() }) });
    const data = tableOf(rows);
    const fitted = await small.fit(data, { where: ({ a, k }) => a.gt(0).and(k.lt(4n)) });
    const folder = await mkdtemp(join(tmpdir(), "skewless-where-"));
    try {
      await fitted.save(join(folder, "spec.json"));
      const loaded = await loadFeatures(join(folder, "spec.json"));
      expect(loaded.fingerprint).toBe(fitted.fingerprint);
      expect(loaded.where).toBe("and(gt(a, 0), lt(k, 4n))");
      const where = loaded.whereEngine();
      expect(where.values({ a: 3, k: 2n } as never)).toEqual({ where: true });
      expect(where.values({ a: 3, k: 4n } as never)).toEqual({ where: false });
      expect(where.values({ k: 2n } as never)["where"]).toBeNull();
      const kept = where.batch(data).getChild("where")?.toArray() as readonly (boolean | null)[];
      expect([...kept].filter((x) => x === true).length).toBe(rows.filter((row) => row.a !== null && row.a > 0 && row.k < 4n).length);
      // Serving reads nothing that only the filter needs.
      expect(loaded.plan.inputs.map(({ name }) => name)).toEqual(["a"]);
    } finally {
      await rm(folder, { recursive: true });
    }
    const always = await small.fit(data, { where: ({ a }) => a.gt(-1e9).or(a.isNull()) });
    const plain = await small.fit(data);
    near(always.steps[0]?.state, plain.steps[0]?.state, "state");
    expect(always.fingerprint).not.toBe(plain.fingerprint);
    expect(plain.where).toBeUndefined();
    expect(() => plain.whereEngine()).toThrow(failing("NOT_FITTED", "row filter"));
    const changed = JSON.parse(JSON.stringify(fitted.toJSON()).replace('"const":4', '"const":5')) as unknown;
    expect(() => featuresFromJson(changed)).toThrow(failing("FINGERPRINT_MISMATCH"));
    const other = { ...(fitted.toJSON() as object), filter: { text: "", plan: (fitted.toJSON() as { plan: unknown }).plan } };
    expect(() => featuresFromJson(other)).toThrow(failing("INVALID_SPEC", "filter.plan", "one bool column"));
  });

  test("leaves out rows on which a function would fail, and counts rows as the data have them", async () => {
    const product = defineFeatures({ inputs: INPUTS, features: ({ a, k }) => ({ f: k.mul(2n ** 40n).toFloat64().standardScaler(), a: a.standardScaler() }) });
    await expect(product.fit(tableOf(rows))).rejects.toThrow(failing("INTEGER_OVERFLOW"));
    const fitted = await product.fit(tableOf(rows), { where: ({ k }) => k.lt(100n) });
    expect(fitted.steps[0]?.state["count"]).toBe(rows.filter((row) => row.k < 100n).length);
    const infinite = [...rows.slice(0, 5), { ...(rows[0] as Row), a: Infinity, k: 1n }, { ...(rows[0] as Row), a: Infinity, k: 2n ** 60n }];
    const at = (k: bigint): Promise<unknown> => set.fit(tableOf(infinite), { where: (inputs) => inputs.k.ge(k) });
    await expect(at(2n ** 59n)).rejects.toThrow(expect.objectContaining({ code: "OUT_OF_RANGE", row: 6 }) as SkewlessError);
  });

  test("must be a condition on the inputs, true somewhere", async () => {
    const data = tableOf(rows);
    await expect(set.fit(data, { where: ({ a }) => a.gt(1e9) })).rejects.toThrow(failing("NO_ROWS", "where", "1000"));
    await expect(set.fit(data, { where: 3 as never })).rejects.toThrow(failing("INVALID_DEFINITION", "where", "the number 3"));
    await expect(set.fit(data, { where: (({ a }: { a: unknown }) => a) as never })).rejects.toThrow(failing("INVALID_DEFINITION", "bool", "float64"));
    await expect(set.fit(data, { where: ({ a }) => a.standardScaler().gt(0) })).rejects.toThrow(failing("INVALID_DEFINITION", "standardScaler"));
    await expect(set.fit(data, { where: ((inputs: Record<string, never>) => inputs["z"]) as never })).rejects.toThrow(failing("INVALID_DEFINITION", "inputs.z"));
  });
});

describe("states of shards", () => {
  const shards = [rows.slice(0, 300), rows.slice(300, 301), rows.slice(301)].map(tableOf);

  test("merge to the state of one run, and stay as they were", async () => {
    const states = await Promise.all(shards.map((shard) => set.fitState(shard)));
    const alone = set.fromState(states[0] as FitState);
    const merged = mergeStates(...(states as [FitState, ...FitState[]]));
    expect(merged.rows).toBe(1000);
    const whole = await set.fit(tableOf(rows));
    const together = set.fromState(merged);
    for (const [i, step] of whole.steps.entries()) near(together.steps[i]?.state, step.state, step.transform);
    expect(together.names).toEqual(whole.names);
    expect(set.fromState(states[0] as FitState).fingerprint).toBe(alone.fingerprint);
    expect(set.fromState(mergeStates(...(states as [FitState]))).fingerprint).toBe(together.fingerprint);
    // Through the other order: counts and categories exactly, moments within rounding.
    const reversed = set.fromState(mergeStates(...([...states].reverse() as [FitState, ...FitState[]])));
    for (const [i, step] of whole.steps.entries()) near(reversed.steps[i]?.state, step.state, step.transform);
  });

  test("of a chain take a pass for each link", async () => {
    const chain = defineFeatures({ inputs: INPUTS, features: ({ a }) => ({ a: a.simpleImputer().standardScaler().as("float64") }) });
    const first = await Promise.all(shards.map((shard) => chain.fitState(shard)));
    const merged = mergeStates(...(first as [FitState, ...FitState[]]));
    expect([merged.pass, merged.passes]).toEqual([1, 2]);
    expect(() => chain.fromState(merged)).toThrow(failing("NOT_FITTED", "pass 1 of 2", "after"));
    const second = await Promise.all(shards.map((shard) => chain.fitState(shard, { after: merged })));
    const fitted = chain.fromState(mergeStates(...(second as [FitState, ...FitState[]])));
    const whole = await chain.fit(tableOf(rows));
    for (const [i, step] of whole.steps.entries()) near(fitted.steps[i]?.state, step.state, step.transform);

    const state = (i: number): FitState => second[i] as FitState;
    expect(() => mergeStates(first[0] as FitState, state(0))).toThrow(failing("STATE_MISMATCH", "pass 1", "pass 2"));
    const apart = await chain.fitState(shards[0] as Table, { after: first[0] as FitState });
    expect(() => mergeStates(state(0), apart)).toThrow(failing("STATE_MISMATCH", "passes before", "after"));
    await expect(chain.fitState(shards[0] as Table, { after: state(0) })).rejects.toThrow(failing("STATE_MISMATCH", "last pass"));
  });

  test("of different declarations or filters are refused", async () => {
    const declare = (options: object, output: "float32" | "float64" = "float64") =>
      defineFeatures({ inputs: INPUTS, features: ({ a }) => ({ a: a.minMaxScaler(options).as(output) }) });
    const one = await declare({}).fitState(shards[0] as Table);
    const same = await declare({}).fitState(shards[2] as Table);
    expect(declare({}).fromState(mergeStates(one, same)).steps[0]?.state["count"]).toBe(rows.slice(0, 300).concat(rows.slice(301)).filter((row) => row.a !== null).length);
    const others = [
      await declare({ clip: true }).fitState(shards[2] as Table),
      await declare({}, "float32").fitState(shards[2] as Table),
      await declare({}).fitState(shards[2] as Table, { where: ({ a }) => a.gt(0) }),
    ];
    for (const other of others) {
      expect(() => mergeStates(one, other)).toThrow(failing("STATE_MISMATCH", "states 1 and 2"));
    }
    expect(() => declare({ clip: true }).fromState(one)).toThrow(failing("STATE_MISMATCH"));
    expect(declare({}).fromState(one).steps[0]?.state["count"]).toBe(rows.slice(0, 300).filter((row) => row.a !== null).length);
    expect(() => mergeStates(one, {} as FitState)).toThrow(failing("STATE_MISMATCH", "argument 2"));
    expect(() => declare({}).fromState(3 as never)).toThrow(failing("STATE_MISMATCH", "the number 3"));
    expect(declare({}).fromState(await declare({}).fitState(shards[0] as Table, { where: ({ a }) => a.gt(0) })).where).toBe("gt(a, 0)");
    await expect(declare({}).fitState(tableOf([]))).rejects.toThrow(failing("NO_ROWS"));
    const nothing = defineFeatures({ inputs: INPUTS, features: ({ a }) => ({ a }) });
    await expect(nothing.fitState(shards[0] as Table)).rejects.toThrow(failing("INVALID_DEFINITION", "withoutFitting"));
  });

  test("go to another process as JSON", async () => {
    const states = await Promise.all(shards.map((shard) => set.fitState(shard, { where: ({ a }) => a.lt(90).or(a.isNull()) })));
    const texts = states.map((state) => JSON.stringify(state));
    const read = texts.map((text) => set.stateFromJson(JSON.parse(text)));
    const merged = mergeStates(...(states as [FitState, ...FitState[]]));
    const again = mergeStates(...(read as [FitState, ...FitState[]]));
    expect(again.rows).toBe(merged.rows);
    expect(set.fromState(again).fingerprint).toBe(set.fromState(merged).fingerprint);
    expect(set.fromState(again).where).toBe(set.fromState(merged).where);

    const json = JSON.parse(texts[0] as string) as Record<string, unknown>;
    expect(() => set.stateFromJson({ ...json, version: 99 })).toThrow(failing("INVALID_SPEC", "format version 99", "newer"));
    expect(() => set.stateFromJson({ ...json, format: "other" })).toThrow(failing("INVALID_SPEC", "format"));
    expect(() => set.stateFromJson({ ...json, gathered: 3 })).toThrow(failing("INVALID_SPEC", "gathered"));
    expect(() => set.stateFromJson({ ...json, gathered: (json["gathered"] as unknown[]).map(() => null) })).toThrow(failing("INVALID_SPEC", "gathered\\[0\\]"));
    expect(() => set.stateFromJson({ ...json, declaration: "0" })).toThrow(failing("STATE_MISMATCH"));
    expect(() => set.stateFromJson({ ...json, filter: undefined })).toThrow(failing("STATE_MISMATCH"));
    expect(() => set.stateFromJson(null)).toThrow(failing("INVALID_SPEC"));
  });
});

test("a spec of a newer version is refused", async () => {
  const fitted = await set.fit(tableOf(rows));
  expect(() => featuresFromJson({ ...(fitted.toJSON() as object), version: 2 })).toThrow(failing("INVALID_SPEC", "format version 2", "newer"));
});
