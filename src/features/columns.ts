import { DefinitionError, received } from "../errors.js";
import { call } from "../expr/call.js";
import { Expr } from "../expr/expr.js";
import { formatType, kernelType, type OutputType } from "../types/data-type.js";

/**
 * Several expressions with names, for transformations that take them together: `columns(a, b).pca()`. As a
 * feature it becomes the columns `<feature>_<name>`.
 */
export class FeatureColumns {
  readonly exprs: readonly Expr[];
  readonly names: readonly string[];
  /** @internal */
  readonly output: OutputType;

  /** @internal */
  constructor(exprs: readonly Expr[], names: readonly string[], output: OutputType = "float32") {
    this.exprs = Object.freeze([...exprs]);
    this.names = Object.freeze([...names]);
    this.output = output;
  }

  /** Stores all columns as another type than float32. */
  as(type: OutputType): FeatureColumns {
    return new FeatureColumns(this.exprs, this.names, type);
  }
}

/** An input's own name; else, as scikit-learn calls what has no name, x0, x1, and so on. */
function nameOf({ node }: Expr, place: number): string {
  return node.kind === "input" ? node.name : `x${place}`;
}

/**
 * Several expressions as one: `columns(a, b.log1p())` or, with names of your own, `columns({ a, b: b.log1p() })`.
 * Without them an input has its name, and any other expression `x` and its place, from 0.
 */
export function columns(first: Expr, ...others: readonly Expr[]): FeatureColumns;
export function columns(named: Readonly<Record<string, Expr>>): FeatureColumns;
export function columns(...given: readonly (Expr | Readonly<Record<string, Expr>>)[]): FeatureColumns {
  const [first] = given;
  const bad = (value: unknown): never => {
    throw new DefinitionError("INVALID_DEFINITION", "columns", { expected: "expressions, or an object of them", actual: received(value) });
  };
  const named = given.length === 1 && typeof first === "object" && first !== null && !(first instanceof Expr) && !Array.isArray(first);
  const exprs: unknown[] = named ? Object.values(first) : [...given];
  if (exprs.length === 0) bad(first);
  const checked = exprs.map((value) => (value instanceof Expr ? value : bad(value)));
  const names = named ? Object.keys(first) : checked.map(nameOf);
  for (const [i, name] of names.entries()) {
    if (names.indexOf(name) < i) {
      throw new DefinitionError("INVALID_DEFINITION", `two of the columns are called ${JSON.stringify(name)}`, {
        fix: "Name them: columns({ a, b })",
      });
    }
  }
  return new FeatureColumns(checked, names);
}

/** @internal The columns as float64 for a transformation of numbers; int64 and bool are converted. */
export function numericColumns(transform: string, { exprs, names }: FeatureColumns): Expr[] {
  return exprs.map((x, i) => {
    const kind = kernelType(x.type);
    if (kind === "float64") return x;
    if (kind === "int64" || kind === "bool") return call("toFloat64", [x]);
    throw new DefinitionError("WRONG_TYPE", `${transform} does not take this type`, {
      path: [names[i] as string],
      expected: "float64, int64, bool",
      actual: formatType(x.type),
    });
  });
}
