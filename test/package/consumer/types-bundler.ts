// Type-checked with module resolution "bundler": the types must be found and be more than `any`.
import { defineFeatures, t, type Engine } from "skewless";

const set = defineFeatures({
  inputs: { a: t.float64(), b: t.utf8().nullable() },
  features: ({ a, b }) => ({ x: a.log1p(), y: b.length() }),
});
const engine = set.compile();
const vector: Float32Array = engine.row({ a: 1 });
void vector;
// @ts-expect-error a key is missing
engine.row({ b: "text" });
// @ts-expect-error another type
engine.row({ a: "1" });
const other: Engine<{ a: number }> = engine;
void other;
