// Reproducible random draws: the same world in every process, on every machine.

/** Mulberry32 and what is drawn from it. Without log and cos, whose last bit differs between engines. */
export function randomDraws(seed) {
  let state = seed >>> 0;
  const next = () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let x = state;
    x = Math.imul(x ^ (x >>> 15), x | 1);
    x ^= x + Math.imul(x ^ (x >>> 7), x | 61);
    return ((x ^ (x >>> 14)) >>> 0) / 2 ** 32;
  };
  const between = (low, high) => low + (high - low) * next();
  const whole = (low, high) => Math.floor(between(low, high + 1));
  // Twelve uniform draws have the variance 1, and their sum is nearly normal.
  const normal = () => {
    let sum = -6;
    for (let i = 0; i < 12; i++) sum += next();
    return sum;
  };
  const pick = (list) => list[Math.floor(next() * list.length)];
  return { next, between, whole, normal, pick, chance: (p) => next() < p };
}
