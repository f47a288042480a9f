// MurmurHash3 (x86, 32 bits; Austin Appleby's description) and XXH64 (the xxHash specification), on BigInt.
import { define, intParam, text, type Family, type Value } from "./value.js";

const mask32 = 0xffffffffn;
const mask64 = 0xffffffffffffffffn;

function rotate(value: bigint, by: bigint, width: bigint): bigint {
  const mask = (1n << width) - 1n;
  return ((value << by) | (value >> (width - by))) & mask;
}

function littleEndian(bytes: Uint8Array, start: number, count: number): bigint {
  let value = 0n;
  for (let i = count - 1; i >= 0; i--) value = (value << 8n) | BigInt(bytes[start + i] ?? 0);
  return value;
}

export function murmur3(bytes: Uint8Array, seed: bigint): bigint {
  const scramble = (block: bigint): bigint =>
    (rotate((block * 0xcc9e2d51n) & mask32, 15n, 32n) * 0x1b873593n) & mask32;
  let hash = BigInt.asUintN(32, seed);
  const whole = bytes.length - (bytes.length % 4);
  for (let at = 0; at < whole; at += 4) {
    hash ^= scramble(littleEndian(bytes, at, 4));
    hash = (rotate(hash, 13n, 32n) * 5n + 0xe6546b64n) & mask32;
  }
  if (whole < bytes.length) hash ^= scramble(littleEndian(bytes, whole, bytes.length - whole));
  hash ^= BigInt(bytes.length);
  hash = ((hash ^ (hash >> 16n)) * 0x85ebca6bn) & mask32;
  hash = ((hash ^ (hash >> 13n)) * 0xc2b2ae35n) & mask32;
  return hash ^ (hash >> 16n);
}

const p1 = 0x9e3779b185ebca87n;
const p2 = 0xc2b2ae3d27d4eb4fn;
const p3 = 0x165667b19e3779f9n;
const p4 = 0x85ebca77c2b2ae63n;
const p5 = 0x27d4eb2f165667c5n;

function xxRound(accumulator: bigint, lane: bigint): bigint {
  return (rotate((accumulator + lane * p2) & mask64, 31n, 64n) * p1) & mask64;
}

export function xxh64(bytes: Uint8Array, seed: bigint): bigint {
  const start = BigInt.asUintN(64, seed);
  let at = 0;
  let hash = (start + p5) & mask64;
  if (bytes.length >= 32) {
    const lanes = [start + p1 + p2, start + p2, start, start - p1].map((lane) => lane & mask64);
    for (; at + 32 <= bytes.length; at += 32) {
      lanes.forEach((lane, i) => (lanes[i] = xxRound(lane, littleEndian(bytes, at + 8 * i, 8))));
    }
    const turns = [1n, 7n, 12n, 18n];
    hash = lanes.reduce((sum, lane, i) => sum + rotate(lane, turns[i] ?? 0n, 64n), 0n) & mask64;
    for (const lane of lanes) hash = ((hash ^ xxRound(0n, lane)) * p1 + p4) & mask64;
  }
  hash = (hash + BigInt(bytes.length)) & mask64;
  for (; at + 8 <= bytes.length; at += 8) {
    hash ^= xxRound(0n, littleEndian(bytes, at, 8));
    hash = (rotate(hash, 27n, 64n) * p1 + p4) & mask64;
  }
  if (at + 4 <= bytes.length) {
    hash ^= (littleEndian(bytes, at, 4) * p1) & mask64;
    hash = (rotate(hash, 23n, 64n) * p2 + p3) & mask64;
    at += 4;
  }
  for (; at < bytes.length; at++) {
    hash ^= (BigInt(bytes[at] ?? 0) * p5) & mask64;
    hash = (rotate(hash, 11n, 64n) * p1) & mask64;
  }
  hash = ((hash ^ (hash >> 33n)) * p2) & mask64;
  hash = ((hash ^ (hash >> 29n)) * p3) & mask64;
  return hash ^ (hash >> 32n);
}

const encoder = new TextEncoder();

export function bytesOf(value: Value | undefined): Uint8Array {
  const bytes = new Uint8Array(8);
  const view = new DataView(bytes.buffer);
  if (typeof value === "bigint") view.setBigInt64(0, value, true);
  else if (typeof value === "number" && Number.isNaN(value)) view.setBigUint64(0, 0x7ff8000000000000n, true);
  else if (typeof value === "number") view.setFloat64(0, value === 0 ? 0 : value, true);
  else return encoder.encode(text(value));
  return bytes;
}

export const hashing: Family = {
  murmurHash3: define(["utf8 -> int64", "int64 -> int64"], ([x], params) =>
    BigInt.asIntN(32, murmur3(bytesOf(x), intParam(params, "seed", 0n))),
  ),
  xxHash64: define(["utf8 -> int64", "int64 -> int64", "float64 -> int64"], ([x], params) =>
    BigInt.asIntN(64, xxh64(bytesOf(x), intParam(params, "seed", 0n))),
  ),
  hashBucket: define(
    ["utf8 -> int64", "int64 -> int64"],
    ([x], params) => xxh64(bytesOf(x), intParam(params, "seed", 0n)) % intParam(params, "buckets", 1n),
  ),
  cross: define("utf8 utf8 -> utf8", ([a, b]) => `${text(a)}\u001f${text(b)}`),
};
