import { DefinitionError, FitError, received } from "../../errors.js";
import { call } from "../../expr/call.js";
import { ColumnsExpr, type Expr } from "../../expr/expr.js";
import { applyTogether, isBoolean, isFiniteNumber, onlyOptions, option, optionsObject } from "../apply.js";
import { FeatureColumns, numericColumns } from "../columns.js";
import { defineColumnsTransform, type ColumnsAccumulator, type FitColumn, type StateValue } from "../transform.js";
import { Covariance } from "./statistics/covariance.js";
import { symmetricEigen, withSign } from "./statistics/eigen.js";

interface Given {
  /** A row a component, an element a column; then nothing is fitted. */
  readonly components?: readonly (readonly number[])[];
}
export interface PcaOptions extends Given {
  /** How many components; below 1, as many as explain more than this part of the variance. By default all. */
  readonly nComponents?: number;
  /** Divides each component by its standard deviation; false by default. */
  readonly whiten?: boolean;
  /** Beside `components`: the mean of each column; 0 by default. */
  readonly mean?: readonly number[];
  /** Beside `components` and `whiten`: the variance along each component. */
  readonly explainedVariance?: readonly number[];
}
export interface TruncatedSvdOptions extends Given {
  /** How many components; 2 by default. */
  readonly nComponents?: number;
}

/** Jacobi's rotations take seconds for so many. */
const MAX_COLUMNS = 512;

type Options = {
  /** null: all. */
  readonly nComponents: number | null;
  readonly whiten: boolean;
};

type State = {
  /** Rows without a missing value. */
  readonly count: number;
  /** Of each column; zeros where nothing is subtracted. */
  readonly mean: readonly number[];
  readonly components: readonly (readonly number[])[];
  readonly explainedVariance: readonly number[];
  readonly explainedVarianceRatio: readonly number[];
  readonly singularValues: readonly number[];
};

abstract class ProjectionFit implements ColumnsAccumulator<State> {
  protected readonly gathered: Covariance;
  protected readonly options: Options;

  constructor(options: Options, columns: number) {
    this.options = options;
    this.gathered = new Covariance(columns);
  }

  update(columns: readonly FitColumn[]): void {
    this.gathered.update(columns);
  }

  merge(other: this): void {
    this.gathered.merge(other.gathered);
  }

  save(): StateValue {
    return this.gathered.save();
  }

  restore(saved: StateValue): void {
    this.gathered.restore(saved);
  }

  abstract finish(): State;
}

function tooFew(count: number, least: number): FitError {
  return new FitError("NO_VALUES", `only ${count} rows have no missing value`, {
    expected: `at least ${least}`,
    fix: "Impute missing values first: x.simpleImputer()",
  });
}

class PcaFit extends ProjectionFit {
  finish(): State {
    const { count, mean } = this.gathered;
    const { nComponents } = this.options;
    const most = Math.min(count, mean.length);
    const least = Math.max(2, nComponents !== null && nComponents >= 1 ? nComponents : 2);
    if (count < least) throw tooFew(count, least);
    const pairs = symmetricEigen(this.gathered.matrix(true)).map(({ value, vector }) => ({ value: Math.max(value, 0), vector }));
    const total = pairs.reduce((sum, { value }) => sum + value, 0);
    const kept = pairs.slice(0, kindOfCount(nComponents, pairs.map(({ value }) => value / total), most));
    return {
      count,
      mean: [...mean],
      components: kept.map(({ vector }) => withSign(vector)),
      explainedVariance: kept.map(({ value }) => value / (count - 1)),
      explainedVarianceRatio: kept.map(({ value }) => value / total),
      singularValues: kept.map(({ value }) => Math.sqrt(value)),
    };
  }
}

/** How many components an option asks for. */
function kindOfCount(nComponents: number | null, ratios: readonly number[], most: number): number {
  if (nComponents === null) return most;
  if (nComponents >= 1) return nComponents;
  let sum = 0;
  let count = 0;
  while (count < most) {
    sum += ratios[count++] as number;
    if (sum > nComponents) break;
  }
  return count;
}

