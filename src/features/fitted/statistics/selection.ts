import { addon } from "../../../native.js";

/**
 * The values at the given places of the sorted order of all chunks together, without sorting more than it takes.
 * No NaN; the chunks stay as they are.
 */
export function selectRanks(chunks: readonly Float64Array[], ranks: readonly number[]): number[] {
  const wanted = Float64Array.from(new Set(ranks)).sort();
  const found = new Float64Array(wanted.length);
  addon().fitSelect(chunks, wanted, found);
  const values = new Map<number, number>();
  for (let i = 0; i < wanted.length; i++) values.set(wanted[i] as number, found[i] as number);
  return ranks.map((rank) => values.get(rank) as number);
}
