/**
 * The first row of a range of dates (32 bits) or timestamps (`wide`, 64 bits) that holds what DuckDB takes
 * for plus or minus infinity, the greatest value of the width and its negative; -1 if there is none.
 */
export function infinityAt(
  words: Int32Array,
  wide: boolean,
  start: number,
  count: number,
  isValid: (row: number) => boolean,
): number {
  for (let row = start; row < start + count; row++) {
    const high = words[wide ? row * 2 + 1 : row] ?? 0;
    if (high !== 0x7fffffff && high !== -0x7fffffff && high !== -0x80000000) continue;
    if (wide) {
      const low = words[row * 2] ?? 0;
      const infinite = (high === 0x7fffffff && low === -1) || (high === -0x80000000 && low === 1);
      if (!infinite) continue;
    } else if (high === -0x80000000) {
      continue;
    }
    if (isValid(row)) return row;
  }
  return -1;
}
