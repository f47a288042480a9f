import type { NodeProto } from "../../onnx/schema.js";
import type { ExternalReader } from "../../onnx/tensor.js";
import type { TensorType } from "../tensor.js";
import { Attributes } from "./attributes.js";
import { numbers, type Emitter } from "./emitter.js";
import { nodeTitle } from "./graph.js";
import { invalidModel, MAX_WIDTH, NotCompiled } from "./reason.js";
import { elementOf, product, type Constant, type Rows, type Value } from "./value.js";

export interface Surroundings {
  /** Of the operator's domain, as the model imports it. */
  readonly version: number;
  readonly inputs: readonly (Value | undefined)[];
  /** Whether something reads the output at this place. */
  readonly wanted: readonly boolean[];
  readonly emit: Emitter;
  readonly external?: ExternalReader | undefined;
  /** The number of rows, where the inputs' declarations fix it. */
  readonly batch?: number | undefined;
}

/** A node as its operator's compiler sees it: attributes, inputs, and where steps go. */
export class Node {
  readonly title: string;
  readonly attributes: Attributes;
  readonly version: number;
  readonly emit: Emitter;
  readonly inputs: readonly (Value | undefined)[];
  readonly wanted: readonly boolean[];
  readonly batch: number | undefined;

  constructor(proto: NodeProto, { version, inputs, wanted, emit, external, batch }: Surroundings) {
    this.title = nodeTitle(proto);
    this.attributes = new Attributes(proto, this.title, external);
    this.version = version;
    this.inputs = inputs;
    this.wanted = wanted;
    this.emit = emit;
    this.batch = batch;
  }

  /** Not an error of the model: ONNX Runtime may run it. */
  refuse(what: string): NotCompiled {
    return new NotCompiled(`${this.title}: ${what}`);
  }

  invalid(what: string): Error {
    return invalidModel(`${this.title}: ${what}`);
  }

  input(at: number): Value {
    const value = this.inputs[at];
    if (value === undefined) throw this.invalid(`its input ${at} is missing`);
    return value;
  }

  has(at: number): boolean {
    return this.inputs[at] !== undefined;
  }

  /** A value of every row, [N, ...dims] and in its own register. */
  rows(at: number): Rows {
    const rows = this.turnedRows(at);
    if (rows.turned === true) throw this.refuse("its input is a list of all rows");
    return rows;
  }

  /** As `rows`, or [1, N]. */
  turnedRows(at: number): Rows {
    return this.plain(this.anyRows(at));
  }

  /** Rows that may still be indices into labels. */
  anyRows(at: number): Rows {
    const value = this.input(at);
    if (value.kind === "constant") throw this.refuse("its input is constant");
    if (value.kind === "maps") throw this.refuse("its input is a map");
    return value;
  }

  constant(at: number, what: string): Constant {
    const value = this.input(at);
    if (value.kind !== "constant") throw this.refuse(`${what} that is not constant`);
    return value;
  }

  /** Labels themselves instead of indices into them. */
  plain(rows: Rows): Rows {
    const { labels, bound: _bound, ...rest } = rows;
    if (labels === undefined) return rows;
    if (!(labels instanceof BigInt64Array)) throw this.refuse("text that the model itself makes goes into it");
    const keys = BigInt64Array.from(labels, (_, i) => BigInt(i));
    return { ...rest, register: this.emit.lookup(rows.register, keys, labels, 0n) };
  }

  /** Rows of [N, width]: what the operators of ai.onnx.ml take. */
  matrix(at: number): Rows {
    const rows = this.rows(at);
    if (rows.dims.length !== 1) throw this.refuse(`its input is of rank ${rows.dims.length + 1}, not 2`);
    return rows;
  }

  takes(value: Value, types: readonly TensorType[]): void {
    const type = value.kind === "maps" ? "map" : value.type;
    if (!(types as readonly string[]).includes(type)) throw this.refuse(`its input of ${type}`);
  }

  /** A constant's values in a register. */
  load(constant: Constant): number {
    const element = elementOf(constant.type);
    if (element === "text") return this.emit.constant("text", constant.values as readonly string[]);
    if (constant.type === "uint64") throw this.refuse("a constant of uint64");
    return this.emit.constant(element, numbers(element, constant.values as ArrayLike<number | bigint>));
  }

  /** A result of every row. */
  result(type: TensorType, register: number, dims: readonly number[], more: Partial<Rows> = {}): Rows {
    return { kind: "rows", type, register, dims, ...more };
  }

  checkWidth(width: number): number {
    if (width > MAX_WIDTH) throw this.refuse(`${width} values a row`);
    if (width === 0) throw this.refuse("no value a row");
    return width;
  }
}

/**
 * Registers of values that broadcast with each other, and the shape of the result. A register is as wide as the
 * result or of width 1. At least one value must be of every row.
 */
export function broadcast(node: Node, values: readonly Value[]): { readonly registers: readonly number[]; readonly dims: readonly number[]; readonly turned: boolean } {
  const tensors = values.map((value) => {
    if (value.kind === "maps") throw node.refuse("its input is a map");
    return value.kind === "rows" ? node.plain(value) : value;
  });
  const rows = tensors.filter((value) => value.kind === "rows");
  const [first] = rows;
  if (first === undefined) throw node.refuse("its inputs are constant");
  const rank = Math.max(...rows.map(({ dims }) => dims.length));
  const turned = first.turned === true;
  const shapes = tensors.map((value) => {
    if (value.kind === "rows") {
      if ((value.turned === true) !== turned || value.dims.length !== rank) throw node.refuse("it mixes rows");
      return value.dims;
    }
    if (turned && product(value.dims) !== 1) throw node.refuse("it mixes rows");
    if (value.dims.length > rank + (turned ? 2 : 1)) throw node.refuse(`a constant of rank ${value.dims.length}`);
    if (turned) return [];
    if (value.dims.length === rank + 1 && value.dims[0] !== 1) throw node.refuse("a constant with a value for each row");
    const own = value.dims.slice(Math.max(0, value.dims.length - rank));
    return [...new Array<number>(rank - own.length).fill(1), ...own];
  });
  const dims = Array.from({ length: rank }, (_, axis) => {
    const sizes = new Set(shapes.map((shape) => shape[axis] as number));
    sizes.delete(1);
    if (sizes.size > 1) throw node.refuse(`shapes that do not fit: ${shapes.map((shape) => `[N, ${shape.join(", ")}]`).join(" and ")}`);
    return [...sizes][0] ?? 1;
  });
  const width = node.checkWidth(product(dims));
  const registers = tensors.map((value, i) => {
    const register = value.kind === "rows" ? value.register : node.load(value);
    const own = node.emit.width(register);
    return own === width || own === 1 ? register : node.emit.select(register, expand(shapes[i] as readonly number[], dims));
  });
  return { registers, dims, turned };
}

/** For each element of `to`, the place in `from` that it is a copy of. */
function expand(from: readonly number[], to: readonly number[]): number[] {
  let out = [0];
  for (const [axis, size] of to.entries()) {
    const own = from[axis] as number;
    out = out.flatMap((at) => Array.from({ length: size }, (_, i) => at * own + (own === 1 ? 0 : i)));
  }
  return out;
}
