// Everything at once for a while: good and bad rows, batches on threads, aborts, new engines; after each step the
// answers must still be those of the first moment.
import { vectorFromArray, Utf8 } from "apache-arrow";
import { expect, test } from "vitest";
import { defineFeatures, SkewlessError, t, type Engine } from "../../src/index.js";

const seconds = Number(process.env["SKEWLESS_STRESS_SECONDS"] ?? 60);

const set = defineFeatures({
  inputs: { x: t.float64(), k: t.int64().nullable(), s: t.utf8(), l: t.list(t.float64()) },
  features: ({ x, k, s, l }) => ({ a: x.sin().pow(2), k: k.mul(3n), n: s.upper().hashBucket(97), m: l.median(), q: l.sum() }),
});
type AnyEngine = Engine<object>;
const make = (): AnyEngine => set.compile({ crossover: 4 }) as unknown as AnyEngine;

const rows = Array.from({ length: 3000 }, (_, i) => ({
  x: i / 7,
  k: i % 5 === 0 ? null : BigInt(i),
  s: `text ${i % 31} ${"ü".repeat(i % 90)}`,
  l: Array.from({ length: i % 17 }, (_, j) => (i * j) % 13),
}));
const bad: readonly object[] = [{}, { ...rows[1], x: "1" }, { ...rows[1], k: 2n ** 62n }, { ...rows[1], s: "\ud800" }, { ...rows[1], l: [1, "2"] }];
const bits = (vector: Float32Array): string => Buffer.from(vector.buffer, vector.byteOffset, vector.byteLength).toString("hex");

test(`mixed load for ${seconds} s`, async () => {
  let engine = make();
  const wanted = engine.rows(rows).map(bits);
  const columns = { x: Float64Array.from(rows, (row) => row.x), s: vectorFromArray(rows.map((row) => row.s), new Utf8()) };
  const simple = defineFeatures({ inputs: { x: t.float64(), s: t.utf8() }, features: ({ x, s }) => ({ a: x.log1p(), n: s.length() }) }).compile();
  const matrix = bits(simple.toMatrix(columns));
  const end = performance.now() + seconds * 1000;
  let pending: Promise<unknown>[] = [];
  let steps = 0;
  for (; performance.now() < end; steps++) {
    const at = (steps * 7919) % (rows.length - 100);
    const slice = rows.slice(at, at + 1 + (steps % 90));
    expect(engine.transform(slice).map(bits)).toEqual(wanted.slice(at, at + slice.length));
    const broken = [...slice.slice(0, steps % 40), bad[steps % bad.length] as object, ...slice];
    for (const run of [() => engine.transform(broken), () => engine.rows(broken)]) {
      try {
        run();
        throw new Error("no error");
      } catch (error) {
        expect(error).toBeInstanceOf(SkewlessError);
        expect((error as SkewlessError).row).toBe(Math.min(steps % 40, slice.length));
      }
    }
    const controller = new AbortController();
    pending.push(simple.batchAsync(columns, { threads: 1 + (steps % 3), signal: controller.signal }).catch((error: unknown) => expect(error).toMatchObject({ code: "ABORTED" })));
    if (steps % 5 === 0) controller.abort();
    if (steps % 20 === 0) {
      await Promise.all(pending);
      pending = [];
      expect(bits(simple.toMatrix(columns))).toBe(matrix);
      engine = make();
    }
  }
  await Promise.all(pending);
  expect(steps).toBeGreaterThan(0);
});
