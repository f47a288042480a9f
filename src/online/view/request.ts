import { OnlineError, received } from "../../errors.js";
import type { Inputs } from "../../features/inputs.js";
import type { TimeUnit } from "../../types/data-type.js";
import type { AnyInputType } from "../../types/input-type.js";
import type { ViewContract } from "./contract.js";
import type { AnyRequest } from "./types.js";
import { expectedValue, isFiniteValue, typeCheck, unitOf } from "./values.js";

type Path = readonly (string | number)[];

export function invalidRequest(path: Path, what: string, expected: string, value: unknown, fix?: string): OnlineError {
  return new OnlineError("INVALID_REQUEST", what, { path, expected, actual: received(value), ...(fix === undefined ? {} : { fix }) });
}

export const SECTIONS = ["servingKeys", "passedFeatures", "requestParameters"] as const;
export type SectionName = (typeof SECTIONS)[number];

/** The inputs of each section; overrides are as optional as lookups make them. */
export function sectionInputs(contract: ViewContract): Readonly<Record<SectionName, Inputs>> {
  const overrides = Object.fromEntries(contract.overrides.map((name) => [name, contract.lookedUp[name] as AnyInputType]));
  return { servingKeys: contract.servingKeys, passedFeatures: { ...overrides, ...contract.ownPassed }, requestParameters: contract.requestParameters };
}

/** Any JavaScript value as an object without arrays; its own keys only are ever read. */
function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/**
 * A JSON body as values that row mode takes: int64 as a safe integer or digits, timestamps as RFC 3339 text or ticks in
 * the input's unit. Missing values are left to the policies. INVALID_REQUEST with the path for anything else.
 */
export function parseRequest(contract: ViewContract, json: unknown): AnyRequest {
  if (!isRecord(json)) throw invalidRequest([], "the request", "an object", json);
  const inputs = sectionInputs(contract);
  const out: Partial<Record<SectionName, Record<string, unknown>>> = {};
  for (const key of Object.keys(json)) {
    if (!SECTIONS.includes(key as SectionName)) throw invalidRequest([key], "there is no such field", SECTIONS.join(", "), json[key]);
  }
  for (const section of SECTIONS) {
    const given = Object.hasOwn(json, section) ? json[section] : undefined;
    if (given === undefined) continue;
    if (!isRecord(given)) throw invalidRequest([section], "wrong type", "an object", given);
    out[section] = parseSection(section, inputs[section], given);
  }
  return out;
}

function parseSection(section: SectionName, inputs: Inputs, given: Record<string, unknown>): Record<string, unknown> {
  const values: Record<string, unknown> = {};
  for (const name of Object.keys(given)) {
    const input = Object.hasOwn(inputs, name) ? inputs[name] : undefined;
    const path = [section, name];
    if (input === undefined) throw invalidRequest(path, "there is no such field", Object.keys(inputs).join(", ") || "no fields", given[name]);
    // Names of a contract are never "__proto__".
    values[name] = given[name] === null ? null : parseValue(path, input, given[name]);
  }
  return values;
}

const DIGITS = /^-?\d{1,19}$/;

function parseValue(path: Path, input: AnyInputType, value: unknown): unknown {
  const parsed = parse(path, input, value);
  if (parsed === undefined || !typeCheck(input)(parsed) || !isFiniteValue(parsed)) throw invalidRequest(path, "wrong type", jsonExpected(input), value);
  return parsed;
}

function parse(path: Path, input: AnyInputType, value: unknown): unknown {
  switch (input.storage) {
    case "int64":
    case "uint64":
      return typeof value === "string" && DIGITS.test(value) ? BigInt(value) : typeof value === "number" ? value : undefined;
    case "list":
    case "fixedSizeList":
      if (!Array.isArray(value)) return undefined;
      return (value as readonly unknown[]).map((item, i) => (item === null ? null : parseValue([...path, i], input.item as AnyInputType, item)));
    default: {
      const unit = unitOf(input);
      if (unit !== undefined) return typeof value === "string" ? parseInstant(value, unit) : typeof value === "number" ? value : undefined;
      return typeof value === "object" ? undefined : value;
    }
  }
}

const DAY = /^(\d{4})-(\d{2})-(\d{2})$/;
/** RFC 3339: with a zone, as an instant has none of its own. */
const INSTANT = /^(\d{4})-(\d{2})-(\d{2})[Tt](\d{2}):(\d{2}):(\d{2})(?:\.(\d{1,9}))?(?:[Zz]|([+-])(\d{2}):(\d{2}))$/;
const TICKS: Readonly<Record<Exclude<TimeUnit, "d">, number>> = { s: 0, ms: 3, us: 6, ns: 9 };

/** Ticks of a text; undefined where it is none, or lies between two ticks of the unit. */
function parseInstant(text: string, unit: TimeUnit): bigint | undefined {
  if (unit === "d") {
    const ms = DAY.test(text) ? Date.parse(`${text}T00:00:00Z`) : NaN;
    return Number.isFinite(ms) && new Date(ms).toISOString().startsWith(text) ? BigInt(ms / 86_400_000) : undefined;
  }
  const match = INSTANT.exec(text);
  if (match === null) return undefined;
  const [year, month, day, hour, minute, second] = match.slice(1, 7).map(Number) as [number, number, number, number, number, number];
  const local = new Date(0);
  local.setUTCFullYear(year, month - 1, day);
  local.setUTCHours(hour, minute, second);
  const real = local.getUTCMonth() === month - 1 && local.getUTCDate() === day && hour < 24 && minute < 60 && second < 60;
  const [zoneHour, zoneMinute] = [Number(match[9] ?? 0), Number(match[10] ?? 0)];
  if (!real || zoneHour > 23 || zoneMinute > 59) return undefined;
  const offset = (match[8] === "-" ? -1 : 1) * (zoneHour * 60 + zoneMinute) * 60;
  const digits = TICKS[unit];
  const fraction = (match[7] ?? "").padEnd(9, "0");
  if (/[1-9]/.test(fraction.slice(digits))) return undefined;
  return (BigInt(local.getTime() / 1000) - BigInt(offset)) * 10n ** BigInt(digits) + BigInt(fraction.slice(0, digits) || "0");
}

function jsonExpected(input: AnyInputType): string {
  const unit = unitOf(input);
  if (unit === "d") return 'a day such as "2024-05-31", or whole days since 1970-01-01';
  if (unit !== undefined) return `RFC 3339 text with a zone, exact to the unit, or ticks since 1970-01-01 UTC in ${unit}`;
  if (input.type.kind === "int64") return `an integer up to 2^53, or its digits as a string (${input.storage})`;
  if (input.type.kind === "float64") return expectedValue(input).replace("a number", "a finite number");
  return expectedValue(input);
}
