import { DefinitionError, received } from "../errors.js";
import { finerUnit, formatType, kernelType, ticksPerSecond, type DataType, type TimeUnit } from "../types/data-type.js";
import { isZoneName } from "../types/zone-name.js";
import { CATALOGUE, type CatalogueOverload, type CatalogueParam } from "./catalogue.gen.js";
import { durationTicks } from "./duration.js";
import { Expr, wrap } from "./expr.js";
import { fitsLiteral, literal, INT64_MAX, INT64_MIN } from "./literal.js";
import type { CallNode, Node, ParamValue } from "./node.js";

/** An operand as written: an expression or a literal. */
export type Operand = Expr | unknown;

/** int64 arguments that are a length of time in ticks of the timestamps beside them. */
const DURATIONS: ReadonlySet<string> = new Set(["width", "amount"]);

/** The overloads of a function; throws UNKNOWN_FUNCTION. */
export function overloads(name: string): readonly CatalogueOverload[] {
  const found = Object.hasOwn(CATALOGUE, name) ? CATALOGUE[name] : undefined;
  if (found === undefined) throw new DefinitionError("UNKNOWN_FUNCTION", `there is no function ${JSON.stringify(name)}`);
  return found;
}

const IMPOSSIBLE = Infinity;

/** 0 for an exact match, more for each promotion. */
function distance(overload: CatalogueOverload, operands: readonly Operand[]): number {
  if (overload.args.length !== operands.length) return IMPOSSIBLE;
  let total = 0;
  for (const [i, wanted] of overload.args.entries()) {
    const operand = operands[i];
    if (operand instanceof Expr) {
      const actual = kernelType(operand.type);
      if (actual === wanted) continue;
      if (actual === "int64" && wanted === "float64") total += 1;
      else return IMPOSSIBLE;
    } else if (wanted === "int64" && DURATIONS.has(overload.argNames[i] ?? "") && typeof operand === "string") {
      continue;
    } else if (!fitsLiteral(wanted, operand)) {
      return IMPOSSIBLE;
    } else if (wanted === "int64" && typeof operand === "number") {
      total += 0.5; // a written number is a float64 by itself
    }
  }
  return total;
}

function describeOperand(operand: Operand): string {
  return operand instanceof Expr ? formatType(operand.type) : received(operand);
}

function choose(name: string, operands: readonly Operand[]): CatalogueOverload {
  let best: CatalogueOverload | undefined;
  let least = IMPOSSIBLE;
  const all = overloads(name);
  for (const overload of all) {
    const d = distance(overload, operands);
    if (d < least) {
      best = overload;
      least = d;
    }
  }
  if (best === undefined) {
    throw new DefinitionError("WRONG_TYPE", `${name} does not take these arguments`, {
      expected: all.map((o) => `(${o.args.join(", ")})`).join(" or "),
      actual: `(${operands.map(describeOperand).join(", ")})`,
    });
  }
  return best;
}

function timestampOf(type: DataType): { unit: TimeUnit; zone?: string } | undefined {
  const scalar = type.kind === "list" ? type.item : type;
  return scalar.kind === "timestamp" ? scalar : undefined;
}

/** The unit in which all timestamps of a call are computed: a list's own, else the finest. */
function commonUnit(name: string, operands: readonly Operand[]): TimeUnit | undefined {
  let unit: TimeUnit | undefined;
  let listUnit: TimeUnit | undefined;
  for (const operand of operands) {
    if (!(operand instanceof Expr)) continue;
    const stamp = timestampOf(operand.type);
    if (stamp === undefined) continue;
    unit = unit === undefined ? stamp.unit : finerUnit(unit, stamp.unit);
    if (operand.type.kind === "list") listUnit = stamp.unit;
  }
  if (listUnit !== undefined && listUnit !== unit) {
    throw new DefinitionError("WRONG_TYPE", `${name} needs the list's timestamps in the finest unit of its arguments`, {
      expected: `list<timestamp[${unit}]>`,
      actual: `list<timestamp[${listUnit}]>`,
    });
  }
  return unit;
}

function coerce(operand: Operand, overload: CatalogueOverload, index: number, unit: TimeUnit | undefined): Node {
  const wanted = overload.args[index] ?? "float64";
  if (operand instanceof Expr) {
    if (wanted === "float64" && kernelType(operand.type) === "int64") return call("toFloat64", [operand]).node;
    if (operand.type.kind === "timestamp" && unit !== undefined && operand.type.unit !== unit) {
      return castUnit(operand, unit).node;
    }
    return operand.node;
  }
  if (wanted === "int64" && DURATIONS.has(overload.argNames[index] ?? "") && typeof operand === "string") {
    return literal({ kind: "int64" }, durationTicks(operand, unit ?? "ms"));
  }
  return literal(literalType(wanted, unit), operand);
}

function literalType(kernel: string, unit: TimeUnit | undefined): DataType {
  switch (kernel) {
    case "timestamp":
      return { kind: "timestamp", unit: unit ?? "ms" };
    case "float64":
    case "int64":
    case "bool":
    case "utf8":
      return { kind: kernel };
    default:
      return { kind: "list", item: literalType(kernel.slice(5, -1), unit) as Exclude<DataType, { kind: "list" }> };
  }
}

function wrongParam(name: string, param: CatalogueParam, value: unknown): never {
  throw new DefinitionError("INVALID_PARAMETER", `${name}: parameter ${param.name}`, {
    expected: param.kind,
    actual: received(value),
  });
}

