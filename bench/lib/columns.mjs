import { defineFeatures, t } from "../../dist/index.js";
import { randomNumbers } from "./random.mjs";

export const MEAN_A = 50;
export const SCALE_A = 28.8;
export const MEAN_B = 25;
export const SCALE_B = 14.4;

/** Two columns of float64 without nulls: a in [0, 100), b in [0, 50). */
export function makeColumns(rows) {
  const random = randomNumbers(3);
  const a = new Float64Array(rows);
  const b = new Float64Array(rows);
  for (let i = 0; i < rows; i++) {
    a[i] = random() * 100;
    b[i] = random() * 50;
  }
  return { a, b };
}

/** The six features as Arrow columns of `type`. */
export function sixFeatures(type) {
  return defineFeatures({
    inputs: { a: t.float64(), b: t.float64() },
    features: ({ a, b }) => ({
      aScaled: a.standardize(MEAN_A, SCALE_A).as(type),
      bScaled: b.standardize(MEAN_B, SCALE_B).as(type),
      aLog: a.log1p().as(type),
      aClipped: a.clip(10, 90).as(type),
      ratio: a.div(b.add(1)).as(type),
      product: a.mul(b).as(type),
    }),
  });
}

/** Values at rows spread over the data, column by column: what subjects are compared by. `column(c)` gives one row's reader. */
export function sampleColumns(rows, columns) {
  const step = Math.floor((rows - 1) / 499);
  return Float64Array.from(columns.flatMap((at) => Array.from({ length: 500 }, (_, i) => at(i * step))));
}
