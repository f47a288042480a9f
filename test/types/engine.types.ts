// What the compiler takes and refuses of declarations, rows and engines. Never run: types.test.ts compiles it, and
// each @ts-expect-error is an error of its own once the line below it is allowed.
import type { Table } from "apache-arrow";
import { expectTypeOf } from "vitest";
import { defineFeatures, t, type ColumnsExpr, type Engine, type Feature, type Float64Expr, type FittedFeatures, type RowOf, type Utf8Expr, type TimestampExpr } from "../../src/index.js";

const set = defineFeatures({
  inputs: {
    price: t.float64(),
    count: t.int32(),
    id: t.int64(),
    paid: t.bool(),
    city: t.utf8(),
    at: t.timestamp("ms"),
    day: t.date32(),
    prices: t.list(t.float64()),
    tags: t.list(t.utf8()),
    ids: t.list(t.int64()),
    embedding: t.fixedSizeList(t.float32(), 4),
    delay: t.float64().nullable(),
    note: t.utf8().nullable(),
  },
  features: (inputs) => {
    // Exactly the declared inputs, each with the expressions of its type.
    expectTypeOf<keyof typeof inputs>().toEqualTypeOf<"price" | "count" | "id" | "paid" | "city" | "at" | "day" | "prices" | "tags" | "ids" | "embedding" | "delay" | "note">();
    expectTypeOf(inputs.price).toEqualTypeOf<Float64Expr>();
    expectTypeOf(inputs.city).toEqualTypeOf<Utf8Expr>();
    expectTypeOf(inputs.day).toEqualTypeOf<TimestampExpr>();
    expectTypeOf(inputs.delay).toEqualTypeOf<Float64Expr>();
    // @ts-expect-error no such input
    inputs.prise;
    // @ts-expect-error it is readonly
    inputs.price = inputs.delay;
    return { price: inputs.price };
  },
});
const engine = set.compile();

type Row = Parameters<typeof engine.row>[0];
expectTypeOf<Row>().toEqualTypeOf<RowOf<typeof set.inputs>>();
expectTypeOf<Row["price"]>().toEqualTypeOf<number>();
expectTypeOf<Row["id"]>().toEqualTypeOf<bigint | number>();
expectTypeOf<Row["at"]>().toEqualTypeOf<Date | bigint | number>();
expectTypeOf<Row["delay"]>().toEqualTypeOf<number | null | undefined>();

declare const row: Row;
const good = { price: 1, count: 2, id: 3n, paid: true, city: "x", at: new Date(), day: 19_000, prices: [1, null], tags: ["a", null], ids: [1n, 2], embedding: new Float32Array(4) } as const;
engine.row(good);
engine.row({ ...good, delay: null, note: undefined });
engine.row({ ...good, prices: Float64Array.of(1), ids: BigInt64Array.of(1n) });
expectTypeOf(engine.row(good)).toEqualTypeOf<Float32Array>();
expectTypeOf(engine.rows([good])).toEqualTypeOf<Float32Array[]>();
expectTypeOf(engine.transform(good)).toEqualTypeOf<Float32Array>();
expectTypeOf(engine.transform([good])).toEqualTypeOf<Float32Array[]>();
expectTypeOf(engine.batch({ price: new Float64Array(1) })).toEqualTypeOf<Table>();

// ---- rows that are refused ----

