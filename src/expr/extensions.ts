import { DefinitionError, received } from "../errors.js";
import type { TimeUnit } from "../types/data-type.js";
import { call, castUnit, toTimestamp } from "./call.js";
import { Expr, wrap } from "./expr.js";
import {
  BoolExpr,
  Int64Expr,
  TimestampExpr,
  type BoolOperand,
  type Float64Expr,
  type Float64Operand,
  type Int64Operand,
  type TimestampOperand,
  type Utf8Expr,
  type Utf8Operand,
} from "./functions.gen.js";
import { literal, naturalType } from "./literal.js";

/** Methods and functions whose types the catalogue cannot state. */

declare module "./functions.gen.js" {
  interface TimestampExpr {
    /** The same instant in another unit. A coarser unit floors; a finer one fails with INTEGER_OVERFLOW where it does not fit. */
    castUnit(unit: TimeUnit): TimestampExpr;
  }
  interface Int64Expr {
    /** These ticks since 1970-01-01T00:00:00 UTC as a timestamp. */
    toTimestamp(unit: TimeUnit, zone?: string): TimestampExpr;
  }
}

TimestampExpr.prototype.castUnit = function (unit) {
  return castUnit(this, unit) as TimestampExpr;
};
Int64Expr.prototype.toTimestamp = function (unit, zone) {
  return toTimestamp(this, unit, zone) as TimestampExpr;
};

/** A constant as an expression. */
export function lit(value: number): Float64Expr;
export function lit(value: bigint): Int64Expr;
export function lit(value: boolean): BoolExpr;
export function lit(value: string): Utf8Expr;
export function lit(value: Date): TimestampExpr;
export function lit(value: number | bigint | boolean | string | Date): Expr {
  return wrap(literal(naturalType(value), value));
}

/** The expression class of an operand. */
type ResultOf<T> = T extends Expr
  ? T
  : T extends number
    ? Float64Expr
    : T extends bigint
      ? Int64Expr
      : T extends boolean
        ? BoolExpr
        : T extends string
          ? Utf8Expr
          : T extends Date
            ? TimestampExpr
            : never;

type AnyOperand = Expr | number | bigint | boolean | string | Date;

/** What may stand in the other branch. */
type Matching<T> =
  ResultOf<T> extends Float64Expr
    ? Float64Operand
    : ResultOf<T> extends Int64Expr
      ? Int64Operand
      : ResultOf<T> extends BoolExpr
        ? BoolOperand
        : ResultOf<T> extends Utf8Expr
          ? Utf8Operand
          : ResultOf<T> extends TimestampExpr
            ? TimestampOperand
            : ResultOf<T>;

interface Branch<T> {
  /** Another condition, looked at where those before did not hold. */
  when(condition: BoolOperand): { then(value: Matching<T>): Branch<T> };
  /** The value where no condition holds (false or null). */
  otherwise(value: Matching<T>): ResultOf<T>;
  /** Null where no condition holds. */
  otherwiseNull(): ResultOf<T>;
}

function branch<T>(cases: readonly (readonly [condition: unknown, value: unknown])[]): Branch<T> {
  return {
    when: (condition) => ({ then: (value) => branch<T>([...cases, [condition, value]]) }),
    otherwise: (value) => build(cases, value) as ResultOf<T>,
    otherwiseNull: () => build(cases, null) as ResultOf<T>,
  };
}

function build(cases: readonly (readonly [condition: unknown, value: unknown])[], last: unknown): Expr {
  return cases.reduceRight<unknown>((otherwise, [condition, value]) => call("if", [condition, value, otherwise]), last) as Expr;
}

/** `when(c).then(a).when(d).then(b).otherwise(e)`: the value of the first condition that is true; null is not true. */
export function when(condition: BoolOperand): { then<T extends AnyOperand>(value: T): Branch<T> } {
  return { then: (value) => branch([[condition, value]]) };
}

/** The value whose key equals the expression, else `otherwise`: `switchOn(country, { de: 1, fr: 2 }, 0)`. Tested in the order given. */
export function switchOn<T extends AnyOperand>(on: Utf8Expr, cases: Readonly<Record<string, T>>, otherwise: Matching<T>): ResultOf<T> {
  const entries = Object.entries(cases);
  if (entries.length === 0) {
    throw new DefinitionError("INVALID_DEFINITION", "switchOn needs a case", { actual: received(cases) });
  }
  return build(entries.map(([key, value]) => [on.eq(key), value] as const), otherwise) as ResultOf<T>;
}

type Variadic = "coalesce" | "greatest" | "least";

function fold(name: Variadic | "concat" | "cross", operands: readonly unknown[]): Expr {
  const [first, ...rest] = operands;
  const start = first instanceof Expr ? first : wrap(literal(naturalType(first), first));
  return rest.reduce<Expr>((left, right) => call(name, [left, right]), start);
}

/** The first operand that is not null. */
export function coalesce<T extends Expr>(first: T, ...others: readonly Matching<T>[]): T {
  return fold("coalesce", [first, ...others]) as T;
}
/** The greatest operand; null if any is null, NaN if any is NaN. */
export function greatest<T extends Expr>(first: T, ...others: readonly Matching<T>[]): T {
  return fold("greatest", [first, ...others]) as T;
}
/** The least operand; null if any is null, NaN if any is NaN. */
export function least<T extends Expr>(first: T, ...others: readonly Matching<T>[]): T {
  return fold("least", [first, ...others]) as T;
}
/** The texts joined; null if any is null. */
export function concat(...texts: readonly [Utf8Operand, ...Utf8Operand[]]): Utf8Expr {
  return fold("concat", texts) as Utf8Expr;
}
/** True if all are true, false if any is false, else null. */
export function allOf(first: BoolExpr, ...others: readonly BoolOperand[]): BoolExpr {
  return others.reduce<BoolExpr>((left, right) => call("and", [left, right]) as BoolExpr, first);
}
/** True if any is true, false if all are false, else null. */
export function anyOf(first: BoolExpr, ...others: readonly BoolOperand[]): BoolExpr {
  return others.reduce<BoolExpr>((left, right) => call("or", [left, right]) as BoolExpr, first);
}
/** The texts as one key, with a separator that text does not hold (U+001F): a feature cross. */
export function cross(...texts: readonly [Utf8Operand, ...Utf8Operand[]]): Utf8Expr {
  return fold("cross", texts) as Utf8Expr;
}
