import { argNames, byName, BY_HAND, optional, PARAMS_FIRST, positional, VARIADIC } from "./common.mjs";

const CLASSES = {
  float64: "Float64Expr",
  int64: "Int64Expr",
  bool: "BoolExpr",
  utf8: "Utf8Expr",
  timestamp: "TimestampExpr",
  "list<float64>": "Float64ListExpr",
  "list<int64>": "Int64ListExpr",
  "list<utf8>": "Utf8ListExpr",
  "list<timestamp>": "TimestampListExpr",
};

const OPERANDS = {
  float64: "Float64Operand",
  int64: "Int64Operand",
  bool: "BoolOperand",
  utf8: "Utf8Operand",
  timestamp: "TimestampOperand",
  "list<float64>": "Float64ListOperand",
  "list<int64>": "Int64ListOperand",
  "list<utf8>": "Utf8ListOperand",
  "list<timestamp>": "TimestampListOperand",
};

const PARAM_TYPES = {
  int64: "number | bigint",
  float64: "number",
  utf8: "string",
  "list<int64>": "readonly (number | bigint)[]",
  "list<float64>": "readonly number[] | Float64Array",
  "list<utf8>": "readonly string[]",
};

/** Closed sets of words, so that the compiler knows them. */
const WORDS = {
  "truncate.to": ["second", "minute", "hour", "day", "week", "month", "quarter", "year"],
  "diff.in": ["nanosecond", "microsecond", "millisecond", "second", "minute", "hour", "day", "week"],
  "countWhere.op": ["eq", "ne", "lt", "le", "gt", "ge"],
  "cyclicSin.period": ["hour", "day", "week", "month", "year"],
  "cyclicCos.period": ["hour", "day", "week", "month", "year"],
};

function paramType(entry, param) {
  const words = WORDS[`${entry.name}.${param.name}`];
  if (words) return words.map((w) => JSON.stringify(w)).join(" | ");
  if (param.name === "holidays") return "readonly (Date | string | number | bigint)[]";
  return PARAM_TYPES[param.kind];
}

function operand(entry, i) {
  const name = argNames(entry)[i];
  if (entry.args[i] === "int64" && (name === "width" || name === "amount") && entry.args.some((a) => a.includes("timestamp"))) {
    return "Int64Expr | Duration";
  }
  return OPERANDS[entry.args[i]];
}

const safe = (name) => (["in", "default", "with", "function"].includes(name) ? `${name}_` : name);

function doc(overloads, indent) {
  const texts = [...new Set(overloads.map((e) => e.text))];
  const params = [...new Map(overloads.flatMap((e) => e.params).filter((p) => p.name !== "unit").map((p) => [p.name, p])).values()];
  const lines = [...texts, ...params.map((p) => `@param ${p.name} ${p.text}`)];
  const escape = (text) => text.replaceAll("*/", "*\\/");
  if (lines.length === 1) return `${indent}/** ${escape(lines[0])} */`;
  return [`${indent}/**`, ...lines.map((line) => `${indent} * ${escape(line)}`), `${indent} */`].join("\n");
}

/** Parameter list and the argument expressions of one overload, without the receiver. */
function shape(entry) {
  const names = argNames(entry).slice(1).map(safe);
  const fixed = positional(entry);
  const options = optional(entry);
  const args = names.map((name, i) => `${name}: ${operand(entry, i + 1)}`);
  const params = fixed.map((p) => `${safe(p.name)}: ${paramType(entry, p)}`);
  const list = PARAMS_FIRST.has(entry.name) ? [...params, ...args] : [...args, ...params];
  if (options.length > 0) {
    list.push(`options: { ${options.map((p) => `${p.name}?: ${paramType(entry, p)}`).join("; ")} } = {}`);
  }
  const bag = fixed.map((p) => (safe(p.name) === p.name ? p.name : `${p.name}: ${safe(p.name)}`));
  if (options.length > 0) bag.push("...options");
  return { list, names, bag };
}

function method(name, overloads) {
  const result = (e) => CLASSES[e.result];
  const head = doc(overloads, "  ");
  if (VARIADIC.has(name)) {
    const e = overloads[0];
    return `${head}
  ${name}(...others: readonly (${operand(e, 1)})[]): ${result(e)} {
    return others.reduce<Expr>((left, right) => call(${JSON.stringify(name)}, [left, right]), this) as ${result(e)};
  }`;
  }
  const shapes = overloads.map(shape);
  const signatures = overloads.map((e, i) => `${name}(${shapes[i].list.join(", ")}): ${result(e)}`);
  const distinct = [...new Set(signatures)];
  const first = shapes[0];
  const bag = first.bag.length > 0 ? `, { ${first.bag.join(", ")} }` : "";
  const body = `    return call(${JSON.stringify(name)}, [${["this", ...first.names].join(", ")}]${bag}) as`;
  if (distinct.length === 1) return `${head}\n  ${distinct[0]} {\n${body} ${result(overloads[0])};\n  }`;
  const results = [...new Set(overloads.map(result))].join(" | ");
  const loose = first.list.map((p) => (p.startsWith("options") ? "options: object = {}" : `${p.slice(0, p.indexOf(":"))}: unknown`));
  return `${head}\n  ${distinct.join(";\n  ")};\n  ${name}(${loose.join(", ")}): ${results} {\n${body} ${results};\n  }`;
}

export function functionsModule(entries) {
  const names = byName(entries);
  const classes = Object.entries(CLASSES).map(([kind, className]) => {
    const methods = [];
    for (const [name, overloads] of names) {
      if (BY_HAND.has(name)) continue;
      const mine = overloads.filter((e) => e.args[0] === kind);
      if (mine.length > 0) methods.push(method(name, mine));
    }
    return `export class ${className} extends Expr<${JSON.stringify(kind)}> {
  /** @internal */
  declare readonly kind: ${JSON.stringify(kind)};

${methods.join("\n\n")}
}
registerExprClass(${JSON.stringify(kind)}, ${className});`;
  });
  return `// Generated by scripts/generate.mjs from the native catalogue. Do not edit.
import { call } from "./call.js";
import type { Duration } from "./duration.js";
import { Expr, registerExprClass } from "./expr.js";

/** What may stand where a value of the type is wanted: an expression or a literal. */
export type Float64Operand = Float64Expr | Int64Expr | number;
export type Int64Operand = Int64Expr | bigint | number;
export type BoolOperand = BoolExpr | boolean;
export type Utf8Operand = Utf8Expr | string;
export type TimestampOperand = TimestampExpr | Date;
export type Float64ListOperand = Float64ListExpr | readonly number[] | Float64Array;
export type Int64ListOperand = Int64ListExpr | readonly (bigint | number)[] | BigInt64Array;
export type Utf8ListOperand = Utf8ListExpr | readonly string[];
export type TimestampListOperand = TimestampListExpr | readonly Date[];

${classes.join("\n\n")}
`;
}
