// What the compiler takes and refuses of expressions; see engine.types.ts.
import { expectTypeOf } from "vitest";
import {
  allOf,
  anyOf,
  coalesce,
  concat,
  greatest,
  lit,
  switchOn,
  when,
  type BoolExpr,
  type Expr,
  type Float64Expr,
  type Float64ListExpr,
  type Int64Expr,
  type TimestampExpr,
  type Utf8Expr,
  type Utf8ListExpr,
} from "../../src/index.js";

declare const x: Float64Expr;
declare const k: Int64Expr;
declare const b: BoolExpr;
declare const s: Utf8Expr;
declare const at: TimestampExpr;
declare const list: Float64ListExpr;
declare const words: Utf8ListExpr;

// ---- methods and their results ----

expectTypeOf(x.add(1)).toEqualTypeOf<Float64Expr>();
expectTypeOf(x.add(k)).toEqualTypeOf<Float64Expr>();
expectTypeOf(x.gt(k)).toEqualTypeOf<BoolExpr>();
expectTypeOf(k.add(1n)).toEqualTypeOf<Int64Expr>();
expectTypeOf(k.mod(7)).toEqualTypeOf<Int64Expr>();
expectTypeOf(b.and(true)).toEqualTypeOf<BoolExpr>();
expectTypeOf(s.length()).toEqualTypeOf<Int64Expr>();
expectTypeOf(s.lower()).toEqualTypeOf<Utf8Expr>();
expectTypeOf(s.contains("x")).toEqualTypeOf<BoolExpr>();
expectTypeOf(s.split(",")).toEqualTypeOf<Utf8ListExpr>();
expectTypeOf(words.element(0)).toEqualTypeOf<Utf8Expr>();
expectTypeOf(at.truncate("day")).toEqualTypeOf<TimestampExpr>();
expectTypeOf(list.sum()).toEqualTypeOf<Float64Expr>();
expectTypeOf(list.has(1)).toEqualTypeOf<BoolExpr>();
expectTypeOf(k.toTimestamp("s")).toEqualTypeOf<TimestampExpr>();

// ---- no method of another type ----

// @ts-expect-error text has no arithmetic
s.add(1);
// @ts-expect-error numbers have no text functions
x.lower();
// @ts-expect-error booleans have no arithmetic
b.mul(2);
// @ts-expect-error instants have no sine
at.sin();
// @ts-expect-error numbers have no hour
x.hour();
// @ts-expect-error lists have no logarithm
list.log();
// @ts-expect-error lists of text have no sum
words.sum();
// @ts-expect-error 64-bit integers have no exact square root
k.sqrt();
// @ts-expect-error there is no such function anywhere
x.teleport();

// ---- operands ----

// @ts-expect-error text is no number
x.add("1");
// @ts-expect-error nor is an expression of text
x.add(s);
// @ts-expect-error nor a boolean
x.add(true);
// @ts-expect-error nor an instant
x.add(at);
// @ts-expect-error null is no operand
x.add(null);
// @ts-expect-error an operand is missing
x.add();
// @ts-expect-error one too many
x.sub(1, 2);
// @ts-expect-error a float64 is no exact integer
k.add(x);
// @ts-expect-error text compares with text
s.eq(1);
// @ts-expect-error an instant compares with an instant
at.lt("2024-01-01");
// @ts-expect-error logic takes booleans
b.and(1);
// @ts-expect-error a list of text for a list of numbers
list.dot(words);
// @ts-expect-error an unknown option
at.hour({ zne: "UTC" });
// @ts-expect-error no such unit
at.castUnit("minutes");

// ---- kinds stay apart ----

// @ts-expect-error int64 is not float64
const asFloat: Float64Expr = k;
// @ts-expect-error float64 is not int64
const asInt: Int64Expr = x;
// @ts-expect-error bool is not text
const asText: Utf8Expr = b;
const any: Expr = x;
// @ts-expect-error an expression of unknown type is none of a known
const known: Float64Expr = any;
[asFloat, asInt, asText, known];
// @ts-expect-error it is immutable
x.node = k.node;
// @ts-expect-error it is immutable
x.type = k.type;

// ---- literals, branches, coalesce ----

expectTypeOf(lit(1)).toEqualTypeOf<Float64Expr>();
expectTypeOf(lit(1n)).toEqualTypeOf<Int64Expr>();
expectTypeOf(lit("x")).toEqualTypeOf<Utf8Expr>();
expectTypeOf(lit(true)).toEqualTypeOf<BoolExpr>();
expectTypeOf(lit(new Date())).toEqualTypeOf<TimestampExpr>();
// @ts-expect-error no literal of this type
lit({});

expectTypeOf(when(b).then(1).otherwise(2)).toEqualTypeOf<Float64Expr>();
expectTypeOf(when(b).then(x).when(x.gt(1)).then(2).otherwise(k)).toEqualTypeOf<Float64Expr>();
expectTypeOf(when(b).then("a").otherwise(s)).toEqualTypeOf<Utf8Expr>();
expectTypeOf(when(b).then(k).otherwiseNull()).toEqualTypeOf<Int64Expr>();
// @ts-expect-error a condition is a boolean
when(x).then(1);
// @ts-expect-error branches of different types
when(b).then(x).otherwise("x");
// @ts-expect-error branches of different types
when(b).then("x").otherwise(1);
// @ts-expect-error branches of different types, in the middle
when(b).then(x).when(b).then(s);
// @ts-expect-error a branch is open: no expression yet
when(b).then(x).add(1);

expectTypeOf(coalesce(x, 1)).toEqualTypeOf<Float64Expr>();
expectTypeOf(coalesce(s, "none")).toEqualTypeOf<Utf8Expr>();
// @ts-expect-error an operand of another type
coalesce(x, "none");
// @ts-expect-error an operand of another type
coalesce(s, x);
expectTypeOf(greatest(x, 1, k)).toEqualTypeOf<Float64Expr>();
// @ts-expect-error an operand of another type
greatest(x, s);
expectTypeOf(concat("a", s)).toEqualTypeOf<Utf8Expr>();
// @ts-expect-error numbers are not text
concat("a", x);
// @ts-expect-error at least one text
concat();
expectTypeOf(allOf(b, true)).toEqualTypeOf<BoolExpr>();
// @ts-expect-error numbers are not logic
anyOf(b, x);
expectTypeOf(switchOn(s, { a: 1, b: 2 }, 0)).toEqualTypeOf<Float64Expr>();
// @ts-expect-error a case of another type
switchOn(s, { a: 1, b: "2" }, 0);
// @ts-expect-error only text is switched on
switchOn(x, { a: 1 }, 0);
