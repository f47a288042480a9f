import { PlanError, received } from "../errors.js";
import type { LiteralValue, ParamValue, ScalarLiteral } from "../expr/node.js";
import { CATALOGUE } from "../expr/catalogue.gen.js";
import { INT64_MAX, INT64_MIN } from "../expr/literal.js";
import { formatType, kernelType, OUTPUT_TYPES, parseType, type DataType, type OutputType, type ScalarType } from "../types/data-type.js";
import { formatInputType, parseInputType } from "../types/input-type.js";
import { storable, type Plan, type PlanCall, type PlanInput, type PlanNode, type PlanOutput } from "./plan.js";
import type { ZoneTable } from "./zones.js";

/**
 * The plan as readable JSON. float64 keeps its exact value: JSON numbers print the shortest text that reads back,
 * NaN, infinities and -0 are strings; int64 and ticks are numbers while safe, else strings.
 */
export const PLAN_FORMAT = "skewless.plan";
export const PLAN_VERSION = 1;

export type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json };

export function encodeFloat(value: number): Json {
  if (Number.isFinite(value)) return Object.is(value, -0) ? "-0" : value;
  return String(value);
}

export function encodeInt(value: bigint): Json {
  return value >= BigInt(Number.MIN_SAFE_INTEGER) && value <= BigInt(Number.MAX_SAFE_INTEGER) ? Number(value) : String(value);
}

function encodeScalar(value: ScalarLiteral): Json {
  if (typeof value === "number") return encodeFloat(value);
  if (typeof value === "bigint") return encodeInt(value);
  return value;
}

function encodeValue(value: LiteralValue): Json {
  return Array.isArray(value) ? value.map((item) => encodeScalar(item as ScalarLiteral)) : encodeScalar(value as ScalarLiteral);
}

function encodeParam(value: ParamValue): Json {
  return Array.isArray(value) ? value.map((item) => encodeScalar(item as ScalarLiteral)) : encodeScalar(value as ScalarLiteral);
}

export function planToJson(plan: Plan): { readonly [key: string]: Json } {
  return {
    format: PLAN_FORMAT,
    version: PLAN_VERSION,
    inputs: plan.inputs.map(({ name, input }) => ({ name, type: formatInputType(input), nullable: input.isNullable })),
    nodes: plan.nodes.map((node): Json =>
      node.kind === "constant"
        ? { const: encodeValue(node.value), type: formatType(node.type) }
        : {
            call: node.name,
            version: node.version,
            args: node.args,
            ...(Object.keys(node.params).length > 0
              ? { params: Object.fromEntries(Object.entries(node.params).map(([key, value]) => [key, encodeParam(value)])) }
              : {}),
            type: formatType(node.type),
          },
    ),
    outputs: plan.outputs.map(({ name, register, type }) => ({ name, register, type })),
    zones: Object.fromEntries(Object.entries(plan.zones).map(([zone, { at, offset }]) => [zone, { at, offset }])),
  };
}

// ---- reading -----------------------------------------------------------------------------------------------

type Path = readonly (string | number)[];

function bad(path: Path, expected: string, value: unknown): never {
  throw new PlanError("INVALID_PLAN", "malformed plan", { path, expected, actual: received(value) });
}

function object(value: unknown, path: Path): Record<string, unknown> {
  if (typeof value !== "object" || value === null || Array.isArray(value)) bad(path, "an object", value);
  return value as Record<string, unknown>;
}

function array(value: unknown, path: Path): readonly unknown[] {
  if (!Array.isArray(value)) bad(path, "an array", value);
  return value as readonly unknown[];
}

function text(value: unknown, path: Path): string {
  if (typeof value !== "string" || !value.isWellFormed()) bad(path, "a string", value);
  return value as string;
}

function index(value: unknown, path: Path, below: number): number {
  if (!Number.isSafeInteger(value) || (value as number) < 0 || (value as number) >= below) {
    bad(path, `an integer from 0 to ${below - 1}`, value);
  }
  return value as number;
}

