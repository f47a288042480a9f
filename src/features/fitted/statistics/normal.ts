/**
 * Quantiles of the standard normal distribution for fitting (a state's constants, not a feature's values):
 * slow, and right to some 1e-15.
 */

const LOG_SQRT_TWO_PI = Math.log(2 * Math.PI) / 2;

/** P(X > x) / density(x) for x >= 0. */
function millsRatio(x: number): number {
  if (x < 1) {
    // The middle's share, x + x^3/3 + x^5/15 + …, taken from the half: all terms positive.
    let term = x;
    let sum = x;
    for (let k = 3; term > sum * 1e-18; k += 2) sum += term *= (x * x) / k;
    return Math.exp((x * x) / 2 + LOG_SQRT_TWO_PI) / 2 - sum;
  }
  // Laplace's continued fraction, which needs the more terms the smaller x is.
  let tail = 0;
  for (let k = Math.ceil(50 + 1000 / (x * x)); k >= 1; k--) tail = k / (x + tail);
  return 1 / (x + tail);
}

/** The x with P(X < x) = p, for 0 < p < 1. */
export function normalQuantile(p: number): number {
  if (p > 0.5) return -normalQuantile(1 - p);
  if (p === 0.5) return 0;
  // Newton's method on the logarithm of the tail, which is concave and nearly a parabola.
  const target = Math.log(p);
  let x = Math.sqrt(Math.max(0, -2 * (target + Math.LN2)));
  for (let i = 0; i < 50; i++) {
    const ratio = millsRatio(x);
    const step = (Math.log(ratio) - (x * x) / 2 - LOG_SQRT_TWO_PI - target) * ratio;
    x = Math.max(0, x + step);
    if (Math.abs(step) <= 1e-16 * x) break;
  }
  return -x;
}