function paramScalar(name: string, param: CatalogueParam, kind: string, value: unknown): number | bigint | string {
  switch (kind) {
    case "int64":
      if (typeof value === "bigint" && value >= INT64_MIN && value <= INT64_MAX) return value;
      if (typeof value === "number" && Number.isSafeInteger(value)) return BigInt(value);
      break;
    case "float64":
      if (typeof value === "number") return value;
      break;
    default:
      if (typeof value === "string" && value.isWellFormed()) return value;
  }
  return wrongParam(name, param, value);
}

/** Days since 1970-01-01 of a Date's UTC day or of "YYYY-MM-DD". */
function dayNumber(value: unknown): bigint | undefined {
  if (value instanceof Date && Number.isFinite(value.getTime())) return BigInt(Math.floor(value.getTime() / 86_400_000));
  if (typeof value === "string" && /^\d{4}-\d{2}-\d{2}$/.test(value)) {
    const ms = Date.parse(`${value}T00:00:00Z`);
    // 2023-02-30 parses to nothing or to March in some engines.
    if (Number.isFinite(ms) && new Date(ms).toISOString().startsWith(value)) return BigInt(ms / 86_400_000);
  }
  return undefined;
}

/** Checks and completes static parameters. "unit" and "zone" come from the first timestamp argument. */
function bindParams(
  name: string,
  overload: CatalogueOverload,
  given: Readonly<Record<string, unknown>>,
  first: { unit: TimeUnit; zone?: string } | undefined,
): Record<string, ParamValue> {
  const out: Record<string, ParamValue> = {};
  for (const key of Object.keys(given)) {
    if (!overload.params.some((param) => param.name === key) || key === "unit") {
      throw new DefinitionError("INVALID_PARAMETER", `${name} has no parameter ${JSON.stringify(key)}`, {
        expected: overload.params.map((param) => param.name).filter((n) => n !== "unit").join(", ") || "none",
      });
    }
  }
  for (const param of overload.params) {
    if (param.name === "unit") {
      out["unit"] = BigInt(ticksPerSecond(first?.unit ?? "ms"));
      continue;
    }
    let value = given[param.name];
    if (param.name === "zone") {
      value ??= first?.zone ?? "UTC";
      checkZone(name, value);
    }
    if (value === undefined) {
      if (param.default === undefined) {
        throw new DefinitionError("INVALID_PARAMETER", `${name} needs the parameter ${param.name}`, { expected: `${param.kind}: ${param.text}` });
      }
      value = param.default;
    }
    if (param.kind.startsWith("list<")) {
      const kind = param.kind.slice(5, -1);
      if (!Array.isArray(value) && !ArrayBuffer.isView(value)) return wrongParam(name, param, value);
      out[param.name] = Object.freeze(
        Array.from(value as Iterable<unknown>, (item) =>
          paramScalar(name, param, kind, param.name === "holidays" ? (dayNumber(item) ?? item) : item),
        ),
      );
    } else {
      out[param.name] = paramScalar(name, param, param.kind, value);
    }
  }
  return out;
}

function checkZone(name: string, zone: unknown): void {
  if (isZoneName(zone)) return;
  throw new DefinitionError("INVALID_PARAMETER", `${name}: unknown time zone`, {
    expected: 'an IANA name such as "Europe/Paris"',
    actual: received(zone),
  });
}

/** @internal A call of a catalogue function, typed and completed; throws a DefinitionError where it does not fit. */
export function call(name: string, operands: readonly Operand[], params: Readonly<Record<string, unknown>> = {}): Expr {
  const overload = choose(name, operands);
  const unit = commonUnit(name, operands);
  const args = operands.map((operand, i) => coerce(operand, overload, i, unit));
  const stamped = args.map((arg) => timestampOf(arg.type)).find((stamp) => stamp !== undefined);
  const node: CallNode = Object.freeze({
    kind: "call",
    name,
    args: Object.freeze(args),
    params: Object.freeze(bindParams(name, overload, params, stamped)),
    type: resultType(overload, stamped),
  });
  return wrap(node);
}

function resultType(overload: CatalogueOverload, stamp: { unit: TimeUnit; zone?: string } | undefined): DataType {
  const ofStamp = {
    kind: "timestamp" as const,
    unit: stamp?.unit ?? "ms",
    ...(stamp?.zone === undefined ? {} : { zone: stamp.zone }),
  };
  switch (overload.result) {
    case "timestamp":
      return ofStamp;
    case "list<timestamp>":
      return { kind: "list", item: ofStamp };
    default:
      return literalType(overload.result, undefined);
  }
}

/** @internal The same instants in another unit; coarser floors, finer fails where it does not fit 64 bits. */
export function castUnit(operand: Expr, unit: TimeUnit): Expr {
  const type = operand.type;
  if (type.kind !== "timestamp") {
    throw new DefinitionError("WRONG_TYPE", "castUnit", { expected: "timestamp", actual: formatType(type) });
  }
  if (type.unit === unit) return operand;
  const node: CallNode = Object.freeze({
    kind: "call",
    name: "castUnit",
    args: Object.freeze([operand.node]),
    params: Object.freeze({ from: BigInt(ticksPerSecond(type.unit)), to: BigInt(ticksPerSecond(unit)) }),
    type: { ...type, unit },
  });
  return wrap(node);
}

/** @internal int64 ticks as a timestamp. */
export function toTimestamp(operand: Expr, unit: TimeUnit, zone?: string): Expr {
  const plain = call("toTimestamp", [operand]).node as CallNode;
  const type: DataType = zone === undefined ? { kind: "timestamp", unit } : { kind: "timestamp", unit, zone };
  return wrap(Object.freeze({ ...plain, type }));
}
