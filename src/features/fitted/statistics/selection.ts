/** Ranges up to this length are sorted. */
const SMALL = 64;

/**
 * The values at the given places of the sorted order, without sorting more than it takes (quickselect for
 * several places at once): the order of `values` changes, its contents do not. No NaN.
 */
export function selectRanks(values: Float64Array, ranks: readonly number[]): number[] {
  const wanted = [...new Set(ranks)].sort((a, b) => a - b);
  // Halving takes log2(n) rounds: data that defeat the choice of pivots are sorted instead.
  const rounds = 2 * Math.ceil(Math.log2(values.length + 1));
  select(values, 0, values.length - 1, wanted, 0, wanted.length, rounds);
  return ranks.map((rank) => values[rank] as number);
}

/** Puts the values of ranks[first .. last - 1], which lie in [left, right], into their places. */
function select(values: Float64Array, left: number, right: number, ranks: readonly number[], first: number, last: number, rounds: number): void {
  while (first < last) {
    if (right - left <= SMALL || rounds-- <= 0) {
      values.subarray(left, right + 1).sort();
      return;
    }
    const end = partition(values, left, right);
    let middle = first;
    while (middle < last && (ranks[middle] as number) <= end) middle++;
    select(values, left, end, ranks, first, middle, rounds);
    left = end + 1;
    first = middle;
  }
}

/** Hoare's partition: no value of [left, end] is greater than one of [end + 1, right], and neither is empty. */
function partition(values: Float64Array, left: number, right: number): number {
  const pivot = pseudoMedian(values, left, right);
  let i = left - 1;
  let j = right + 1;
  for (;;) {
    do i++;
    while ((values[i] as number) < pivot);
    do j--;
    while ((values[j] as number) > pivot);
    if (i >= j) return j === right ? right - 1 : j;
    const swapped = values[i] as number;
    values[i] = values[j] as number;
    values[j] = swapped;
  }
}

/** Median of three medians of three. */
function pseudoMedian(values: Float64Array, left: number, right: number): number {
  const step = Math.floor((right - left) / 8);
  const at = (i: number): number => values[left + i * step] as number;
  return median(median(at(0), at(1), at(2)), median(at(3), at(4), at(5)), median(at(6), at(7), at(8)));
}

function median(a: number, b: number, c: number): number {
  return Math.max(Math.min(a, b), Math.min(Math.max(a, b), c));
}
