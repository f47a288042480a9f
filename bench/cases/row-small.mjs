import { defineFeatures, t } from "../../dist/index.js";
import { randomNumbers } from "../lib/random.mjs";
import { rowSubject } from "../lib/row-subject.mjs";

const features = defineFeatures({
  inputs: { amount: t.float64(), balance: t.float64(), age: t.float64(), clicks: t.float64() },
  features: ({ amount, balance, age, clicks }) => ({
    amountLog: amount.log1p(),
    amountScaled: amount.standardize(87.3, 42.1),
    amountToBalance: amount.div(balance.add(1)),
    ageClipped: age.clip(18, 90),
    isYoung: age.lt(25),
    clicksRoot: clicks.sqrt(),
  }),
});

/** The same by hand. */
function byHand(row, out, offset) {
  const { amount, balance, age, clicks } = row;
  out[offset] = Math.log1p(amount);
  out[offset + 1] = (amount - 87.3) / 42.1;
  out[offset + 2] = amount / (balance + 1);
  out[offset + 3] = Math.min(Math.max(age, 18), 90);
  out[offset + 4] = age < 25 ? 1 : 0;
  out[offset + 5] = Math.sqrt(clicks);
}

function makeRows(count) {
  const random = randomNumbers(2);
  return Array.from({ length: count }, () => ({
    amount: random() * 300,
    balance: random() * 5000,
    age: 18 + Math.floor(random() * 70),
    clicks: Math.floor(random() * 40),
  }));
}

const width = 6;
const subject = (name, call, extra) => rowSubject({ name, width, makeRows, call, ...extra });

export default {
  name: "row-small",
  title: "4 numbers to 6 features, ns a call",
  cases: [
    {
      name: "vector",
      unit: "ns",
      rounds: 9,
      rows: 1,
      check: { default: 1e-6 },
      processes: {
        typescript: subject("typescript", () => (row) => {
          const out = new Float32Array(width);
          byHand(row, out, 0);
          return out;
        }),
        "skewless-row": subject("skewless-row", () => {
          const engine = features.compile();
          return (row) => engine.row(row);
        }),
        "skewless-row-into": subject("skewless-row-into", () => {
          const engine = features.compile();
          const out = new Float32Array(width);
          return (row) => {
            engine.rowInto(row, out);
            return out;
          };
        }),
      },
    },
  ],
  targets: (figures) => [
    { claim: "row object to Float32Array, median", limit: 300, unit: " ns", measured: figures.value("vector", "skewless-row") },
  ],
};
