export interface EigenPair {
  readonly value: number;
  readonly vector: readonly number[];
}

/** Sweeps over all pairs; some ten are enough for any matrix, as convergence is quadratic. */
const MOST_SWEEPS = 64;

/**
 * Eigenvalues, greatest first, and unit eigenvectors of a symmetric matrix by Jacobi's rotations (Golub and Van
 * Loan, section 8.5). Errors are a few units in the last place of the greatest eigenvalue.
 */
export function symmetricEigen(matrix: readonly Float64Array[]): EigenPair[] {
  const n = matrix.length;
  const a = matrix.map((row) => Float64Array.from(row));
  // Rows are eigenvectors at the end.
  const v = Array.from({ length: n }, (_, i) => Float64Array.from({ length: n }, (_unused, j) => (i === j ? 1 : 0)));
  for (let sweep = 0; sweep < MOST_SWEEPS; sweep++) {
    let rotated = false;
    for (let p = 0; p < n; p++) {
      for (let q = p + 1; q < n; q++) rotated = rotate(a, v, p, q) || rotated;
    }
    if (!rotated) break;
  }
  const pairs = a.map((row, i): EigenPair => ({ value: row[i] as number, vector: Array.from(v[i] as Float64Array) }));
  return pairs.sort((x, y) => y.value - x.value);
}

/** Makes a[p][q] zero; false where it is nothing beside the diagonal. */
function rotate(a: readonly Float64Array[], v: readonly Float64Array[], p: number, q: number): boolean {
  const rowP = a[p] as Float64Array;
  const rowQ = a[q] as Float64Array;
  const apq = rowP[q] as number;
  const app = rowP[p] as number;
  const aqq = rowQ[q] as number;
  if (apq === 0) return false;
  if (Math.abs(apq) <= Number.EPSILON * 2 ** -4 * Math.sqrt(Math.abs(app)) * Math.sqrt(Math.abs(aqq))) {
    rowP[q] = rowQ[p] = 0;
    return false;
  }
  const tau = (aqq - app) / (2 * apq);
  const t = (tau >= 0 ? 1 : -1) / (Math.abs(tau) + Math.hypot(1, tau));
  const c = 1 / Math.hypot(1, t);
  const s = t * c;
  for (let k = 0; k < a.length; k++) {
    if (k === p || k === q) continue;
    const row = a[k] as Float64Array;
    const kp = row[p] as number;
    const kq = row[q] as number;
    row[p] = rowP[k] = c * kp - s * kq;
    row[q] = rowQ[k] = s * kp + c * kq;
  }
  rowP[p] = app - t * apq;
  rowQ[q] = aqq + t * apq;
  rowP[q] = rowQ[p] = 0;
  const vp = v[p] as Float64Array;
  const vq = v[q] as Float64Array;
  for (let k = 0; k < vp.length; k++) {
    const x = vp[k] as number;
    const y = vq[k] as number;
    vp[k] = c * x - s * y;
    vq[k] = s * x + c * y;
  }
  return true;
}

/** scikit-learn's rule for the sign of a component, which is arbitrary: its greatest element by amount is positive. */
export function withSign(vector: readonly number[]): number[] {
  let greatest = 0;
  for (const x of vector) if (Math.abs(x) > Math.abs(greatest)) greatest = x;
  return greatest < 0 ? vector.map((x) => -x) : [...vector];
}
