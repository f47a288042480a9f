import {
  Bool,
  Field,
  Float32,
  Float64,
  Int32,
  Int64,
  makeData,
  RecordBatch,
  Schema,
  Struct,
  TimestampMicrosecond,
  TimestampMillisecond,
  TimestampNanosecond,
  TimestampSecond,
  DateDay,
  Utf8,
  type Data,
  type DataType as ArrowDataType,
} from "apache-arrow";
import type { NativeOutput } from "../native.js";
import type { Plan, PlanOutput } from "../plan/plan.js";

function arrowType(output: PlanOutput): ArrowDataType {
  switch (output.type) {
    case "float32":
      return new Float32();
    case "float64":
      return new Float64();
    case "int64":
      return new Int64();
    case "int32":
      return new Int32();
    case "bool":
      return new Bool();
    case "utf8":
      return new Utf8();
    case "timestamp": {
      const type = output.dataType.kind === "timestamp" ? output.dataType : { unit: "ms" as const };
      const zone = "zone" in type ? type.zone : undefined;
      switch (type.unit) {
        case "s":
          return new TimestampSecond(zone ?? null);
        case "ms":
          return new TimestampMillisecond(zone ?? null);
        case "us":
          return new TimestampMicrosecond(zone ?? null);
        case "ns":
          return new TimestampNanosecond(zone ?? null);
        case "d":
          return new DateDay();
      }
    }
  }
}

/** The Arrow schema of a plan's outputs. Columns are nullable: a null feature stays null here and is NaN in a vector. */
export function outputSchema(plan: Plan): Schema {
  return new Schema(plan.outputs.map((output) => new Field(output.name, arrowType(output), true)));
}

/** Wraps the add-on's buffers as one record batch without copying. */
export function outputBatch(plan: Plan, schema: Schema, outputs: readonly NativeOutput[], rows: number): RecordBatch {
  const children = plan.outputs.map((output, i): Data => {
    const native = outputs[i] as NativeOutput;
    const type = (schema.fields[i] as Field).type as ArrowDataType;
    const common = {
      length: rows,
      nullCount: native.nullCount,
      nullBitmap: native.validity === null ? undefined : new Uint8Array(native.validity),
    };
    switch (output.type) {
      case "float32":
        return makeData({ ...common, type: type as Float32, data: new Float32Array(native.data) });
      case "float64":
        return makeData({ ...common, type: type as Float64, data: new Float64Array(native.data) });
      case "int64":
        return makeData({ ...common, type: type as Int64, data: new BigInt64Array(native.data) });
      case "int32":
        return makeData({ ...common, type: type as Int32, data: new Int32Array(native.data) });
      case "bool":
        return makeData({ ...common, type: type as Bool, data: new Uint8Array(native.data) });
      case "timestamp": {
        const ticks = new BigInt64Array(native.data);
        if (type instanceof DateDay) return makeData({ ...common, type, data: Int32Array.from(ticks, Number) });
        return makeData({ ...common, type: type as TimestampMillisecond, data: ticks });
      }
      case "utf8":
        return makeData({
          ...common,
          type: type as Utf8,
          valueOffsets: new Int32Array(native.data),
          data: new Uint8Array(native.text ?? new ArrayBuffer(0)),
        });
    }
  });
  const struct = makeData({ type: new Struct(schema.fields), length: rows, nullCount: 0, children });
  return new RecordBatch(schema, struct);
}
