import { arg, numbers, simple, type Call, type Mappings } from "./mapping.js";
import { FAR, MIDDLE, TAIL } from "./normal-coefficients.js";
import type { Ops, Value } from "./ops.js";

/** The distinct quantiles, each with the references of its first and last occurrence. */
function runs(quantiles: readonly number[], references: readonly number[]): { readonly at: number; readonly first: number; last: number }[] {
  const out: { readonly at: number; readonly first: number; last: number }[] = [];
  for (const [i, quantile] of quantiles.entries()) {
    const reference = references[i] as number;
    const previous = out.at(-1);
    if (previous?.at === quantile) previous.last = reference;
    else out.push({ at: quantile, first: reference, last: reference });
  }
  return out;
}

function quantileRank(ops: Ops, x: Value, call: Call): Value {
  const references = numbers(call, "references");
  const margin = call.params["margin"] as number;
  const all = runs(numbers(call, "quantiles"), references);
  const [low, high] = [(all[0] as { at: number }).at, (all.at(-1) as { at: number }).at];
  const below = ops.countAtMost(x, all.map(({ at }) => at), "float64");
  const left = ops.op("Max", ops.sub(below, ops.i64(1)), ops.i64(0));
  const next = all.map((_, i) => all[Math.min(i + 1, all.length - 1)] as (typeof all)[number]);
  const at = ops.at(all.map((run) => run.at), left);
  const to = ops.at(next.map((run) => run.at), left);
  const from = ops.at(all.map((run) => run.last), left);
  const upTo = ops.at(next.map((run) => run.first), left);
  const slope = ops.div(ops.sub(upTo, from), ops.sub(to, at));
  // From either side, as the engine and scikit-learn do.
  const forward = ops.add(ops.mul(slope, ops.sub(x, at)), from);
  const backward = ops.sub(ops.mul(slope, ops.sub(to, x)), upTo);
  const between = ops.mul(ops.f64(0.5), ops.sub(forward, backward));
  const equal = ops.at(all.map(({ first, last }) => 0.5 * (last + first)), left);
  const inside = ops.where(ops.eq(at, x), equal, between);
  const above = ops.where(ops.ge(x, ops.f64(high)), ops.f64(references.at(-1) as number), inside);
  const reference = ops.where(ops.le(x, ops.f64(low)), ops.f64(references[0] as number), above);
  const atHigh = margin > 0 ? ops.gt(ops.add(x, ops.f64(margin)), ops.f64(high)) : ops.eq(x, ops.f64(high));
  const atLow = margin > 0 ? ops.lt(ops.sub(x, ops.f64(margin)), ops.f64(low)) : ops.eq(x, ops.f64(low));
  const rank = ops.where(atLow, ops.f64(0), ops.where(atHigh, ops.f64(1), reference));
  return ops.where(ops.isNaN(x), x, rank);
}

function normalQuantile(ops: Ops, p: Value): Value {
  const ratio = (x: Value, [over, under]: typeof MIDDLE): Value => ops.div(ops.polynomial(x, over), ops.polynomial(x, under));
  const q = ops.sub(p, ops.f64(0.5));
  const low = ops.lt(q, ops.f64(0));
  const middle = ops.mul(q, ratio(ops.sub(ops.f64(0.180625), ops.square(q)), MIDDLE));
  const tail = ops.where(low, p, ops.sub(ops.f64(1), p));
  const r = ops.sqrt(ops.neg(ops.log(tail)));
  const near = ratio(ops.sub(r, ops.f64(1.6)), TAIL);
  const outer = ops.where(ops.le(r, ops.f64(5)), near, ratio(ops.sub(r, ops.f64(5)), FAR));
  const size = ops.where(ops.eq(tail, ops.f64(0)), ops.f64(Infinity), outer);
  return ops.where(ops.le(ops.abs(q), ops.f64(0.425)), middle, ops.where(low, ops.neg(size), size));
}

export const QUANTILES: Mappings = {
  quantileRank: simple((ops, args, call) => quantileRank(ops, arg(args, 0), call)),
  normalQuantile: simple((ops, args) => normalQuantile(ops, arg(args, 0))),
};
