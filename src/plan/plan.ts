import { kernelType, type DataType, type OutputType } from "../types/data-type.js";
import type { LiteralValue, ParamValue } from "../expr/node.js";
import type { AnyInputType } from "../types/input-type.js";
import type { ZoneTable } from "./zones.js";

/**
 * What the engine runs: a straight line of registers. Inputs are registers 0 … inputs.length - 1, node i is
 * register inputs.length + i; a call reads registers below its own only.
 */
export interface Plan {
  readonly inputs: readonly PlanInput[];
  readonly nodes: readonly PlanNode[];
  readonly outputs: readonly PlanOutput[];
  /** Transition tables of the zones that calls name: every machine reads the same. */
  readonly zones: Readonly<Record<string, ZoneTable>>;
}

export interface PlanInput {
  readonly name: string;
  readonly input: AnyInputType;
}

export type PlanNode = PlanConstant | PlanCall;

export interface PlanConstant {
  readonly kind: "constant";
  readonly type: DataType;
  readonly value: LiteralValue;
}

export interface PlanCall {
  readonly kind: "call";
  readonly name: string;
  /** Semantics version of the function. */
  readonly version: number;
  readonly args: readonly number[];
  readonly params: Readonly<Record<string, ParamValue>>;
  readonly type: DataType;
}

export interface PlanOutput {
  readonly name: string;
  readonly register: number;
  readonly type: OutputType;
  /** Of a timestamp output. */
  readonly dataType: DataType;
}

export function registerType(plan: Plan, register: number): DataType {
  const input = plan.inputs[register];
  if (input !== undefined) return input.input.type;
  const node = plan.nodes[register - plan.inputs.length];
  if (node === undefined) throw new RangeError(`no register ${register}`);
  return node.type;
}

/** Whether a register of this type can be stored as the output type (native checks the same). */
export function storable(type: DataType, output: OutputType): boolean {
  const kernel = kernelType(type);
  switch (output) {
    case "float32":
    case "float64":
      return kernel === "float64" || kernel === "int64" || kernel === "bool";
    case "int64":
    case "int32":
      return kernel === "int64" || kernel === "bool";
    case "bool":
    case "utf8":
    case "timestamp":
      return kernel === output;
  }
}
