import { DefinitionError, received } from "../../errors.js";
import { call } from "../../expr/call.js";
import { wrap, type Expr } from "../../expr/expr.js";
import { literal } from "../../expr/literal.js";
import { isBoolean, onlyOptions, option, optionsObject } from "../apply.js";
import { FeatureColumns, numericColumns } from "../columns.js";

export interface PolynomialFeaturesOptions {
  /** The greatest degree, or the least and the greatest; 2 by default. */
  readonly degree?: number | readonly [least: number, greatest: number];
  /** Leaves out powers: only products of different columns; false by default. */
  readonly interactionOnly?: boolean;
  /** The constant column 1; true by default. */
  readonly includeBias?: boolean;
}

const MAX_COLUMNS = 10_000;
const MAX_DEGREE = 64;

function readDegree(given: Readonly<Record<string, unknown>>): readonly [least: number, greatest: number] {
  const isDegree = (value: unknown): value is number => Number.isSafeInteger(value) && (value as number) >= 0 && (value as number) <= MAX_DEGREE;
  const degree = option<number | readonly [number, number]>(
    "polynomialFeatures",
    given,
    "degree",
    2,
    `an integer from 0 to ${MAX_DEGREE}, or two of them [least, greatest]`,
    (value) => isDegree(value) || (Array.isArray(value) && value.length === 2 && value.every(isDegree) && (value[0] as number) <= (value[1] as number)),
  );
  return typeof degree === "number" ? [0, degree] : [degree[0], degree[1]];
}

/** The product of some columns, ascending places, repeated for powers. */
interface Product {
  readonly places: readonly number[];
  readonly expr: Expr;
}

/** All products of one more factor, in scikit-learn's order: by their places like words in a dictionary. */
function nextDegree(xs: readonly Expr[], products: readonly Product[], interactionOnly: boolean): Product[] {
  return xs.flatMap((x, place) =>
    products
      .filter(({ places }) => (interactionOnly ? place < (places[0] as number) : place <= (places[0] as number)))
      .map(({ places, expr }) => ({ places: [place, ...places], expr: call("mul", [x, expr]) })),
  );
}

/** `a^2 b` */
function nameOf(places: readonly number[], names: readonly string[]): string {
  const powers = new Map<number, number>();
  for (const place of places) powers.set(place, (powers.get(place) ?? 0) + 1);
  return [...powers].map(([place, power]) => (power === 1 ? (names[place] as string) : `${names[place] as string}^${power}`)).join(" ");
}

function expand(xs: readonly Expr[], names: readonly string[], options: PolynomialFeaturesOptions | undefined): Product[] {
  const given = optionsObject("polynomialFeatures", options);
  onlyOptions("polynomialFeatures", given, ["degree", "interactionOnly", "includeBias"]);
  const [least, greatest] = readDegree(given);
  const interactionOnly = option("polynomialFeatures", given, "interactionOnly", false, "a boolean", isBoolean);
  const includeBias = option("polynomialFeatures", given, "includeBias", true, "a boolean", isBoolean);
  const out: Product[] = includeBias ? [{ places: [], expr: wrap(literal({ kind: "float64" }, 1)) }] : [];
  let products: Product[] = xs.map((expr, place) => ({ places: [place], expr }));
  for (let degree = 1; degree <= greatest && products.length > 0; degree++) {
    if (degree > 1) products = nextDegree(xs, products, interactionOnly);
    if (degree >= least) out.push(...products);
    if (Math.max(out.length, products.length) > MAX_COLUMNS) {
      throw new DefinitionError("INVALID_PARAMETER", `polynomialFeatures of ${names.length} columns would make more than ${MAX_COLUMNS} columns`, {
        actual: `degree ${greatest}`,
        fix: "Lower the degree or set interactionOnly",
      });
    }
  }
  if (out.length === 0) {
    throw new DefinitionError("INVALID_PARAMETER", "polynomialFeatures: these options leave no column", { actual: received(given["degree"] ?? 2) });
  }
  return out;
}

declare module "../columns.js" {
  interface FeatureColumns {
    /**
     * All products of the columns up to a degree: 1, a, b, a^2, a b, b^2. In scikit-learn's order and with its
     * names, so the columns are `<feature>_a^2`, `<feature>_a b`. Null or NaN in a column stays in its products.
     * Learns nothing, so it needs no fitting. As scikit-learn's PolynomialFeatures.
     */
    polynomialFeatures(options?: PolynomialFeaturesOptions): FeatureColumns;
  }
}

FeatureColumns.prototype.polynomialFeatures = function (options) {
  const products = expand(numericColumns("polynomialFeatures", this), this.names, options);
  const names = products.map(({ places }) => (places.length === 0 ? "1" : nameOf(places, this.names)));
  return new FeatureColumns(products.map(({ expr }) => expr), names, this.output);
};