export function decodeFloat(value: unknown, path: Path): number {
  if (typeof value === "number") return value;
  switch (value) {
    case "NaN":
      return NaN;
    case "Infinity":
      return Infinity;
    case "-Infinity":
      return -Infinity;
    case "-0":
      return -0;
    default:
      return bad(path, 'a number, "NaN", "Infinity", "-Infinity" or "-0"', value);
  }
}

export function decodeInt(value: unknown, path: Path): bigint {
  let out: bigint | undefined;
  if (typeof value === "number" && Number.isSafeInteger(value)) out = BigInt(value);
  else if (typeof value === "string" && /^-?\d{1,19}$/.test(value)) out = BigInt(value);
  if (out === undefined || out < INT64_MIN || out > INT64_MAX) return bad(path, "a 64-bit integer", value);
  return out;
}

function decodeScalar(type: ScalarType, value: unknown, path: Path): ScalarLiteral {
  if (value === null) return null;
  switch (type.kind) {
    case "float64":
      return decodeFloat(value, path);
    case "int64":
    case "timestamp":
      return decodeInt(value, path);
    case "bool":
      return typeof value === "boolean" ? value : bad(path, "true or false", value);
    case "utf8":
      return text(value, path);
  }
}

function decodeValue(type: DataType, value: unknown, path: Path): LiteralValue {
  if (value === null) return null;
  if (type.kind !== "list") return decodeScalar(type, value, path);
  return array(value, path).map((item, i) => decodeScalar(type.item, item, [...path, i]));
}

function decodeType(value: unknown, path: Path): DataType {
  return parseType(text(value, path)) ?? bad(path, "a data type", value);
}

function decodeParamItem(kind: string, value: unknown, path: Path): number | bigint | string {
  if (kind === "int64") return decodeInt(value, path);
  if (kind === "float64") return decodeFloat(value, path);
  return text(value, path);
}

function decodeCall(entry: Record<string, unknown>, path: Path, typeOf: (register: number) => DataType, below: number): PlanCall {
  const name = text(entry["call"], [...path, "call"]);
  const all = Object.hasOwn(CATALOGUE, name) ? CATALOGUE[name] : undefined;
  if (all === undefined) {
    throw new PlanError("UNKNOWN_FUNCTION", `this build has no function ${JSON.stringify(name)}`, { path: [...path, "call"], function: name });
  }
  const version = index(entry["version"], [...path, "version"], 2 ** 31);
  const args = array(entry["args"], [...path, "args"]).map((arg, i) => index(arg, [...path, "args", i], below));
  const types = args.map((arg) => kernelType(typeOf(arg))).join();
  const overload = all.find((candidate) => candidate.args.join() === types);
  if (overload === undefined) {
    throw new PlanError("INVALID_PLAN", `${name} does not take these arguments`, {
      path,
      function: name,
      expected: all.map((o) => `(${o.args.join(", ")})`).join(" or "),
      actual: `(${types})`,
    });
  }
  if (overload.version !== version) {
    throw new PlanError("SEMANTICS_CHANGED", `function ${JSON.stringify(name)} has semantics version ${overload.version} in this build, the plan was made with version ${version}`, {
      path,
      function: name,
      fix: "Fit again with this build, or use the build that made the plan",
    });
  }
  const given = entry["params"] === undefined ? {} : object(entry["params"], [...path, "params"]);
  const params: Record<string, ParamValue> = {};
  for (const [key, value] of Object.entries(given)) {
    const at = [...path, "params", key];
    const kind = overload.params.find((param) => param.name === key)?.kind;
    if (kind === undefined) return bad(at, `no such parameter of ${name}`, value);
    params[key] = kind.startsWith("list<")
      ? array(value, at).map((item, i) => decodeParamItem(kind.slice(5, -1), item, [...at, i]))
      : decodeParamItem(kind, value, at);
  }
  for (const param of overload.params) {
    if (!Object.hasOwn(params, param.name)) bad([...path, "params", param.name], param.kind, undefined);
  }
  const type = decodeType(entry["type"], [...path, "type"]);
  if (kernelType(type) !== overload.result) bad([...path, "type"], overload.result, entry["type"]);
  return { kind: "call", name, version, args, params, type };
}

