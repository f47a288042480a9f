import { arg, simple, type Call, type Mapping, type Mappings } from "./mapping.js";
import type { Ops, Value } from "./ops.js";

/** The opset that brought StringConcat and RegexFullMatch. */
const TEXT_OPSET = 20;

function join(ops: Ops, x: Value, y: Value): Value {
  ops.graph.requireOpset(TEXT_OPSET);
  return ops.op("StringConcat", x, y);
}

const escape = (text: string): string => text.replace(/[\\^$.*+?()[\]{}|]/g, "\\$&");

/** Whether the whole text matches; (?s) lets . match line ends too. */
function matches(ops: Ops, x: Value, pattern: string): Value {
  ops.graph.requireOpset(TEXT_OPSET);
  return ops.graph.node("RegexFullMatch", [x], { pattern: `(?s)${pattern}` });
}

/** A search for a text that is known when the graph is made. */
function search(pattern: (escaped: string) => string): Mapping {
  const wanted = (call: Call): unknown => call.literals[1];
  return {
    unsupported: (call) => (typeof wanted(call) === "string" ? undefined : "the text to look for must be a constant"),
    value: (ops, args, call) => matches(ops, arg(args, 0), pattern(escape(wanted(call) as string))),
  };
}

export const TEXT: Mappings = {
  isEmpty: simple((ops, args) => ops.cast(ops.place(arg(args, 0), [""], "utf8"), "bool")),
  isAscii: simple((ops, args) => matches(ops, arg(args, 0), "[\\x00-\\x7f]*")),
  concat: simple((ops, args) => join(ops, arg(args, 0), arg(args, 1))),
  cross: simple((ops, args) => join(ops, join(ops, arg(args, 0), ops.utf8("\u001f")), arg(args, 1))),
  contains: search((text) => `.*${text}.*`),
  startsWith: search((text) => `${text}.*`),
  endsWith: search((text) => `.*${text}`),
};
