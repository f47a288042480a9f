// Conversions between types, and of timestamps between units.
import { unitRatio } from "./calendar.js";
import {
  define,
  float,
  floorDiv,
  int,
  int64,
  OracleFailure,
  textParam,
  type Family,
  type Value,
} from "./value.js";

function toInt64(x: Value | undefined): bigint {
  if (typeof x === "boolean") return x ? 1n : 0n;
  const value = float(x);
  if (!Number.isInteger(value)) throw new OracleFailure("NOT_AN_INTEGER");
  const exact = BigInt(value);
  if (BigInt.asIntN(64, exact) !== exact) throw new OracleFailure("OUT_OF_RANGE");
  return exact;
}

function toInt32(x: bigint): bigint {
  if (BigInt.asIntN(32, x) !== x) throw new OracleFailure("OUT_OF_RANGE");
  return x;
}

function toBool(x: Value | undefined): boolean {
  if (typeof x === "bigint") return x !== 0n;
  if (Number.isNaN(float(x))) throw new OracleFailure("OUT_OF_RANGE");
  return x !== 0;
}

export const casts: Family = {
  toFloat64: define(["int64 -> float64", "bool -> float64"], ([x]) => Number(x)),
  toInt64: define(["float64 -> int64", "bool -> int64"], ([x]) => toInt64(x)),
  toInt32: define("int64 -> int64", ([x]) => toInt32(int(x))),
  toBool: define(["float64 -> bool", "int64 -> bool"], ([x]) => toBool(x)),
  toUtf8: define(["int64 -> utf8", "bool -> utf8", "float64 -> utf8"], ([x]) => String(x)),
  toFloat32: define("float64 -> float64", ([x]) => Math.fround(float(x))),
  epoch: define("timestamp -> int64", ([x]) => int(x)),
  toTimestamp: define("int64 -> timestamp", ([x]) => int(x)),
  castUnit: define("timestamp -> timestamp", ([x], params) => {
    const { numerator, denominator } = unitRatio(textParam(params, "from"), textParam(params, "to"));
    return int64(floorDiv(int(x) * numerator, denominator));
  }),
};
