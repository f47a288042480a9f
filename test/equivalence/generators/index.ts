// Random arguments and parameters for every function of the catalogue. A function without an entry fails the
// parity suite, so that nobody forgets to think about where a new function may go wrong.
import type { Generators } from "./generator.js";
import { lists, vectors } from "./lists.js";
import { arithmetic, casts, elementary, fitted, logic } from "./scalars.js";
import { geo, hashing, texts } from "./strings.js";
import { time, windows } from "./times.js";
import { vectorizing } from "./vectorize.js";

export type { Generator } from "./generator.js";
export { Rng } from "./rng.js";
export { randomValue } from "./values.js";

export const generators: Generators = {
  ...arithmetic,
  ...logic,
  ...casts,
  ...elementary,
  ...texts,
  ...hashing,
  ...geo,
  ...time,
  ...windows,
  ...lists,
  ...vectors,
  ...vectorizing,
  ...fitted,
};
