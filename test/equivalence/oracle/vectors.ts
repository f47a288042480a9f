// Products, norms and distances of vectors: lists in which a null element makes the answer null.
import { laneSum } from "./lists.js";
import { define, float, list, OracleFailure, type Family, type OracleFunction, type Value } from "./value.js";

type Vector = readonly number[];

function vector(x: Value | undefined): Vector | null {
  const items = list(x);
  return items.includes(null) ? null : items.map(float);
}

function one(f: (x: Vector) => number): OracleFunction {
  return define("list<float64> -> float64", ([x]) => {
    const values = vector(x);
    return values === null ? null : f(values);
  });
}

function two(f: (x: Vector, y: Vector) => number | null): OracleFunction {
  return define("list<float64> list<float64> -> float64", ([x, y]) => {
    // Sizes come first: lists of different sizes fail, nulls or not.
    if (list(x).length !== list(y).length) throw new OracleFailure("OUT_OF_RANGE");
    const [a, b] = [vector(x), vector(y)];
    if (a === null || b === null) return null;
    return f(a, b);
  });
}

function zipSum(x: Vector, y: Vector, f: (a: number, b: number) => number): number {
  return laneSum(x.map((a, i) => f(a, y[i] ?? NaN)));
}

const dot = (x: Vector, y: Vector): number => zipSum(x, y, (a, b) => a * b);
const norm = (x: Vector): number => Math.sqrt(dot(x, x));
const squaredDistance = (x: Vector, y: Vector): number => zipSum(x, y, (a, b) => (a - b) * (a - b));

function cosineSimilarity(x: Vector, y: Vector): number | null {
  const [a, b] = [norm(x), norm(y)];
  return a === 0 || b === 0 ? null : dot(x, y) / (a * b);
}

export const vectors: Family = {
  dot: two(dot),
  l1Norm: one((x) => laneSum(x.map(Math.abs))),
  l2Norm: one(norm),
  maxNorm: one((x) => x.map(Math.abs).reduce((most, size) => Math.max(most, size), 0)),
  cosineSimilarity: two(cosineSimilarity),
  euclideanDistance: two((x, y) => Math.sqrt(squaredDistance(x, y))),
  manhattanDistance: two((x, y) => zipSum(x, y, (a, b) => Math.abs(a - b))),
  squaredDistance: two(squaredDistance),
};