function decodeZone(value: unknown, path: Path): ZoneTable {
  const table = object(value, path);
  const numbers = (key: string): number[] =>
    array(table[key], [...path, key]).map((item, i) =>
      Number.isSafeInteger(item) ? (item as number) : bad([...path, key, i], "an integer", item),
    );
  const at = numbers("at");
  const offset = numbers("offset");
  if (offset.length !== at.length + 1) bad(path, "one offset more than transitions", value);
  return { at, offset };
}

/** A plan from its JSON, checked whole; a PlanError names the place. */
export function planFromJson(json: unknown): Plan {
  const root = object(json, []);
  if (root["format"] !== PLAN_FORMAT) bad(["format"], JSON.stringify(PLAN_FORMAT), root["format"]);
  if (root["version"] !== PLAN_VERSION) {
    throw new PlanError("INVALID_PLAN", `the plan has format version ${String(root["version"])}, this build reads ${PLAN_VERSION}`, {
      path: ["version"],
      fix: "Use the skewless version that wrote it, or a newer one",
    });
  }
  const inputs = array(root["inputs"], ["inputs"]).map((value, i): PlanInput => {
    const path = ["inputs", i];
    const entry = object(value, path);
    const type = parseInputType(text(entry["type"], [...path, "type"])) ?? bad([...path, "type"], "an input type", entry["type"]);
    if (typeof entry["nullable"] !== "boolean") bad([...path, "nullable"], "true or false", entry["nullable"]);
    return { name: text(entry["name"], [...path, "name"]), input: entry["nullable"] === true ? type.nullable() : type };
  });
  if (new Set(inputs.map((input) => input.name)).size !== inputs.length) bad(["inputs"], "distinct names", "a repeated name");
  const zones: Record<string, ZoneTable> = {};
  for (const [zone, table] of Object.entries(object(root["zones"], ["zones"]))) zones[zone] = decodeZone(table, ["zones", zone]);
  const nodes: PlanNode[] = [];
  const typeOf = (register: number): DataType =>
    register < inputs.length ? (inputs[register] as PlanInput).input.type : (nodes[register - inputs.length] as PlanNode).type;
  for (const [i, value] of array(root["nodes"], ["nodes"]).entries()) {
    const path = ["nodes", i];
    const entry = object(value, path);
    if (Object.hasOwn(entry, "const")) {
      const type = decodeType(entry["type"], [...path, "type"]);
      nodes.push({ kind: "constant", type, value: decodeValue(type, entry["const"], [...path, "const"]) });
      continue;
    }
    const node = decodeCall(entry, path, typeOf, inputs.length + i);
    const zone = node.params["zone"];
    if (typeof zone === "string" && !Object.hasOwn(zones, zone)) bad(["zones", zone], "the zone's table", undefined);
    nodes.push(node);
  }
  const outputs = array(root["outputs"], ["outputs"]).map((value, i): PlanOutput => {
    const path = ["outputs", i];
    const entry = object(value, path);
    const register = index(entry["register"], [...path, "register"], inputs.length + nodes.length);
    const type = OUTPUT_TYPES.find((t) => t === entry["type"]) as OutputType | undefined;
    if (type === undefined) return bad([...path, "type"], OUTPUT_TYPES.join(", "), entry["type"]);
    const dataType = typeOf(register);
    if (!storable(dataType, type)) bad([...path, "type"], `a type that can store ${formatType(dataType)}`, type);
    return { name: text(entry["name"], [...path, "name"]), register, type, dataType };
  });
  return { inputs, nodes, outputs, zones };
}