class SvdFit extends ProjectionFit {
  finish(): State {
    const { count, mean } = this.gathered;
    if (count === 0) throw tooFew(0, 1);
    const columns = [...mean.keys()];
    const kept = symmetricEigen(this.gathered.matrix(false)).slice(0, this.options.nComponents ?? 2);
    const components = kept.map(({ vector }) => withSign(vector));
    // The variance along v is v' C v, of the covariances C: the products of values include the mean's part.
    const along = (v: readonly number[]): number =>
      columns.reduce((sum, i) => sum + columns.reduce((row, j) => row + this.gathered.at(i, j) * (v[j] as number), 0) * (v[i] as number), 0) / count;
    const total = columns.reduce((sum, i) => sum + this.gathered.at(i, i), 0) / count;
    const explainedVariance = components.map(along);
    return {
      count,
      mean: columns.map(() => 0),
      components,
      explainedVariance,
      explainedVarianceRatio: explainedVariance.map((variance) => variance / total),
      singularValues: kept.map(({ value }) => Math.sqrt(Math.max(value, 0))),
    };
  }
}

/** Below this a component's deviation counts as 0: nothing but rounding noise would be blown up. */
const LEAST_DEVIATION = Number.EPSILON;

/** The sums of (x - mean) * element, a column a component. */
function project(xs: readonly Expr[], { mean, components, explainedVariance }: Pick<State, "mean" | "components" | "explainedVariance">, whiten: boolean): Expr[] {
  const centered = xs.map((x, j) => (mean[j] === 0 ? x : call("sub", [x, mean[j]])));
  return components.map((component, i) => {
    const sum = centered.map((x, j) => call("mul", [x, component[j]])).reduce((left, right) => call("add", [left, right]));
    return whiten ? call("div", [sum, Math.max(Math.sqrt(explainedVariance[i] as number), LEAST_DEVIATION)]) : sum;
  });
}

function describeState(state: State): [string, StateValue][] {
  return [
    ["rows", state.count],
    ...state.mean.map((mean, i): [string, StateValue] => [`mean of column ${i}`, mean]),
    ...state.components.flatMap((component, i): [string, StateValue][] => [
      [`explained variance of component ${i}`, state.explainedVariance[i] as number],
      [`explained variance ratio of component ${i}`, state.explainedVarianceRatio[i] as number],
      [`component ${i}`, component],
    ]),
  ];
}

const pca = defineColumnsTransform<Options, State>({
  name: "pca",
  version: 1,
  begin: (options, types) => new PcaFit(options, types.length),
  lower: (xs, state, options) => project(xs, state, options.whiten).map((expr, i) => ({ suffix: `pca${i}`, expr })),
  describe: describeState,
});

const truncatedSvd = defineColumnsTransform<Options, State>({
  name: "truncatedSVD",
  version: 1,
  begin: (options, types) => new SvdFit(options, types.length),
  lower: (xs, state) => project(xs, state, false).map((expr, i) => ({ suffix: `truncatedsvd${i}`, expr })),
  describe: describeState,
});

function wrong(name: string, key: string, expected: string, value: unknown): never {
  throw new DefinitionError("INVALID_PARAMETER", `${name}: option ${key}`, { expected, actual: received(value) });
}

const isNumbers = (value: unknown, length: number): value is readonly number[] => Array.isArray(value) && value.length === length && value.every(isFiniteNumber);

/** The projection that `components` and its companions give, without fitting. */
function givenProjection(name: string, xs: readonly Expr[], options: Readonly<Record<string, unknown>>): Expr[] {
  const { components, mean = xs.map(() => 0), explainedVariance, whiten = false } = options;
  const width = `${xs.length} numbers`;
  if (!Array.isArray(components) || components.length === 0 || !components.every((row) => isNumbers(row, xs.length))) {
    return wrong(name, "components", `rows of ${width}`, components);
  }
  if (!isNumbers(mean, xs.length)) return wrong(name, "mean", width, mean);
  if (!isBoolean(whiten)) return wrong(name, "whiten", "a boolean", whiten);
  const variances = explainedVariance ?? (whiten ? undefined : components.map(() => 1));
  if (!isNumbers(variances, components.length) || variances.some((variance) => variance < 0)) {
    return wrong(name, "explainedVariance", `${components.length} variances`, explainedVariance);
  }
  return project(xs, { mean, components: components as readonly (readonly number[])[], explainedVariance: variances }, whiten);
}

