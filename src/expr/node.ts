import type { DataType } from "../types/data-type.js";
import type { AnyInputType } from "../types/input-type.js";

/** The immutable graph behind expressions: plain data, shared freely. */
export type Node = InputNode | LiteralNode | CallNode | FittedNode;

export interface InputNode {
  readonly kind: "input";
  readonly name: string;
  readonly type: DataType;
  readonly input: AnyInputType;
}

/** float64 is a number; int64 and timestamp (ticks) are bigints; a list is an array of those or null. */
export type ScalarLiteral = number | bigint | boolean | string | null;
export type LiteralValue = ScalarLiteral | readonly ScalarLiteral[];

export interface LiteralNode {
  readonly kind: "literal";
  readonly type: DataType;
  readonly value: LiteralValue;
}

export type ParamValue = number | bigint | string | readonly (number | bigint | string)[];

export interface CallNode {
  readonly kind: "call";
  readonly name: string;
  readonly args: readonly Node[];
  readonly params: Readonly<Record<string, ParamValue>>;
  readonly type: DataType;
}

/** A model-dependent transformation, replaced by calls once it is fitted. */
export interface FittedNode {
  readonly kind: "fitted";
  readonly transform: string;
  readonly args: readonly Node[];
  readonly options: Readonly<Record<string, unknown>>;
  /** Of a transformation with one output. One with several can only be a feature of its own. */
  readonly type: DataType;
}

/** The plan's spelling of a node, for messages: `log1p(distance)`. */
export function formatNode(node: Node, depth = 3): string {
  switch (node.kind) {
    case "input":
      return node.name;
    case "literal":
      return formatLiteral(node.value);
    case "call":
    case "fitted": {
      const name = node.kind === "call" ? node.name : node.transform;
      if (depth === 0) return `${name}(…)`;
      return `${name}(${node.args.map((arg) => formatNode(arg, depth - 1)).join(", ")})`;
    }
  }
}

export function formatLiteral(value: LiteralValue): string {
  if (Array.isArray(value)) {
    const shown = value.slice(0, 4).map((item) => formatLiteral(item as ScalarLiteral));
    return `[${shown.join(", ")}${value.length > 4 ? ", …" : ""}]`;
  }
  if (typeof value === "string") return JSON.stringify(value);
  if (typeof value === "bigint") return `${value}n`;
  return Object.is(value, -0) ? "-0" : String(value);
}
