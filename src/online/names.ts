import { DefinitionError, received } from "../errors.js";
import { formatInputType, parseInputType, type AnyInputType } from "../types/input-type.js";

type Path = readonly (string | number)[];

/** A name that a row, a spec file and an Arrow schema can hold. */
export function checkName(path: Path, name: unknown): asserts name is string {
  if (typeof name === "string" && name !== "" && name !== "__proto__" && name.isWellFormed()) return;
  throw new DefinitionError("INVALID_DEFINITION", "not a name", {
    path,
    expected: 'text that is not empty, not "__proto__" and has no lone surrogate',
    actual: received(name),
  });
}

/** Input types by name, as `t` makes them. */
export function checkTypes(path: Path, types: unknown): asserts types is Readonly<Record<string, AnyInputType>> {
  if (typeof types !== "object" || types === null || Array.isArray(types)) {
    throw new DefinitionError("INVALID_DEFINITION", "not types by name", { path, expected: "an object of input types", actual: received(types) });
  }
  for (const [name, type] of Object.entries(types)) {
    checkName([...path, name], name);
    checkType([...path, name], type);
  }
}

export function checkType(path: Path, type: unknown): asserts type is AnyInputType {
  if (isInputType(type)) return;
  throw new DefinitionError("INVALID_DEFINITION", "not an input type", {
    path,
    expected: "one made by t: t.float64(), t.utf8().nullable(), …",
    actual: received(type),
  });
}

export function isInputType(type: unknown): type is AnyInputType {
  if (typeof type !== "object" || type === null) return false;
  try {
    return parseInputType(formatInputType(type as AnyInputType)) !== undefined;
  } catch {
    return false;
  }
}

/** Refuses properties that a declaration does not have: a typing mistake must not pass silently. */
export function onlyProperties(path: Path, given: object, known: readonly string[]): void {
  for (const key of Object.keys(given)) {
    if (!known.includes(key)) {
      throw new DefinitionError("INVALID_DEFINITION", "there is no such property", { path: [...path, key], expected: known.join(", ") });
    }
  }
}
