import { DataType, Precision, type Data } from "apache-arrow";
import type { OutputType } from "../types/data-type.js";
import type { OutputValue } from "../engine/row-engine.js";
import { cellReader } from "./row-reader.js";

const scratch = new DataView(new ArrayBuffer(8));
const encoder = new TextEncoder();

function hex(value: bigint, bytes: number): string {
  return BigInt.asUintN(bytes * 8, value).toString(16).padStart(bytes * 2, "0");
}

/** The bits of a value as an output of this type stores it, as hexadecimal digits; "null" for null. */
export function valueBits(type: OutputType, value: OutputValue): string {
  if (value === null) return "null";
  switch (type) {
    case "float32":
      scratch.setFloat32(0, value as number);
      return hex(BigInt(scratch.getUint32(0)), 4);
    case "float64":
      scratch.setFloat64(0, value as number);
      return hex(scratch.getBigUint64(0), 8);
    case "int32":
      return hex(BigInt(value as number), 4);
    case "int64":
    case "timestamp":
      return hex(value as bigint, 8);
    case "bool":
      return value === true ? "01" : "00";
    case "utf8":
      return Array.from(encoder.encode(value as string), (byte) => byte.toString(16).padStart(2, "0")).join("");
  }
}

/** One column of a batch result, by row. */
export interface OutputColumn {
  value(row: number): OutputValue;
  bits(row: number): string;
  /** Whether the stored bits are those of row mode's value; no garbage. */
  equals(row: number, value: OutputValue): boolean;
}

/** Reads a result column at its bits, so that a NaN's payload or the sign of a zero counts. */
export function outputColumn(data: Data, type: OutputType): OutputColumn {
  const read = cellReader(data, "") as (row: number) => OutputValue;
  const valid = data.nullCount === 0 ? (): boolean => true : (row: number): boolean => data.getValid(row);
  const column = (bits: (row: number) => string, same: (row: number, value: OutputValue) => boolean): OutputColumn => ({
    value: read,
    bits: (row) => (valid(row) ? bits(row) : "null"),
    equals: (row, value) => (valid(row) ? value !== null && same(row, value) : value === null),
  });
  if (DataType.isFloat(data.type)) {
    const wide = data.type.precision === Precision.DOUBLE;
    const values = data.values as Float64Array | Float32Array;
    const stored = new DataView(values.buffer, values.byteOffset, values.byteLength);
    if (wide) {
      return column(
        (row) => hex(stored.getBigUint64(row * 8, true), 8),
        (row, value) => {
          scratch.setFloat64(0, value as number, true);
          return (
            stored.getUint32(row * 8, true) === scratch.getUint32(0, true) &&
            stored.getUint32(row * 8 + 4, true) === scratch.getUint32(4, true)
          );
        },
      );
    }
    return column(
      (row) => hex(BigInt(stored.getUint32(row * 4, true)), 4),
      (row, value) => {
        scratch.setFloat32(0, value as number, true);
        return stored.getUint32(row * 4, true) === scratch.getUint32(0, true);
      },
    );
  }
  return column(
    (row) => valueBits(type, read(row)),
    (row, value) => read(row) === value,
  );
}
