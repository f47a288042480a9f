import { DefinitionError, received } from "../../errors.js";
import { call } from "../../expr/call.js";
import { wrap, type Expr } from "../../expr/expr.js";
import { Float64ListExpr, Utf8ListExpr } from "../../expr/functions.gen.js";
import { literal } from "../../expr/literal.js";
import { formatType, kernelType } from "../../types/data-type.js";
import { isBoolean, onlyOptions, option, optionsObject } from "../apply.js";
import { FeatureColumns } from "../columns.js";
import { hashedColumns, nFeaturesOption } from "./statistics/vector-columns.js";

export interface FeatureHasherOptions {
  /** Number of columns, from 1 to 4,096. */
  readonly nFeatures: number;
  /** Whether half of all features count negatively (true, the default), so that collisions cancel out on average. */
  readonly alternateSign?: boolean;
}

export interface PairHasherOptions extends FeatureHasherOptions {
  /** What each element counts, in a list of the same size; 1 by default. */
  readonly values?: Float64ListExpr;
}

/** The hashed columns of a list of features and, where not all are 1, of their values. */
function hashed(features: Expr, values: Expr | undefined, given: Readonly<Record<string, unknown>>): FeatureColumns {
  onlyOptions("featureHasher", given, ["nFeatures", "alternateSign"]);
  const nFeatures = nFeaturesOption("featureHasher", given);
  const alternateSign = Number(option("featureHasher", given, "alternateSign", true, "a boolean", isBoolean));
  const vector = call("hashVector", values === undefined ? [features] : [features, values], { nFeatures, alternateSign, binary: 0, norm: "none" });
  return hashedColumns(vector, nFeatures);
}

declare module "../../expr/functions.gen.js" {
  interface Utf8ListExpr {
    /**
     * The list's elements counted in `nFeatures` columns `<feature>_0`, `<feature>_1`, and so on: which one, and with
     * which sign, the MurmurHash3 of the element decides; or their `values` added up, of which 0 is left out. Null
     * elements are left out too; a null list is null in every column. Lists of different sizes fail with
     * OUT_OF_RANGE. Needs no fitting. As scikit-learn's FeatureHasher with `input_type="string"`, or "pair".
     */
    featureHasher(options: PairHasherOptions): FeatureColumns;
  }
}

declare module "../columns.js" {
  interface FeatureColumns {
    /**
     * The columns of a row as features hashed into `nFeatures` columns: a number adds its value at the place of its
     * column's name, a text adds 1 at that of `name=text`. Null is left out, as if the row did not have that column.
     * Needs no fitting. As scikit-learn's FeatureHasher with `input_type="dict"`.
     */
    featureHasher(options: FeatureHasherOptions): FeatureColumns;
  }
}

Utf8ListExpr.prototype.featureHasher = function (options) {
  const { values, ...given } = optionsObject("featureHasher", options);
  if (values !== undefined && !(values instanceof Float64ListExpr)) {
    throw new DefinitionError("INVALID_PARAMETER", "featureHasher: option values", {
      path: ["values"],
      expected: "an expression of list<float64>",
      actual: received(values),
    });
  }
  return hashed(this, values, given);
};

FeatureColumns.prototype.featureHasher = function (options) {
  let features: Expr = wrap(literal({ kind: "list", item: { kind: "utf8" } }, []));
  let values: Expr = wrap(literal({ kind: "list", item: { kind: "float64" } }, []));
  for (const [i, x] of this.exprs.entries()) {
    const name = this.names[i] as string;
    const kind = kernelType(x.type);
    if (kind === "utf8") {
      features = call("append", [features, call("concat", [`${name}=`, x])]);
      values = call("append", [values, 1]);
    } else if (kind === "float64" || kind === "int64" || kind === "bool") {
      features = call("append", [features, name]);
      values = call("append", [values, kind === "float64" ? x : call("toFloat64", [x])]);
    } else {
      throw new DefinitionError("WRONG_TYPE", "featureHasher does not take this type", {
        path: [name],
        expected: "utf8, float64, int64, bool",
        actual: formatType(x.type),
      });
    }
  }
  return hashed(features, values, optionsObject("featureHasher", options));
};
