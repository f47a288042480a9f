import type {
  BoolExpr,
  Float64Expr,
  Float64ListExpr,
  Int64Expr,
  Int64ListExpr,
  TimestampExpr,
  TimestampListExpr,
  Utf8Expr,
  Utf8ListExpr,
} from "../expr/functions.gen.js";
import type { AnyInputType, InputType } from "../types/input-type.js";

export type Inputs = Readonly<Record<string, AnyInputType>>;

interface ExprByKind {
  readonly float64: Float64Expr;
  readonly int64: Int64Expr;
  readonly bool: BoolExpr;
  readonly utf8: Utf8Expr;
  readonly timestamp: TimestampExpr;
  readonly "list<float64>": Float64ListExpr;
  readonly "list<int64>": Int64ListExpr;
  readonly "list<utf8>": Utf8ListExpr;
  readonly "list<timestamp>": TimestampListExpr;
}

/** The expressions that a declaration's `features` function gets. */
export type ExprsOf<I extends Inputs> = {
  readonly [Name in keyof I]: I[Name] extends InputType<unknown, infer Kind, boolean>
    ? Kind extends keyof ExprByKind
      ? ExprByKind[Kind]
      : never
    : never;
};

type ValueOf<T> = T extends InputType<infer Value, string, boolean> ? Value : never;
type NullableNames<I extends Inputs> = { [Name in keyof I]: I[Name]["isNullable"] extends true ? Name : never }[keyof I];

/** A row object for the inputs: nullable ones may be null, undefined or left out. */
export type RowOf<I extends Inputs> = {
  readonly [Name in Exclude<keyof I, NullableNames<I>>]: ValueOf<I[Name]>;
} & {
  readonly [Name in NullableNames<I>]?: ValueOf<I[Name]>;
};
