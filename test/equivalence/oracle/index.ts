// The oracle: every function of the catalogue in plain TypeScript, written from its documentation. The parity
// suite compares row kernels, batch kernels and this, so nothing here may be taken from the native sources.
import { arithmetic, rounding } from "./arithmetic.js";
import { casts } from "./casts.js";
import { elementary } from "./elementary.js";
import { fitted } from "./fitted.js";
import { geo } from "./geo.js";
import { hashing } from "./hashing.js";
import { lists } from "./lists.js";
import { comparisons, logic, nulls } from "./logic.js";
import { parsing } from "./parsing.js";
import { similarity } from "./similarity.js";
import { texts } from "./text.js";
import { time } from "./time.js";
import type { OracleFunction, Params, Value } from "./value.js";
import { vectorizing } from "./vectorize.js";
import { vectors } from "./vectors.js";
import { windows } from "./windows.js";

export { agrees, ulpDistance } from "./agreement.js";
export { OracleFailure } from "./value.js";
export type { FailureCode, OracleFunction, Params, Signature, Value } from "./value.js";

export const oracle: Readonly<Record<string, OracleFunction>> = {
  ...arithmetic,
  ...rounding,
  ...comparisons,
  ...logic,
  ...nulls,
  ...casts,
  ...elementary,
  ...texts,
  ...similarity,
  ...parsing,
  ...hashing,
  ...geo,
  ...time,
  ...lists,
  ...windows,
  ...vectors,
  ...vectorizing,
  ...fitted,
};

/** One application of a function, nulls included. Throws OracleFailure where the function fails. */
export function evaluate(
  name: string,
  args: readonly Value[],
  params: Params,
  types: readonly string[],
): Value {
  const f = Object.hasOwn(oracle, name) ? oracle[name] : undefined;
  if (f === undefined) throw new TypeError(`the oracle has no function ${name}`);
  if (f.handlesNull !== true && args.includes(null)) return null;
  return f.call(args, params, types);
}
