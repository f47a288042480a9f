import { Field, Float64, List, Utf8, makeData, vectorFromArray } from "apache-arrow";
import { describe, expect, test } from "vitest";
import { defineFeatures, t, type Engine } from "../../src/index.js";
import { SLOWDOWN as scale, tableOf } from "./support.js";

const loose = (engine: unknown): Engine<object> => engine as Engine<object>;

describe("extreme sizes", () => {
  test("10,000 features", () => {
    const width = 10_000 / scale;
    const engine = loose(
      defineFeatures({
        inputs: { x: t.float64() },
        features: ({ x }) => Object.fromEntries(Array.from({ length: width }, (_, i) => [`f${i}`, x.mul(i).add(1)])),
      }).compile({ crossover: 2 }),
    );
    const wanted = Float32Array.from({ length: width }, (_, i) => 2 * i + 1);
    expect(engine.row({ x: 2 })).toEqual(wanted);
    const rows = Array.from({ length: 1100 / scale }, () => ({ x: 2 }));
    for (const vectors of [engine.rows(rows), engine.transform(rows)]) {
      expect(vectors).toHaveLength(rows.length);
      expect(vectors.at(-1)).toEqual(wanted);
    }
    expect(engine.batch({ x: Float64Array.of(2) }).numCols).toBe(width);
    expect(engine.toMatrix({ x: Float64Array.of(2, 2) }).subarray(width)).toEqual(wanted);
  });

  test("a chain of 20,000 calls", () => {
    const length = 20_000 / scale;
    const engine = defineFeatures({
      inputs: { x: t.float64() },
      features: ({ x }) => {
        let out = x;
        for (let i = 0; i < length; i++) out = out.add(1).neg();
        return { out };
      },
    }).compile();
    // An even number of (x + 1) * -1 gives x back.
    expect(engine.row({ x: 3 })[0]).toBe(3);
    expect(engine.toMatrix({ x: Float64Array.of(3) })[0]).toBe(3);
  });

  test("1,000 inputs", () => {
    const names = Array.from({ length: 1000 }, (_, i) => `x${i}`);
    const engine = loose(
      defineFeatures({
        inputs: Object.fromEntries(names.map((name) => [name, t.float64()])),
        features: (inputs) => ({ sum: names.map((name) => inputs[name]!).reduce((a, b) => a.add(b)) }),
      }).compile(),
    );
    expect(engine.row(Object.fromEntries(names.map((name, i) => [name, i])))[0]).toBe(499_500);
    expect(engine.toMatrix(Object.fromEntries(names.map((name, i) => [name, Float64Array.of(i)])))[0]).toBe(499_500);
  });

  test("texts of 10 MB", () => {
    const size = 10_000_000 / scale;
    const engine = loose(defineFeatures({ inputs: { s: t.utf8() }, features: ({ s }) => ({ points: s.length(), bytes: s.byteLength(), found: s.contains("needle") }) }).compile({ crossover: 1 }));
    const text = `${"é".repeat(size / 2)}needle`;
    const wanted = [size / 2 + 6, size + 6, 1];
    expect([...engine.row({ s: text })]).toEqual(wanted);
    expect([...engine.row({ s: "needle" })]).toEqual([6, 6, 1]);
    for (const vector of engine.transform([{ s: text }, { s: text }, { s: text }])) expect([...vector]).toEqual(wanted);
    expect([...engine.toMatrix({ s: vectorFromArray([text], new Utf8()) })]).toEqual(wanted);
  });

  test("lists of 1,000,000 elements", () => {
    const size = 1_000_000 / scale;
    const engine = loose(defineFeatures({ inputs: { l: t.list(t.float64()) }, features: ({ l }) => ({ size: l.size(), sum: l.sum(), last: l.last() }) }).compile({ crossover: 1 }));
    const values = Float64Array.from({ length: size }, (_, i) => i % 3);
    const wanted = [size, Math.fround(values.reduce((a, b) => a + b)), (size - 1) % 3];
    expect([...engine.row({ l: values })]).toEqual(wanted);
    expect([...engine.row({ l: Array.from(values) })]).toEqual(wanted);
    expect(engine.transform([{ l: values }, { l: [] }]).map((v) => [...v])).toEqual([wanted, [0, 0, NaN]]);
    const child = makeData({ type: new Float64(), length: size, nullCount: 0, data: values });
    const list = makeData({ type: new List(new Field("item", new Float64())), length: 2, nullCount: 0, valueOffsets: Int32Array.of(0, size, size), child });
    expect([...engine.toMatrix(tableOf({ l: list }))]).toEqual([...wanted, 0, 0, NaN]);
  });

  test("many long texts by batch kernels take no more memory than their share", () => {
    const engine = loose(defineFeatures({ inputs: { s: t.utf8() }, features: ({ s }) => ({ bytes: s.byteLength() }) }).compile({ crossover: 1 }));
    // 1,000 of them at once would need 3 GB for their longest UTF-8 form.
    const text = "x".repeat(1_000_000 / scale);
    const before = process.memoryUsage().arrayBuffers;
    const vectors = engine.transform(Array.from({ length: 1000 / scale }, () => ({ s: text })));
    expect(vectors.every((vector) => vector[0] === text.length)).toBe(true);
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(128 * 2 ** 20);
  });

  test("no rows, one row, borders of chunks", () => {
    const engine = loose(defineFeatures({ inputs: { x: t.float64() }, features: ({ x }) => ({ x: x.add(1) }) }).compile({ crossover: 1 }));
    for (const size of [0, 1, 63, 64, 65, 1023, 1024, 1025, 2048, 2049]) {
      const x = Float64Array.from({ length: size }, (_, i) => i);
      const wanted = Float32Array.from(x, (v) => v + 1);
      expect(engine.toMatrix({ x })).toEqual(wanted);
      expect(Float32Array.from(engine.transform(Array.from(x, (v) => ({ x: v }))), (v) => v[0] as number)).toEqual(wanted);
      expect(Float32Array.from(engine.rows(Array.from(x, (v) => ({ x: v }))), (v) => v[0] as number)).toEqual(wanted);
      expect(engine.batch({ x }).numRows).toBe(size);
    }
  });
});
