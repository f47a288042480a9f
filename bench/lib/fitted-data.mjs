import { makeData, makeVector, Utf8 } from "apache-arrow";
import { randomNumbers } from "./random.mjs";

/** Rows of the suites beside scikit-learn; `--quick` takes fewer. */
export const fittedRows = ({ quick }) => (quick ? 200_000 : 1_000_000);

/** Normally distributed numbers; a twentieth of them NaN where `missing` is set. */
export function makeNumbers(rows, { missing = false } = {}) {
  const random = randomNumbers(5);
  const values = new Float64Array(rows);
  for (let i = 0; i < rows; i++) {
    const radius = Math.sqrt(-2 * Math.log(1 - random()));
    values[i] = 50 + 20 * radius * Math.cos(2 * Math.PI * random());
    if (missing && random() < 0.05) values[i] = NaN;
  }
  return values;
}

/**
 * Texts of `rows` rows, drawn from `distinct` ones of which the first are frequent: as Arrow has them (UTF-8 and
 * offsets) and as JavaScript strings, equal ones sharing one string.
 */
export function makeTexts(rows, { distinct, name }) {
  const random = randomNumbers(7);
  const names = Array.from({ length: distinct }, (_, i) => name(i));
  const encoded = names.map((text) => Buffer.from(text));
  const strings = Array.from({ length: rows }, () => names[Math.floor(distinct * random() ** 2)]);
  const ids = new Map(names.map((text, i) => [text, i]));
  const offsets = new Int32Array(rows + 1);
  for (let i = 0; i < rows; i++) offsets[i + 1] = offsets[i] + encoded[ids.get(strings[i])].length;
  const bytes = new Uint8Array(offsets[rows]);
  for (let i = 0; i < rows; i++) bytes.set(encoded[ids.get(strings[i])], offsets[i]);
  return { strings, offsets, bytes };
}

export const textVector = ({ offsets, bytes }) =>
  makeVector(makeData({ type: new Utf8(), length: offsets.length - 1, nullCount: 0, valueOffsets: offsets, data: bytes }));

const letter = (n) => String.fromCharCode(65 + (n % 26));
/** Three letters, as a country's code has. */
export const code = (i) => letter(i * 7) + letter(i * 11 + 3) + letter(i);
/** Five to twenty bytes, as a city's name has. */
export const city = (i) => `${"Saint-Neu".slice(0, 3 + (i % 7))}${["burg", "hausen", "ville-sur-Mer"][i % 3]}${i}`;
