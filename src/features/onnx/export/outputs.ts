import { dataTypeName, DataType } from "../../../onnx/schema.js";
import { registerType, type Plan, type PlanOutput } from "../../../plan/plan.js";
import { kernelType, type OutputType } from "../../../types/data-type.js";
import { ROWS } from "./inputs.js";
import type { Cell } from "./mapping.js";
import { elemType, type Ops, type Value } from "./ops.js";

/** An output of the exported graph. */
export interface OnnxOutput {
  readonly name: string;
  readonly type: string;
  /** The features in it, one a column. */
  readonly features: readonly string[];
}

interface Work {
  readonly ops: Ops;
  readonly plan: Plan;
  readonly cells: readonly (Cell | undefined)[];
  /** The matrix's name, taken already. */
  readonly matrix: string;
  /** An input, for the number of rows; undefined where the features read none. */
  readonly rows: string | undefined;
  readonly columns: boolean;
}

const STORED: Readonly<Record<OutputType, number>> = {
  float32: DataType.FLOAT,
  float64: DataType.DOUBLE,
  int64: DataType.INT64,
  int32: DataType.INT32,
  bool: DataType.BOOL,
  utf8: DataType.STRING,
  timestamp: DataType.INT64,
};

const isNumber = ({ type }: PlanOutput): boolean => type !== "utf8" && type !== "timestamp";

/** The matrix of all features that are numbers, and each other feature (or, if wanted, each) as an output. */
export function writeOutputs(work: Work): OnnxOutput[] {
  const { ops, plan, matrix, columns } = work;
  const out: OnnxOutput[] = [];
  const numbers = plan.outputs.filter(isNumber);
  if (numbers.length > 0) {
    const blocks = matrixBlocks(work, numbers);
    ops.graph.named(matrix, "Concat", blocks, { axis: 1n });
    ops.graph.output(matrix, DataType.FLOAT, [ROWS, numbers.length]);
    out.push({ name: matrix, type: "float", features: numbers.map(({ name }) => name) });
  }
  for (const output of plan.outputs) {
    if (!columns && isNumber(output)) continue;
    const elem = STORED[output.type];
    const name = ops.graph.unique(output.name);
    ops.graph.named(name, "Identity", [withRows(work, column(work, output, elem))]);
    ops.graph.output(name, elem, [ROWS, 1]);
    out.push({ name, type: dataTypeName(elem), features: [output.name] });
  }
  return out;
}

/** A feature as [N, 1] of a type; null is NaN where the type has one, else 0, false or "". */
function column({ ops, plan, cells }: Work, { register }: PlanOutput, elem: number): Value {
  const { value, isNull } = cells[register] as Cell;
  const type = kernelType(registerType(plan, register));
  const own = elemType(type);
  const cast = elem === own ? value : ops.castTo(value, elem);
  if (isNull === undefined) return cast;
  if (elem === DataType.FLOAT) return ops.op("Where", isNull, floatNaN(ops), cast);
  if (elem === DataType.DOUBLE) return ops.where(isNull, ops.f64(NaN), cast);
  if (elem === DataType.STRING) return ops.where(isNull, ops.utf8(""), cast, "utf8");
  if (elem === DataType.BOOL) return ops.and(cast, ops.not(isNull));
  if (elem === DataType.INT32) return ops.castTo(ops.where(isNull, ops.i64(0), ops.castTo(value, DataType.INT64), "int64"), elem);
  return ops.where(isNull, ops.i64(0), cast, "int64");
}

function floatNaN(ops: Ops): Value {
  return ops.graph.constant({ type: DataType.FLOAT, dims: [], values: Float32Array.of(NaN) });
}

/** Constants take part as whole columns. */
function withRows({ ops, rows }: Work, value: Value): Value {
  if (!ops.graph.isConstant(value)) return value;
  const shape = rows === undefined ? ops.i64s([1, 1]) : ops.op("Shape", rows);
  return ops.op("Expand", value, shape);
}

/**
 * Columns in order, as few blocks as possible: neighbours that compare one value with constants, as one-hot
 * encoding does, are one comparison with all of them.
 */
function matrixBlocks(work: Work, outputs: readonly PlanOutput[]): Value[] {
  const { ops, cells } = work;
  const blocks: Value[] = [];
  for (let i = 0; i < outputs.length; ) {
    const first = comparison(work, outputs[i] as PlanOutput);
    const keys: number[] = [];
    for (let next = first; next !== undefined && next.on === first?.on; next = comparison(work, outputs[i + keys.length])) keys.push(next.key);
    if (first === undefined || keys.length < 2) {
      const output = outputs[i] as PlanOutput;
      blocks.push(withRows(work, column(work, output, DataType.FLOAT)));
      i++;
      continue;
    }
    const { value, isNull } = cells[first.on] as Cell;
    const block = ops.castTo(ops.eq(value, ops.f64s(keys, [1, keys.length])), DataType.FLOAT);
    blocks.push(isNull === undefined ? block : ops.op("Where", isNull, floatNaN(ops), block));
    i += keys.length;
  }
  return blocks;
}

function comparison({ ops, plan, cells }: Work, output: PlanOutput | undefined): { readonly on: number; readonly key: number } | undefined {
  if (output === undefined) return undefined;
  const node = plan.nodes[output.register - plan.inputs.length];
  if (node?.kind !== "call" || node.name !== "eq") return undefined;
  const [on, to] = node.args as readonly [number, number];
  const key = plan.nodes[to - plan.inputs.length];
  if (key?.kind !== "constant" || typeof key.value !== "number" || ops.graph.isConstant((cells[on] as Cell).value)) return undefined;
  return { on, key: key.value };
}
