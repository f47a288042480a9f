// Columns by loops over typed arrays, as a user would write them.
import { MEAN_A, MEAN_B, SCALE_A, SCALE_B } from "../lib/columns.mjs";

export function six({ a, b }, rows) {
  return () => {
    const aScaled = new Float64Array(rows);
    const bScaled = new Float64Array(rows);
    const aLog = new Float64Array(rows);
    const aClipped = new Float64Array(rows);
    const ratio = new Float64Array(rows);
    const product = new Float64Array(rows);
    for (let i = 0; i < rows; i++) {
      const x = a[i];
      const y = b[i];
      aScaled[i] = (x - MEAN_A) / SCALE_A;
      bScaled[i] = (y - MEAN_B) / SCALE_B;
      aLog[i] = Math.log1p(x);
      aClipped[i] = Math.min(Math.max(x, 10), 90);
      ratio[i] = x / (y + 1);
      product[i] = x * y;
    }
    return [aScaled, bScaled, aLog, aClipped, ratio, product];
  };
}

export function scaler({ a }, rows) {
  return () => {
    const out = new Float64Array(rows);
    for (let i = 0; i < rows; i++) out[i] = (a[i] - MEAN_A) / SCALE_A;
    return [out];
  };
}

export const elementary = {
  log: ({ a }, rows) => () => {
    const out = new Float64Array(rows);
    for (let i = 0; i < rows; i++) out[i] = Math.log(a[i]);
    return [out];
  },
  exp: ({ a }, rows) => () => {
    const out = new Float64Array(rows);
    for (let i = 0; i < rows; i++) out[i] = Math.exp(a[i]);
    return [out];
  },
  sin: ({ a }, rows) => () => {
    const out = new Float64Array(rows);
    for (let i = 0; i < rows; i++) out[i] = Math.sin(a[i]);
    return [out];
  },
};
