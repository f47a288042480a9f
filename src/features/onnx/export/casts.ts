import { DataType } from "../../../onnx/schema.js";
import { arg, simple, type Mappings } from "./mapping.js";

const FAILS = "a number that does not fit gives an unspecified one, where the engine fails";

export const CASTS: Mappings = {
  toFloat64: simple((ops, args) => ops.cast(arg(args, 0), "float64")),
  toInt64: simple((ops, args) => ops.cast(arg(args, 0), "int64"), FAILS),
  toInt32: simple((_, args) => arg(args, 0), FAILS),
  toBool: simple((ops, args, { types }) => ops.not(ops.eq(arg(args, 0), types[0] === "int64" ? ops.i64(0) : ops.f64(0))), "NaN is true, where the engine fails"),
  toUtf8: {
    unsupported: ({ types }) => (types[0] === "float64" ? "ONNX does not say how numbers are written" : undefined),
    value: (ops, args, { types }) => {
      if (types[0] === "bool") return ops.where(arg(args, 0), ops.utf8("true"), ops.utf8("false"), "utf8");
      return ops.cast(arg(args, 0), "utf8");
    },
  },
  toFloat32: simple((ops, args) => ops.cast(ops.castTo(arg(args, 0), DataType.FLOAT), "float64")),
  epoch: simple((_, args) => arg(args, 0)),
  toTimestamp: simple((_, args) => arg(args, 0)),
  castUnit: simple((ops, args, { params }) => {
    // Ticks a day: a date's unit is written as 0 ticks a second.
    const perDay = (unit: unknown): bigint => ((unit as bigint) === 0n ? 1n : (unit as bigint) * 86_400n);
    const [from, to] = [perDay(params["from"]), perDay(params["to"])];
    return to >= from ? ops.mul(arg(args, 0), ops.i64(to / from)) : ops.divide(arg(args, 0), from / to).quotient;
  }, FAILS),
};
