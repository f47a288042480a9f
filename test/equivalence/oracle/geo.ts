// Distances, bearings and cells on the sphere; degrees in.
import { asin, atan2, cos, sin } from "./elementary.js";
import { define, float, int, type Family, type Value } from "./value.js";

const radius = 6371008.8;
const perDegree = Math.PI / 180;
const halfUlp = 2 ** -53;

interface Points {
  readonly lat1: number;
  readonly lon1: number;
  readonly lat2: number;
  readonly lon2: number;
}

/** The four coordinates, or null where the answer is NaN. */
function points(args: readonly Value[]): Points | null {
  const [lat1 = NaN, lon1 = NaN, lat2 = NaN, lon2 = NaN] = args.map(float);
  const valid =
    Math.abs(lat1) <= 90 && Math.abs(lat2) <= 90 && Number.isFinite(lon1) && Number.isFinite(lon2);
  return valid ? { lat1, lon1, lat2, lon2 } : null;
}

function halfChordSquared({ lat1, lon1, lat2, lon2 }: Points): number {
  const s1 = sin(((lat2 - lat1) * perDegree) / 2);
  const s2 = sin(((lon2 - lon1) * perDegree) / 2);
  const c1 = cos(lat1 * perDegree);
  const c2 = cos(lat2 * perDegree);
  return s1 * s1 + c1 * c2 * (s2 * s2);
}

function haversine(args: readonly Value[]): number {
  const p = points(args);
  if (p === null) return NaN;
  return 2 * radius * asin(Math.sqrt(Math.min(1, halfChordSquared(p))));
}

/**
 * A native sine or cosine may be one unit (two half units) away from ours, and then each rounding after it, too:
 * up to 16 half units of a, the square of the half chord. The arc's derivative by a is 1 / (2 sqrt(a (1 - a))),
 * unbounded at a = 1, where the arc moves by the square root of the error instead. The root, the arc sine and
 * the last product add their own.
 */
function haversineTolerance(args: readonly Value[]): number {
  const p = points(args);
  if (p === null) return 0;
  const a = Math.min(1, halfChordSquared(p));
  const error = 16 * halfUlp * a;
  const arc = Math.min(error / (2 * Math.sqrt(a * (1 - a))) || 0, 2 * Math.sqrt(error));
  return 2 * radius * (arc + 10 * halfUlp * Math.asin(Math.sqrt(a)));
}

function components({ lat1, lon1, lat2, lon2 }: Points): { readonly y: number; readonly x: number } {
  const dl = (lon2 - lon1) * perDegree;
  const [p1, p2] = [lat1 * perDegree, lat2 * perDegree];
  return { y: sin(dl) * cos(p2), x: cos(p1) * sin(p2) - sin(p1) * cos(p2) * cos(dl) };
}

function bearing(args: readonly Value[]): number {
  const p = points(args);
  if (p === null) return NaN;
  const { y, x } = components(p);
  const degrees = atan2(y, x) * (180 / Math.PI);
  const turned = degrees < 0 ? degrees + 360 : degrees;
  return turned === 360 ? 0 : turned;
}

/**
 * Two or three sines and cosines a product, one unit each, and the roundings make up to 12 half units of the
 * terms; seen from the origin at the distance of (x, y) that is an angle. Next to a coincident or antipodal
 * point it may be any angle.
 */
function bearingTolerance(args: readonly Value[]): number {
  const p = points(args);
  if (p === null) return 0;
  const { y, x } = components(p);
  const [p1, p2] = [p.lat1 * perDegree, p.lat2 * perDegree];
  const terms = Math.abs(cos(p1) * sin(p2)) + Math.abs(sin(p1) * cos(p2)) + Math.abs(y);
  const angle = Math.min(Math.PI, (12 * halfUlp * terms) / Math.hypot(x, y) || 0);
  return (angle * 180) / Math.PI + 8 * halfUlp * 360;
}

const base32 = "0123456789bcdefghjkmnpqrstuvwxyz";

function onEarth(lat: number, lon: number): boolean {
  return Math.abs(lat) <= 90 && Math.abs(lon) <= 180;
}

/** Bits from halving the ranges, longitude first, five to a character. */
function geohash(lat: number, lon: number, precision: bigint): string | null {
  if (!onEarth(lat, lon) || precision < 1n || precision > 12n) return null;
  const axes = [
    { value: lon, low: -180, high: 180 },
    { value: lat, low: -90, high: 90 },
  ];
  let hash = "";
  let digit = 0;
  for (let bit = 0; bit < 5 * Number(precision); bit++) {
    const axis = axes[bit % 2];
    if (axis === undefined) break;
    const middle = (axis.low + axis.high) / 2;
    const upper = axis.value >= middle;
    if (upper) axis.low = middle;
    else axis.high = middle;
    digit = 2 * digit + (upper ? 1 : 0);
    if (bit % 5 === 4) {
      hash += base32.charAt(digit);
      digit = 0;
    }
  }
  return hash;
}

function gridCell(lat: number, lon: number, size: number): bigint | null {
  if (!onEarth(lat, lon) || !(size >= 1e-6)) return null;
  return BigInt(Math.floor((lat + 90) / size) * Math.ceil(360 / size) + Math.floor((lon + 180) / size));
}

export const geo: Family = {
  haversine: define("float64 float64 float64 float64 -> float64", haversine, {
    tolerance: haversineTolerance,
  }),
  bearing: define("float64 float64 float64 float64 -> float64", bearing, {
    tolerance: bearingTolerance,
    period: 360,
  }),
  geohash: define("float64 float64 int64 -> utf8", ([lat, lon, precision]) =>
    geohash(float(lat), float(lon), int(precision)),
  ),
  gridCell: define("float64 float64 float64 -> int64", ([lat, lon, size]) =>
    gridCell(float(lat), float(lon), float(size)),
  ),
};
