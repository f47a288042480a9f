import { DefinitionError, formatPath, received } from "../errors.js";
import { ColumnsExpr, wrap, type Expr } from "../expr/expr.js";
import type { FittedNode } from "../expr/node.js";
import { formatType, kernelType, type DataType } from "../types/data-type.js";
import type { ColumnsTransform, FittedTransform, StateObject } from "./transform.js";

function node<O extends object, S extends StateObject>(transform: FittedTransform<O, S>, x: Expr, given: object | undefined): FittedNode {
  if (!transform.accepts.includes(kernelType(x.type))) {
    throw new DefinitionError("WRONG_TYPE", `${transform.name} does not take this type`, {
      expected: transform.accepts.join(", "),
      actual: formatType(x.type),
    });
  }
  const options = transform.options(optionsObject(transform.name, given), x.type);
  return Object.freeze<FittedNode>({
    kind: "fitted",
    transform: transform.name,
    args: Object.freeze([x.node]),
    options: Object.freeze(options) as FittedNode["options"],
    type: transform.result?.(x.type, options) ?? { kind: "float64" },
  });
}

/** @internal A transformation with one output column: an expression like any other. */
export function applyTransform<E extends Expr, O extends object, S extends StateObject>(
  transform: FittedTransform<O, S>,
  x: Expr,
  options?: object,
): E {
  return wrap(node(transform, x, options)) as E;
}

/** @internal A transformation with several output columns: a feature of its own. */
export function applyColumns<O extends object, S extends StateObject>(transform: FittedTransform<O, S>, x: Expr, options?: object): ColumnsExpr {
  return new ColumnsExpr(node(transform, x, options));
}

/** A user's options as an object that may be read. */
export function optionsObject(name: string, given: unknown): Readonly<Record<string, unknown>> {
  if (given === undefined) return {};
  if (typeof given === "object" && given !== null && !Array.isArray(given)) return { ...given };
  throw new DefinitionError("INVALID_PARAMETER", `${name}: options`, { expected: "an object", actual: received(given) });
}

/** @internal A transformation of several arguments whose options are checked already. */
export function applyTogether<O extends object, S extends StateObject>(
  transform: ColumnsTransform<O, S>,
  args: readonly Expr[],
  options: O,
  type: DataType = { kind: "float64" },
): FittedNode {
  return Object.freeze<FittedNode>({
    kind: "fitted",
    transform: transform.name,
    args: Object.freeze(args.map((arg) => arg.node)),
    options: Object.freeze(options) as FittedNode["options"],
    type,
  });
}

/** Checks one option against a predicate; `undefined` takes the default. */
export function option<T>(
  name: string,
  given: Readonly<Record<string, unknown>>,
  key: string,
  fallback: T,
  expected: string,
  valid: (value: unknown) => boolean,
): T {
  const value = given[key];
  if (value === undefined) return fallback;
  if (!valid(value)) {
    throw new DefinitionError("INVALID_PARAMETER", `${name}: option ${formatPath([key])}`, { expected, actual: received(value) });
  }
  return value as T;
}

export const isBoolean = (value: unknown): value is boolean => typeof value === "boolean";
export const isFiniteNumber = (value: unknown): value is number => typeof value === "number" && Number.isFinite(value);
export const isCount = (value: unknown): value is number => Number.isSafeInteger(value) && (value as number) >= 1;

/** An option that is one of a few values; the first is the default. */
export function choice<T extends string | null>(
  name: string,
  given: Readonly<Record<string, unknown>>,
  key: string,
  values: readonly [T, ...T[]],
): T {
  const expected = values.map((value) => (value === null ? "null" : JSON.stringify(value))).join(", ");
  return option(name, given, key, values[0], expected, (value) => values.includes(value as T));
}

/** Two numbers in percent, 0 <= low <= high <= 100. */
export function percentRange(
  name: string,
  given: Readonly<Record<string, unknown>>,
  key: string,
  fallback: readonly [number, number],
): readonly [number, number] {
  const range = option(name, given, key, fallback, "two percentages [low, high] with 0 <= low <= high <= 100", (value) => {
    if (!Array.isArray(value) || value.length !== 2 || !value.every(isFiniteNumber)) return false;
    const [low, high] = value as [number, number];
    return 0 <= low && low <= high && high <= 100;
  });
  return Object.freeze([range[0], range[1]]);
}

/** Refuses options that the transformation does not have: a typing mistake must not pass silently. */
export function onlyOptions(name: string, given: Readonly<Record<string, unknown>>, known: readonly string[]): void {
  for (const key of Object.keys(given)) {
    if (!known.includes(key)) {
      throw new DefinitionError("INVALID_PARAMETER", `${name} has no option ${JSON.stringify(key)}`, { expected: known.join(", ") || "none" });
    }
  }
}