{
  const { price: _, ...rest } = good;
  // @ts-expect-error a required key is missing
  engine.row(rest);
  // @ts-expect-error in a list of rows as well
  engine.rows([good, rest]);
  // @ts-expect-error and into a target
  engine.rowInto(rest, new Float32Array(1));
  // @ts-expect-error and in transform
  engine.transform(rest);
}
// @ts-expect-error text for a number
engine.row({ ...good, price: "1" });
// @ts-expect-error a bigint for a number
engine.row({ ...good, count: 1n });
// @ts-expect-error text for a 64-bit integer
engine.row({ ...good, id: "3" });
// @ts-expect-error a number for a boolean
engine.row({ ...good, paid: 1 });
// @ts-expect-error a number for text
engine.row({ ...good, city: 1 });
// @ts-expect-error text for an instant
engine.row({ ...good, at: "2024-01-01" });
// @ts-expect-error null for an input that is not nullable
engine.row({ ...good, price: null });
// @ts-expect-error undefined for an input that is not nullable
engine.row({ ...good, city: undefined });
// @ts-expect-error text for a nullable number
engine.row({ ...good, delay: "late" });
// @ts-expect-error a list of text for a list of numbers
engine.row({ ...good, prices: ["1"] });
// @ts-expect-error a list of numbers for a list of text
engine.row({ ...good, tags: [1] });
// @ts-expect-error a lone number for a list
engine.row({ ...good, prices: 1 });
// @ts-expect-error a typing mistake in a literal's key
engine.row({ ...good, prise: 1 });
// @ts-expect-error no row at all
engine.row();
// @ts-expect-error a target of another kind
engine.rowInto(good, new Float64Array(1));
// @ts-expect-error rows() wants a list
engine.rows(good);

// ---- engines ----

// An engine that wants fewer keys takes rows with more, not the other way round.
declare const wantsPrice: Engine<{ readonly price: number }>;
declare const wantsMore: Engine<{ readonly price: number; readonly city: string }>;
wantsPrice.row(row);
const wider: Engine<{ readonly price: number; readonly city: string }> = wantsPrice;
// @ts-expect-error it would read a key that is not there
const narrower: Engine<{ readonly price: number }> = wantsMore;
wider;
narrower;
// @ts-expect-error it is readonly
engine.names = [];
// @ts-expect-error readonly elements
engine.names[0] = "x";
// @ts-expect-error it is readonly
engine.plan.nodes.push();
// @ts-expect-error unknown option
set.compile({ treads: 2 });
// @ts-expect-error threads is a number
void engine.batchAsync({}, { threads: "2" });
// @ts-expect-error an array of rows is no columnar data
engine.batch([good]);

// ---- fitted ----

(async () => {
  const fitted = await set.fit({ price: new Float64Array(1) });
  expectTypeOf(fitted).toEqualTypeOf<FittedFeatures<typeof set.inputs>>();
  expectTypeOf(fitted.compile()).toEqualTypeOf<typeof engine>();
  // @ts-expect-error a required key is missing
  fitted.compile().row({});
});

// ---- declarations ----

defineFeatures({
  inputs: { x: t.float64(), s: t.utf8() },
  features: ({ x, s }) => {
    const columns = s.oneHotEncoder();
    expectTypeOf(columns).toEqualTypeOf<ColumnsExpr>();
    // @ts-expect-error several columns cannot be chained
    columns.add(1);
    // @ts-expect-error nor be an operand
    x.add(columns);
    const feature = x.as("float64");
    expectTypeOf(feature).toEqualTypeOf<Feature<"float64">>();
    // @ts-expect-error a stored feature cannot be chained
    feature.add(1);
    // @ts-expect-error an unknown output type
    x.as("float16");
    return { columns, feature, scaled: x.standardScaler() };
  },
});
// @ts-expect-error a feature is an expression
defineFeatures({ inputs: { x: t.float64() }, features: () => ({ y: 1 }) });
// @ts-expect-error an input type is made by t
defineFeatures({ inputs: { x: "float64" }, features: () => ({}) });
// @ts-expect-error the maker itself is no type
defineFeatures({ inputs: { x: t.float64 }, features: () => ({}) });
// @ts-expect-error features is a function
defineFeatures({ inputs: { x: t.float64() }, features: {} });
// @ts-expect-error no such unit
t.timestamp("minutes");
// @ts-expect-error no lists of lists
t.list(t.list(t.float64()));
// @ts-expect-error no lists of booleans
t.list(t.bool());
