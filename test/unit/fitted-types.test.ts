// What the compiler must accept and refuse; `tsc` is the test, and running it shows that refusals hold at run time too.
import { expect, expectTypeOf, test } from "vitest";
import { columns, defineFeatures, t, type BoolExpr, type ColumnsExpr, type FeatureColumns, type Float64Expr, type Int64Expr, type Utf8Expr } from "../../src/index.js";

const INPUTS = { a: t.float64(), s: t.utf8(), k: t.int64(), b: t.bool() };

test("each type has the transformations that fit it", () => {
  defineFeatures({
    inputs: INPUTS,
    features: ({ a, s, k, b }) => {
      expectTypeOf(a.standardScaler({ withMean: false })).toEqualTypeOf<Float64Expr>();
      expectTypeOf(a.simpleImputer()).toEqualTypeOf<Float64Expr>();
      expectTypeOf(a.simpleImputer({ strategy: "median", addIndicator: true })).toEqualTypeOf<ColumnsExpr>();
      expectTypeOf(s.simpleImputer({ strategy: "constant", fillValue: "?" })).toEqualTypeOf<Utf8Expr>();
      expectTypeOf(k.simpleImputer({ strategy: "most_frequent" })).toEqualTypeOf<Int64Expr>();
      expectTypeOf(b.simpleImputer({ strategy: "constant", fillValue: true })).toEqualTypeOf<BoolExpr>();
      expectTypeOf(s.oneHotEncoder({ categories: ["x", null], drop: "first" })).toEqualTypeOf<ColumnsExpr>();
      expectTypeOf(k.ordinalEncoder({ categories: [1n, 2] })).toEqualTypeOf<Float64Expr>();
      expectTypeOf(a.kBinsDiscretizer({ encode: "ordinal" })).toEqualTypeOf<Float64Expr>();
      expectTypeOf(a.kBinsDiscretizer()).toEqualTypeOf<ColumnsExpr>();
      expectTypeOf(s.topKCategorical()).toEqualTypeOf<Utf8Expr>();
      expectTypeOf(a.kBinsDiscretizer({ strategy: "kmeans" })).toEqualTypeOf<ColumnsExpr>();
      expectTypeOf(a.splineTransformer({ degree: 2 })).toEqualTypeOf<FeatureColumns>();
      expectTypeOf(columns(a, k).polynomialFeatures({ degree: [1, 3] })).toEqualTypeOf<FeatureColumns>();
      expectTypeOf(columns({ a, k }).normalizer({ norm: "max" })).toEqualTypeOf<FeatureColumns>();
      expectTypeOf(columns(a, k).pca({ nComponents: 1 })).toEqualTypeOf<ColumnsExpr>();
      expectTypeOf(columns(a, k).pca({ components: [[1, 2]] })).toEqualTypeOf<FeatureColumns>();
      expectTypeOf(s.targetEncoder({ target: b, smooth: 5 })).toEqualTypeOf<Float64Expr>();
      expectTypeOf(s.missingIndicator()).toEqualTypeOf<BoolExpr>();
      return { x: a.log1p().simpleImputer().standardScaler(), y: s.topKCategorical().oneHotEncoder().as("bool") };
    },
  });
});

test("and no others", () => {
  const refused = (features: Parameters<typeof defineFeatures<typeof INPUTS>>[0]["features"]): void => {
    expect(() => defineFeatures({ inputs: INPUTS, features })).toThrow();
  };
  // @ts-expect-error text is not scaled
  refused(({ s }) => ({ x: s.standardScaler() }));
  // @ts-expect-error bins are for numbers
  refused(({ k }) => ({ x: k.kBinsDiscretizer() }));
  // @ts-expect-error text has no mean, so the strategy must be named
  refused(({ s }) => ({ x: s.simpleImputer().oneHotEncoder() }));
  // @ts-expect-error nor has int64
  refused(({ k }) => ({ x: k.simpleImputer({ strategy: "mean" }) }));
  // @ts-expect-error text has no indicator beside it
  refused(({ s }) => ({ x: s.simpleImputer({ strategy: "constant", addIndicator: true }) }));
  // @ts-expect-error several columns end a chain
  refused(({ a }) => ({ x: a.simpleImputer({ addIndicator: true }).standardScaler() }));
  // @ts-expect-error several columns are not an operand
  refused(({ a, s }) => ({ x: a.add(s.oneHotEncoder()) }));
  // @ts-expect-error categories have the column's type
  refused(({ s }) => ({ x: s.oneHotEncoder({ categories: [1, 2] }) }));
  // @ts-expect-error a policy that the ordinal encoder lacks
  refused(({ s }) => ({ x: s.ordinalEncoder({ handleUnknown: "ignore" }) }));
  // @ts-expect-error a target is a number or a condition
  refused(({ s }) => ({ x: s.targetEncoder({ target: s }) }));
  // @ts-expect-error and cannot be left out
  refused(({ s }) => ({ x: s.targetEncoder() }));
  // @ts-expect-error splines are for numbers
  refused(({ s }) => ({ x: s.splineTransformer() }));
  // @ts-expect-error a norm that there is not
  refused(({ a, k }) => ({ x: columns(a, k).normalizer({ norm: "l3" }) }));
  // @ts-expect-error fitted components end a chain
  refused(({ a, k }) => ({ x: columns(a, k).pca().normalizer() }));
  // @ts-expect-error a misspelt option
  refused(({ a }) => ({ x: a.minMaxScaler({ feature_range: [0, 1] }) }));
});
