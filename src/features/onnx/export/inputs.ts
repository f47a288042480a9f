import { DataType } from "../../../onnx/schema.js";
import type { PlanInput } from "../../../plan/plan.js";
import type { AnyInputType, Storage } from "../../../types/input-type.js";
import type { Cell } from "./mapping.js";
import type { Ops } from "./ops.js";

/** An input of the exported graph. */
export interface OnnxInput {
  /** Name in the graph. */
  readonly name: string;
  /** Its element type in ONNX's words: `double`, `float`, `int64`, `string`, … */
  readonly type: string;
  /** The declared input that it carries. */
  readonly input: string;
  /** What it holds: the values, or where they are null. */
  readonly role: "values" | "nulls";
}

const ELEM: Readonly<Record<Exclude<Storage, "list" | "fixedSizeList">, number>> = {
  int8: DataType.INT8,
  int16: DataType.INT16,
  int32: DataType.INT32,
  int64: DataType.INT64,
  uint8: DataType.UINT8,
  uint16: DataType.UINT16,
  uint32: DataType.UINT32,
  uint64: DataType.UINT64,
  float16: DataType.FLOAT16,
  float32: DataType.FLOAT,
  float64: DataType.DOUBLE,
  bool: DataType.BOOL,
  utf8: DataType.STRING,
  // Ticks, of a date its days.
  timestamp: DataType.INT64,
  date32: DataType.INT64,
  date64: DataType.INT64,
};

export const isList = (input: AnyInputType): boolean => input.type.kind === "list";

/** Symbolic number of rows. */
export const ROWS = "N";

const nameOfType = (elem: number): string => Object.entries(DataType).find(([, value]) => value === elem)?.[0].toLowerCase() ?? String(elem);

/**
 * Declares a plan's input, a tensor [N, 1]. A nullable number is null where it is NaN (integers of up to 32 bits
 * are double tensors for that); what has no NaN gets a second input `<name>_isNull`.
 */
export function declareInput(ops: Ops, { name, input }: PlanInput): { readonly cell: Cell; readonly declared: readonly OnnxInput[] } {
  const { graph } = ops;
  const own = ELEM[input.storage as keyof typeof ELEM];
  const kind = input.type.kind;
  const nullableInteger = kind === "float64" && input.isNullable && !input.storage.startsWith("float");
  const elem = nullableInteger ? DataType.DOUBLE : own;
  graph.input(name, elem, [ROWS, 1]);
  const declared: OnnxInput[] = [{ name, type: nameOfType(elem), input: name, role: "values" }];
  const wanted = kind === "float64" ? DataType.DOUBLE : kind === "utf8" ? DataType.STRING : kind === "bool" ? DataType.BOOL : DataType.INT64;
  const value = elem === wanted ? name : ops.castTo(name, wanted);
  if (!input.isNullable) return { cell: { value, isNull: undefined }, declared };
  if (kind === "float64") return { cell: { value, isNull: ops.isNaN(value) }, declared };
  const mask = graph.unique(`${name}_isNull`);
  graph.input(mask, DataType.BOOL, [ROWS, 1]);
  declared.push({ name: mask, type: "bool", input: name, role: "nulls" });
  return { cell: { value, isNull: mask }, declared };
}
