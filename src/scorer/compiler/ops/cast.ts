import type { TensorType } from "../../tensor.js";
import { foldCast } from "../fold.js";
import type { Node } from "../node.js";
import type { Operators } from "../operators.js";
import { elementOf, tensorType, type Rows, type Value } from "../value.js";

const NARROW: ReadonlySet<TensorType> = new Set<TensorType>(["int8", "uint8", "int16", "uint16", "uint32", "uint64"]);
const INTEGERS: ReadonlySet<TensorType> = new Set<TensorType>(["int8", "uint8", "int16", "uint16", "int32", "uint32", "int64", "bool"]);

function convert(node: Node, input: Rows, to: TensorType): Rows {
  const { emit } = node;
  const { type: from } = input;
  if (from === to) return input;
  const reason = `a conversion of ${from} to ${to}`;
  // Text is neither parsed nor written; float16 and the narrow integers have no registers that round and wrap as they do.
  if (from === "string" || to === "string" || to === "float16" || NARROW.has(to)) throw node.refuse(reason);
  const rows = node.plain(input);
  const { bound, ...rest } = rows;
  const made = (register: number): Rows => ({ ...rest, type: to, register, ...(INTEGERS.has(to) && to !== "bool" && bound !== undefined ? { bound } : {}) });
  if (to === "bool") return made(emit.truth(rows.register));
  if (to !== "int32") return made(emit.cast(rows.register, elementOf(to)));
  if (INTEGERS.has(from)) return made(from === "int64" || from === "uint32" ? emit.wrap32(rows.register) : rows.register);
  // What 32 bits cannot hold becomes the least number, as the processor's conversion gives.
  const whole = emit.cast(rows.register, "i64");
  const [least, most] = [emit.number("i64", -(2n ** 31n)), emit.number("i64", 2n ** 31n - 1n)];
  const fits = emit.binary("and", emit.binary("ge", whole, least), emit.binary("le", whole, most));
  return made(emit.where(fits, whole, least));
}

function castTo(node: Node, to: TensorType): Value[] {
  const input = node.input(0);
  if (input.kind === "constant") return [foldCast(node, input, to)];
  return [convert(node, node.anyRows(0), to)];
}

function cast(node: Node): Value[] {
  node.attributes.ignore("saturate", "round_mode");
  const to = node.attributes.int("to");
  if (to === undefined) throw node.invalid("it does not say which type it converts to");
  const type = tensorType(to);
  if (type === undefined) throw node.refuse(`a conversion to type ${to}`);
  return castTo(node, type);
}

function castLike(node: Node): Value[] {
  node.attributes.ignore("saturate", "round_mode");
  const like = node.input(1);
  if (like.kind === "maps") throw node.refuse("its input is a map");
  return castTo(node, like.type);
}

export const CAST_OPERATORS: Operators = {
  Cast: { since: 6, compile: cast },
  CastLike: { since: 15, compile: castLike },
};
