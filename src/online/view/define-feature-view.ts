import { DefinitionError, received } from "../../errors.js";
import { Expr } from "../../expr/expr.js";
import { declare, nodesBelow, type Declaration, type Features } from "../../features/definition.js";
import { FeatureSet, type FitTransformOptions } from "../../features/define-features.js";
import { fitStates, type FitData, type FitOptions } from "../../features/fit.js";
import { declarationDigest } from "../../features/fit-state.js";
import type { FitTransformResult } from "../../features/fit-transform.js";
import type { ExprsOf, Inputs } from "../../features/inputs.js";
import { rowFilter } from "../../features/where.js";
import { checkName, onlyProperties } from "../names.js";
import { declareContract, inputsOf, type ViewContract } from "./contract.js";
import { FittedView } from "./fitted-view.js";
import { materialize, type MaterializeOptions, type MaterializeResult } from "./materialize.js";
import type { PoliciesOf } from "./policies.js";
import { parseRequest } from "./request.js";
import { openApi, viewSchema, type OpenApiOptions, type ViewSchema } from "./schema.js";
import { fittedStatistics, statisticFits } from "./statistics.js";
import type {
  FeatureRequest,
  FeaturesOf,
  InputsOf,
  KeysOf,
  LabelInputsOf,
  LabelsDeclaration,
  None,
  OverridesOf,
  OwnOf,
  PassedDeclaration,
  ViewExprs,
  ViewGroup,
  ViewShape,
} from "./types.js";
import { untransformedOf, type Untransformed } from "./untransformed.js";

/** Expressions with names of their own, which features use like inputs. */
export type OnDemand = Readonly<Record<string, Expr>>;

/** Inputs that fitting's `where` may read: the view's, and labels with a type. */
export type FitInputs<Shape extends ViewShape> = InputsOf<Shape> & Shape["labels"];

/**
 * A declared feature view: groups joined by serving keys, what a request may bring, and the features of the vector.
 */
export class FeatureView<Shape extends ViewShape = ViewShape> {
  readonly name: string;
  readonly version: number;
  /** @internal */
  readonly contract: ViewContract;
  /** @internal */
  readonly onDemand: readonly string[];
  /** @internal */
  readonly untransformed: Untransformed;
  readonly #declaration: Declaration;

  /** @internal */
  constructor(contract: ViewContract, declaration: Declaration, onDemand: readonly string[]) {
    this.name = contract.name;
    this.version = contract.version;
    this.contract = contract;
    this.onDemand = onDemand;
    this.#declaration = declaration;
    this.untransformed = untransformedOf(declaration, new Set(Object.keys(contract.labelTypes)));
  }