function checkWidth(name: string, xs: readonly Expr[]): void {
  if (xs.length > MAX_COLUMNS) {
    throw new DefinitionError("INVALID_DEFINITION", `${name} takes at most ${MAX_COLUMNS} columns`, { actual: String(xs.length) });
  }
}

declare module "../columns.js" {
  interface FeatureColumns {
    /**
     * The columns centred and projected on their principal components, as `<feature>_pca0` and so on. Rows with a
     * missing value are left out of fitting and have null or NaN in every component. With `components` given
     * nothing is fitted. As scikit-learn's PCA; a component's sign makes its greatest element by amount positive.
     */
    pca(options: PcaOptions & { readonly components: readonly (readonly number[])[] }): FeatureColumns;
    pca(options?: PcaOptions & { readonly components?: never }): ColumnsExpr;
    /**
     * The same without centring, as `<feature>_truncatedsvd0` and so on. As scikit-learn's TruncatedSVD, but
     * exact: nothing is drawn by chance.
     */
    truncatedSVD(options: TruncatedSvdOptions & { readonly components: readonly (readonly number[])[] }): FeatureColumns;
    truncatedSVD(options?: TruncatedSvdOptions & { readonly components?: never }): ColumnsExpr;
  }
}

FeatureColumns.prototype.pca = function (this: FeatureColumns, options?: PcaOptions) {
  const given = optionsObject("pca", options);
  onlyOptions("pca", given, ["nComponents", "whiten", "components", "mean", "explainedVariance"]);
  const xs = numericColumns("pca", this);
  checkWidth("pca", xs);
  if (given["components"] !== undefined) {
    if (given["nComponents"] !== undefined) wrong("pca", "nComponents", "nothing beside components", given["nComponents"]);
    const exprs = givenProjection("pca", xs, given);
    return new FeatureColumns(exprs, exprs.map((_, i) => `pca${i}`), this.output);
  }
  for (const key of ["mean", "explainedVariance"]) if (given[key] !== undefined) wrong("pca", key, "nothing without components", given[key]);
  const isWanted = (value: unknown): boolean =>
    value === null || (isFiniteNumber(value) && value > 0 && (value < 1 || (Number.isInteger(value) && value <= xs.length)));
  const nComponents = option<number | null>("pca", given, "nComponents", null, `an integer from 1 to ${xs.length}, or a part of the variance below 1`, isWanted);
  const whiten = option("pca", given, "whiten", false, "a boolean", isBoolean);
  return new ColumnsExpr(applyTogether(pca, xs, { nComponents, whiten }), this.output);
} as FeatureColumns["pca"];

FeatureColumns.prototype.truncatedSVD = function (this: FeatureColumns, options?: TruncatedSvdOptions) {
  const given = optionsObject("truncatedSVD", options);
  onlyOptions("truncatedSVD", given, ["nComponents", "components"]);
  const xs = numericColumns("truncatedSVD", this);
  checkWidth("truncatedSVD", xs);
  if (given["components"] !== undefined) {
    if (given["nComponents"] !== undefined) wrong("truncatedSVD", "nComponents", "nothing beside components", given["nComponents"]);
    const exprs = givenProjection("truncatedSVD", xs, given);
    return new FeatureColumns(exprs, exprs.map((_, i) => `truncatedsvd${i}`), this.output);
  }
  const isWanted = (value: unknown): boolean => Number.isSafeInteger(value) && (value as number) >= 1 && (value as number) <= xs.length;
  const nComponents = option("truncatedSVD", given, "nComponents", Math.min(2, xs.length), `an integer from 1 to ${xs.length}`, isWanted);
  return new ColumnsExpr(applyTogether(truncatedSvd, xs, { nComponents, whiten: false }), this.output);
} as FeatureColumns["truncatedSVD"];
