/**
 * The place of a minimum of a function with one, by Brent's method (1973: parabolas through three points, the
 * golden section where they do not help), to about 1e-8: closer, the values of a smooth function do not differ.
 * The search starts between `low` and `high` and goes beyond them while the function still falls.
 */
export function minimize(f: (x: number) => number, low: number, high: number): number {
  let middle = (low + high) / 2;
  let value = f(middle);
  for (let grown = 0; grown < 12; grown++) {
    const atLow = f(low);
    const atHigh = f(high);
    if (atLow >= value && atHigh >= value) break;
    const width = high - low;
    if (atLow < atHigh) [high, middle, value, low] = [middle, low, atLow, low - width];
    else [low, middle, value, high] = [middle, high, atHigh, high + width];
  }
  return brent(f, low, middle, high);
}

const GOLDEN = (3 - Math.sqrt(5)) / 2;
const TOLERANCE = 1e-9;

function brent(f: (x: number) => number, low: number, start: number, high: number): number {
  // x is the best place so far, w the second, v the one before w.
  let [x, w, v] = [start, start, start];
  let fx = f(x);
  let [fw, fv] = [fx, fx];
  let step = 0;
  let stepBefore = 0;
  for (let i = 0; i < 200; i++) {
    const middle = (low + high) / 2;
    const tolerance = TOLERANCE * Math.abs(x) + 1e-12;
    if (Math.abs(x - middle) <= 2 * tolerance - (high - low) / 2) break;
    let next: number | undefined;
    if (Math.abs(stepBefore) > tolerance) {
      const r = (x - w) * (fx - fv);
      const q = (x - v) * (fx - fw);
      const over = (x - v) * q - (x - w) * r;
      const under = 2 * (q - r);
      const parabola = under === 0 ? NaN : -over / under;
      // Within the interval, and less than half the step before the last.
      if (Math.abs(parabola) < Math.abs(stepBefore / 2) && x + parabola > low && x + parabola < high) next = parabola;
    }
    if (next === undefined) {
      stepBefore = x < middle ? high - x : low - x;
      step = GOLDEN * stepBefore;
    } else {
      stepBefore = step;
      step = next;
    }
    const u = x + (Math.abs(step) >= tolerance ? step : Math.sign(step || 1) * tolerance);
    const fu = f(u);
    if (fu <= fx) {
      if (u < x) high = x;
      else low = x;
      [v, w, x] = [w, x, u];
      [fv, fw, fx] = [fw, fx, fu];
      continue;
    }
    if (u < x) low = u;
    else high = u;
    if (fu <= fw || w === x) {
      [v, w] = [w, u];
      [fv, fw] = [fw, fu];
    } else if (fu <= fv || v === x || v === w) [v, fv] = [u, fu];
  }
  return x;
}
