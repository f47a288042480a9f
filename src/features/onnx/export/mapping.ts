import type { LiteralValue, ParamValue } from "../../../expr/node.js";
import type { ZoneTable } from "../../../plan/zones.js";
import type { KernelType } from "../../../types/data-type.js";
import type { Ops, Value } from "./ops.js";

/** What a mapping may look at beside its arguments' values. */
export interface Call {
  readonly name: string;
  /** Types of the arguments. */
  readonly types: readonly KernelType[];
  readonly params: Readonly<Record<string, ParamValue>>;
  /** Of an argument that is a constant of the plan. */
  readonly literals: readonly (LiteralValue | undefined)[];
  readonly zones: Readonly<Record<string, ZoneTable>>;
}

/** A register in the graph: its value, and a bool that tells where it is null (undefined: never). */
export interface Cell {
  /** Unspecified where null. */
  readonly value: Value;
  readonly isNull: Value | undefined;
}

/** How a function becomes operators. */
export interface Mapping {
  /** Why this call cannot be expressed, or undefined. */
  unsupported?(call: Call): string | undefined;
  /** What the graph does in place of the function's failure, or where it may differ. */
  readonly note?: string;
  /** The value where no argument is null; null where any is. */
  value?(ops: Ops, args: readonly Value[], call: Call): Value;
  /** In place of `value`: decides about nulls itself. */
  cell?(ops: Ops, args: readonly Cell[], call: Call): Cell;
}

export type Mappings = Readonly<Record<string, Mapping>>;

/** A mapping without conditions. */
export function simple(value: NonNullable<Mapping["value"]>, note?: string): Mapping {
  return note === undefined ? { value } : { value, note };
}

/** Null where any of these is; undefined where none can be. */
export function anyNull(ops: Ops, masks: readonly (Value | undefined)[]): Value | undefined {
  const given = masks.filter((mask) => mask !== undefined);
  return given.length === 0 ? undefined : given.reduce((left, right) => ops.or(left, right));
}

export const numbers = (call: Call, name: string): readonly number[] => call.params[name] as readonly number[];
export const arg = (args: readonly Value[], i: number): Value => args[i] as Value;
