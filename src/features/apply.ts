import { DefinitionError, formatPath, received } from "../errors.js";
import { ColumnsExpr, wrap, type Expr } from "../expr/expr.js";
import type { FittedNode } from "../expr/node.js";
import { formatType, kernelType } from "../types/data-type.js";
import type { FittedTransform, StateObject } from "./transform.js";

function node<O extends object, S extends StateObject>(transform: FittedTransform<O, S>, x: Expr, given: object | undefined): FittedNode {
  if (!transform.accepts.includes(kernelType(x.type))) {
    throw new DefinitionError("WRONG_TYPE", `${transform.name} does not take this type`, {
      expected: transform.accepts.join(", "),
      actual: formatType(x.type),
    });
  }
  if (given !== undefined && (typeof given !== "object" || given === null || Array.isArray(given))) {
    throw new DefinitionError("INVALID_PARAMETER", `${transform.name}: options`, { expected: "an object", actual: received(given) });
  }
  const options = transform.options({ ...given }, x.type);
  return Object.freeze<FittedNode>({
    kind: "fitted",
    transform: transform.name,
    args: Object.freeze([x.node]),
    options: Object.freeze(options) as FittedNode["options"],
    type: { kind: "float64" },
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

/** Refuses options that the transformation does not have: a typing mistake must not pass silently. */
export function onlyOptions(name: string, given: Readonly<Record<string, unknown>>, known: readonly string[]): void {
  for (const key of Object.keys(given)) {
    if (!known.includes(key)) {
      throw new DefinitionError("INVALID_PARAMETER", `${name} has no option ${JSON.stringify(key)}`, { expected: known.join(", ") || "none" });
    }
  }
}