  /** @internal Of inputs, expressions and options: a saved view of the same digest was fitted from this declaration. */
  get digest(): string {
    return declarationDigest(this.#declaration, undefined);
  }

  /**
   * Learns the state of every fitted transformation and the statistics that policies name. The data's columns have the
   * names of the view's inputs (and typed labels); those that nothing reads may be missing.
   */
  async fit(data: FitData, options: FitOptions<FitInputs<Shape>> = {}): Promise<FittedView<Shape>> {
    const fits = statisticFits(this.contract.policies, this.#declaration);
    const filter = rowFilter(this.#declaration, options.where);
    const declaration = this.#reading([...fits.map(({ feature }) => feature.node), ...(filter === undefined ? [] : [filter.expr.node])]);
    const learning: Declaration = { ...declaration, features: [...declaration.features, ...fits.map(({ feature }) => feature)] };
    const { states } = await fitStates(learning, data, options as FitOptions<never>, rowFilter(declaration, options.where));
    const features = new FeatureSet(declaration.inputs, declaration).withStates(states, filter?.plan);
    return new FittedView<Shape>(this.contract, features, this.untransformed, this.onDemand, fittedStatistics(fits, this.#declaration.inputs, states), this.digest);
  }

  /**
   * Fits, and transforms the training rows as a model should see them in training: what learns from a label
   * (targetEncoder) encodes each fold of the rows by what the other folds taught. Reads the data several times.
   */
  async fitTransform(
    data: FitData,
    options: FitTransformOptions<FitInputs<Shape>> = {},
  ): Promise<Pick<FitTransformResult<Inputs>, "table" | "folds"> & { readonly fitted: FittedView<Shape> }> {
    const filter = rowFilter(this.#declaration, options.where);
    const declaration = this.#reading(filter === undefined ? [] : [filter.expr.node]);
    const set = new FeatureSet(declaration.inputs, declaration);
    const { table, folds } = await set.fitTransform(data, options as FitTransformOptions<never>);
    return { fitted: await this.fit(data, options), table, folds };
  }

  /** The fitted view of a declaration without fitted transformations and statistics; NOT_FITTED otherwise. */
  withoutFitting(): FittedView<Shape> {
    if (statisticFits(this.contract.policies, this.#declaration).length > 0) {
      throw new DefinitionError("NOT_FITTED", "the policies need statistics of training data", { fix: "Call fit() first" });
    }
    const declaration = this.#reading([]);
    const features = new FeatureSet(declaration.inputs, declaration).withoutFitting();
    return new FittedView<Shape>(this.contract, features, this.untransformed, this.onDemand, {}, this.digest);
  }

  /** Loads rows of one of the view's groups into a store; see {@link MaterializeOptions}. */
  materialize(data: FitData, options: MaterializeOptions): Promise<MaterializeResult> {
    return materialize(this.contract, data, options);
  }

  /** JSON Schemas of a deployment's requests and answers. */
  schema(): ViewSchema {
    return viewSchema(this.contract);
  }

  /** An OpenAPI 3.1 document of a deployment. */
  openapi(options: OpenApiOptions = {}): Readonly<Record<string, unknown>> {
    return openApi(this.contract, options);
  }

  /** A request from a JSON body: INVALID_REQUEST with the path where it does not fit the schema. */
  parseRequest(json: unknown): FeatureRequest<Shape> {
    return parseRequest(this.contract, json) as FeatureRequest<Shape>;
  }

  /** The declaration with only the inputs that features or `others` read. */
  #reading(others: readonly Expr["node"][]): Declaration {
    const used = new Set(nodesBelow([...this.#declaration.features.map(({ node }) => node), ...others]).flatMap((node) => (node.kind === "input" ? [node.name] : [])));
    const inputs = Object.fromEntries(Object.entries(this.#declaration.inputs).filter(([name]) => used.has(name)));
    return { ...this.#declaration, inputs };
  }
}

/** Any other name than these is an error: it would otherwise be undefined, and fail far from the mistake. */
function guarded(exprs: Record<string, Expr>, where: string): Record<string, Expr> {
  return new Proxy(exprs, {
    get(target, key) {
      if (typeof key === "symbol" || Object.hasOwn(target, key)) return target[key as string];
      throw new DefinitionError("INVALID_DEFINITION", `${where} reads an input that is not declared`, { path: ["inputs", key], expected: Object.keys(target).join(", ") });
    },
  });
}

function pick(exprs: Readonly<Record<string, Expr>>, names: readonly string[]): Record<string, Expr> {
  const out = Object.create(null) as Record<string, Expr>;
  for (const name of names) out[name] = exprs[name] as Expr;
  return out;
}

function buildOnDemand(build: unknown, exprs: Record<string, Expr>, taken: Inputs): OnDemand {
  if (build === undefined) return {};
  if (typeof build !== "function") {
    throw new DefinitionError("INVALID_DEFINITION", "onDemand", { expected: "a function from inputs to expressions", actual: received(build) });
  }
  const built: unknown = (build as (inputs: Record<string, Expr>) => unknown)(guarded(exprs, "onDemand"));
  if (typeof built !== "object" || built === null || Array.isArray(built)) {
    throw new DefinitionError("INVALID_DEFINITION", "onDemand must return an object of expressions", { actual: received(built) });
  }
  for (const [name, expr] of Object.entries(built)) {
    const path = ["onDemand", name];
    checkName(path, name);
    if (Object.hasOwn(taken, name)) throw new DefinitionError("INVALID_DEFINITION", "an input has this name", { path, fix: "Rename one of them" });
    if (!(expr instanceof Expr)) throw new DefinitionError("INVALID_DEFINITION", "not an expression", { path, actual: received(expr) });
    const fitted = nodesBelow([expr.node]).find((node) => node.kind === "fitted");
    if (fitted?.kind === "fitted") {
      throw new DefinitionError("INVALID_DEFINITION", `on-demand features cannot use ${fitted.transform}, which is fitted`, { path, fix: "Apply it in features" });
    }
  }
  return built as OnDemand;
}

/** Helpers, keys and labels are never columns of the vector. */
function refuseDropped(contract: ViewContract, declaration: Declaration): void {
  for (const { name, node } of declaration.features) {
    if (node.kind !== "input") continue;
    const kind = contract.helpers.includes(node.name)
      ? "helper"
      : Object.hasOwn(contract.servingKeys, node.name)
        ? "serving key"
        : contract.labels.includes(node.name)
          ? "label"
          : undefined;
    if (kind === undefined) continue;
    throw new DefinitionError("INVALID_DEFINITION", `the feature is the ${kind} ${JSON.stringify(node.name)}, which is never in the vector`, { path: ["features", name] });
  }
}

const PROPERTIES = ["name", "version", "groups", "requestParameters", "passedFeatures", "helpers", "labels", "onDemand", "features", "policies"];

/** The shape of a declaration with these parts. */
export interface ShapeOf<Groups extends readonly ViewGroup[], Passed, Parameters extends Inputs, Labels> extends ViewShape {
  readonly keys: KeysOf<Groups>;
  readonly features: FeaturesOf<Groups>;
  readonly overrides: OverridesOf<Passed> & string;
  readonly own: OwnOf<Passed>;
  readonly parameters: Parameters;
  readonly labels: LabelInputsOf<Labels>;
}

/**
 * Declares a feature view.
 *
 * @example
 * const view = defineFeatureView({
 *   name: "fraud", version: 1,
 *   groups: [cards, { group: places, keys: { id: "place_id" }, prefix: "place_" }],
 *   requestParameters: { amount: t.float64(), at: t.timestamp("ms") },
 *   passedFeatures: ["amount_mean"],
 *   helpers: ["prev_at"],
 *   labels: ["is_fraud"],
 *   onDemand: ({ at, prev_at }) => ({ seconds_since: at.diff(prev_at) }),
 *   features: ({ amount, seconds_since, place_risk }) => ({ amount: amount.log1p().standardScaler(), seconds_since, place_risk }),
 * });
 */
export function defineFeatureView<
  const Groups extends readonly ViewGroup[],
  const Parameters extends Inputs = None,
  const Passed extends PassedDeclaration<keyof FeaturesOf<Groups> & string> = readonly [],
  const Labels extends LabelsDeclaration = readonly [],
  Named extends OnDemand = None,
>(definition: {
  readonly name: string;
  /** An integer from 1; raise it with every change that models must not mix up. */
  readonly version: number;
  readonly groups: Groups;
  /** Values that only the request knows: inputs of expressions. */
  readonly requestParameters?: Parameters;
  /** Names of groups' features that a request may override; or an object of those as "lookedUp" and of typed own ones. */
  readonly passedFeatures?: Passed;
  /** Inputs that feed expressions and are never in the vector. */
  readonly helpers?: readonly NoInfer<keyof (FeaturesOf<Groups> & OwnOf<Passed> & Parameters) & string>[];
  /** Columns of training data only. With types they may teach fitted transformations (targetEncoder). */
  readonly labels?: Labels;
  /** What to do about missing, late and invalid values and failing stores. */
  readonly policies?: NoInfer<PoliciesOf<FeaturesOf<Groups> & OwnOf<Passed> & Parameters>>;
  /** Expressions with names, which `features` gets beside the inputs. Stands before `features`, as its types depend on it. */
  readonly onDemand?: (inputs: ViewExprs<ShapeOf<Groups, Passed, Parameters, Labels>>) => Named;
  readonly features: (inputs: ViewExprs<ShapeOf<Groups, Passed, Parameters, Labels>> & ExprsOf<LabelInputsOf<Labels>> & Named) => Features;
}): FeatureView<ShapeOf<Groups, Passed, Parameters, Labels>> {
  if (typeof definition !== "object" || definition === null) {
    throw new DefinitionError("INVALID_DEFINITION", "feature view", { expected: "an object", actual: received(definition) });
  }
  onlyProperties([], definition, PROPERTIES);
  const contract = declareContract(definition);
  const inputs = inputsOf(contract);
  const all: Inputs = { ...inputs, ...contract.labelTypes };
  let named: OnDemand = {};
  const declaration = declare(all, (exprs: Readonly<Record<string, Expr>>) => {
    const { onDemand, features } = definition as unknown as { onDemand?: unknown; features: (inputs: Record<string, Expr>) => Features };
    if (typeof features !== "function") {
      throw new DefinitionError("INVALID_DEFINITION", "features", { expected: "a function from inputs to features", actual: received(features) });
    }
    named = buildOnDemand(onDemand, pick(exprs, Object.keys(inputs)), all);
    return features(guarded(Object.assign(pick(exprs, Object.keys(all)), named), "features"));
  });
  refuseDropped(contract, declaration);
  return new FeatureView<ShapeOf<Groups, Passed, Parameters, Labels>>(contract, declaration, Object.freeze(Object.keys(named)));
}

