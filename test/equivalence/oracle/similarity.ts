// Distances and similarities of texts, from their definitions.
import { charNgrams, codePoints, tokens } from "./text.js";
import { define, int, text, type Family } from "./value.js";

/** Wagner and Fischer's table, row by row. */
export function levenshtein(x: readonly string[], y: readonly string[]): number {
  let previous = [0, ...y.map((_, j) => j + 1)];
  x.forEach((a, i) => {
    const current = [i + 1];
    y.forEach((b, j) => {
      const substituted = (previous[j] ?? 0) + (a === b ? 0 : 1);
      const inserted = (current[j] ?? 0) + 1;
      const deleted = (previous[j + 1] ?? 0) + 1;
      current.push(Math.min(substituted, inserted, deleted));
    });
    previous = current;
  });
  return previous[y.length] ?? 0;
}

function levenshteinSimilarity(x: string, y: string): number {
  const [a, b] = [codePoints(x), codePoints(y)];
  const longest = Math.max(a.length, b.length);
  return longest === 0 ? 1 : 1 - levenshtein(a, b) / longest;
}

/** Jaro's matches: equal code points no further apart than the window, each used once, the leftmost first. */
function jaro(a: readonly string[], b: readonly string[]): number {
  const window = Math.max(0, Math.floor(Math.max(a.length, b.length) / 2) - 1);
  const used = new Set<number>();
  const fromA: string[] = [];
  a.forEach((point, i) => {
    for (let j = Math.max(0, i - window); j <= Math.min(b.length - 1, i + window); j++) {
      if (b[j] === point && !used.has(j)) {
        used.add(j);
        fromA.push(point);
        return;
      }
    }
  });
  const m = fromA.length;
  if (m === 0) return 0;
  const fromB = b.filter((_, j) => used.has(j));
  const transposed = fromA.filter((point, k) => point !== fromB[k]).length;
  const t = Math.floor(transposed / 2);
  return (m / a.length + m / b.length + (m - t) / m) / 3;
}

function jaroWinkler(x: string, y: string): number {
  const [a, b] = [codePoints(x), codePoints(y)];
  if (a.length === 0 && b.length === 0) return 1;
  if (a.length === 0 || b.length === 0) return 0;
  const similarity = jaro(a, b);
  let prefix = 0;
  while (prefix < 4 && prefix < a.length && a[prefix] === b[prefix]) prefix += 1;
  return similarity + prefix * 0.1 * (1 - similarity);
}

function jaccard(x: readonly string[], y: readonly string[]): number {
  const [a, b] = [new Set(x), new Set(y)];
  const union = new Set([...a, ...b]).size;
  return union === 0 ? 1 : (a.size + b.size - union) / union;
}

export const similarity: Family = {
  levenshtein: define("utf8 utf8 -> int64", ([x, y]) => BigInt(levenshtein(codePoints(x), codePoints(y)))),
  levenshteinSimilarity: define("utf8 utf8 -> float64", ([x, y]) => levenshteinSimilarity(text(x), text(y))),
  jaroWinkler: define("utf8 utf8 -> float64", ([x, y]) => jaroWinkler(text(x), text(y))),
  jaccardTokens: define("utf8 utf8 -> float64", ([x, y]) => jaccard(tokens(text(x)), tokens(text(y)))),
  jaccardNgrams: define("utf8 utf8 int64 -> float64", ([x, y, n]) => {
    const [a, b] = [charNgrams(text(x), int(n)), charNgrams(text(y), int(n))];
    return a === null || b === null ? null : jaccard(a, b);
  }),
};
