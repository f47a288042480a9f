import { DefinitionError, FitError, SpecError, received } from "../errors.js";
import type { Engine, EngineOptions } from "../engine/engine.js";
import { formatNode, type FittedNode } from "../expr/node.js";
import { buildPlan } from "../plan/builder.js";
import { explainPlan, type ExplainFormat } from "../plan/explain.js";
import type { Plan } from "../plan/plan.js";
import { optimize } from "../plan/rewrite/index.js";
import { declare, fittedNodes, type Declaration, type Features } from "./definition.js";
import { fitLevels, fitShard, fitStates, repeatable, type FitData, type FitOptions } from "./fit.js";
import { beginAgain, finished } from "./fit-pass.js";
import { declarationDigest, FitState, readSavedState, statesOf, type StateOrigin } from "./fit-state.js";
import { transformByFold, type FitTransformResult } from "./fit-transform.js";
import { FittedFeatures, type FittedStep } from "./fitted-features.js";
import { Folds } from "./folds.js";
import type { ExprsOf, Inputs, RowOf } from "./inputs.js";
import { Resolver, type States } from "./resolve.js";
import { findAnyTransform, type StateObject, type StateValue } from "./transform.js";
import { planInputs, rowFilter } from "./where.js";
import "../expr/extensions.js";
import "./fitted/index.js";

/** Options of one shard's pass. */
export interface FitStateOptions<I extends Inputs = Inputs> extends FitOptions<I> {
  /** The merged state of the pass before, for chains of fitted transformations. */
  readonly after?: FitState;
}

export interface FitTransformOptions<I extends Inputs = Inputs> extends FitOptions<I> {
  /** Number of folds for transformations that are cross-fitted, from 2; 5 by default. */
  readonly folds?: number;
  /** Decides which row is in which fold; 0 by default. */
  readonly seed?: number;
}

/** A declaration of features: inputs with types, and an expression a feature. */
export class FeatureSet<I extends Inputs> {
  readonly inputs: I;
  /** @internal */
  readonly declaration: Declaration;

  /** @internal */
  constructor(inputs: I, declaration: Declaration) {
    this.inputs = inputs;
    this.declaration = declaration;
  }

  /** Learns the state of every fitted transformation. Without any, use `compile()` directly or fit on anything. */
  async fit(data: FitData, options: FitOptions<I> = {}): Promise<FittedFeatures<I>> {
    const filter = rowFilter(this.declaration, options.where);
    const { states } = await fitStates(this.declaration, data, options as FitOptions<never>, filter);
    return this.#fitted(states, filter?.plan);
  }

  /**
   * Fits, and transforms the training rows as a model should see them in training: what learns from a target
   * (targetEncoder) encodes each fold of the rows by what the other folds taught. `fitted` is what `fit` gives.
   */
  async fitTransform(data: FitData, options: FitTransformOptions<I> = {}): Promise<FitTransformResult<I>> {
    const folds = checkedFolds(options);
    const open = repeatable(data, Object.keys(this.inputs));
    const filter = rowFilter(this.declaration, options.where);
    const { states, foldStates } = await fitStates(this.declaration, data, options as FitOptions<never>, filter, folds);
    const fitted = this.#fitted(states, filter?.plan);
    const engines = foldStates.map((own) => this.#fitted(own).compile({ threads: options.threads ?? 1 }) as unknown as Engine);
    return { fitted, ...(await transformByFold(engines, folds, await open())) };
  }

  /**
   * One pass over a shard of the training data. States of all shards, merged by `mergeStates`, give the features:
   * `fromState(merged)`. A chain of fitted transformations takes a pass for each link: the next one is
   * `fitState(shard, { after: merged })`.
   */
  async fitState(data: FitData, options: FitStateOptions<I> = {}): Promise<FitState> {
    const filter = rowFilter(this.declaration, options.where);
    const nodes = fittedNodes(this.declaration.features);
    const levels = fitLevels(this.declaration);
    if (levels.length === 0) throw new FitError("INVALID_DEFINITION", "the features learn nothing", { fix: "Use withoutFitting()" });
    const digest = declarationDigest(this.declaration, filter?.plan);
    const { after } = options;
    if (after !== undefined) this.#checkOrigin(after, digest);
    if (after !== undefined && after.pass >= after.passes) {
      throw new FitError("STATE_MISMATCH", "the state given as `after` is of the last pass", { fix: "Call fromState() with it" });
    }
    const pass = (after?.pass ?? 0) + 1;
    const before = after === undefined ? new Map<FittedNode, StateObject>() : this.#finished(after);
    const level = levels[pass - 1] as FittedNode[];
    const work = await fitShard(this.declaration, level, data, before, { pass, passes: levels.length }, options as FitOptions<never>, filter);
    return new FitState(this.#origin(digest, pass, nodes.map((node) => before.get(node)), filter?.plan), work.kept, work.accumulators);
  }

  /** The fitted features of a state that all shards were merged into. */
  fromState(state: FitState): FittedFeatures<I> {
    if (!(state instanceof FitState)) {
      throw new FitError("STATE_MISMATCH", "fromState", { expected: "a state made by fitState()", actual: received(state) });
    }
    this.#checkOrigin(state, declarationDigest(this.declaration, state.origin.filter));
    if (state.pass < state.passes) {
      throw new FitError("NOT_FITTED", `the state is of pass ${state.pass} of ${state.passes}`, {
        fix: "Call fitState(shard, { after: state }) for every shard and merge again",
      });
    }
    return this.#fitted(this.#finished(state), state.origin.filter);
  }

  /** A state that `toJSON` of another process wrote; INVALID_SPEC and STATE_MISMATCH where it does not fit. */
  stateFromJson(json: unknown): FitState {
    const saved = readSavedState(json);
    const digest = declarationDigest(this.declaration, saved.filter);
    const passes = fitLevels(this.declaration).length;
    const nodes = fittedNodes(this.declaration.features);
    if (saved.digest !== digest || saved.pass > passes || saved.before.length !== nodes.length) throw otherDeclaration(digest, saved.digest);
    const origin = this.#origin(digest, saved.pass, saved.before, saved.filter);
    const accumulators = origin.begin();
    if (accumulators.length !== saved.gathered.length) throw otherDeclaration(digest, saved.digest);
    for (const [i, accumulator] of accumulators.entries()) restore(accumulator, saved.gathered[i] as StateValue, i);
    return new FitState(origin, saved.rows, accumulators);
  }

  /** The engine of a declaration without fitted transformations; NOT_FITTED otherwise. */
  compile(options: EngineOptions = {}): Engine<RowOf<I>> {
    return this.#fitted(new Map()).compile(options);
  }

  /** The spec of a declaration without fitted transformations; NOT_FITTED otherwise. */
  withoutFitting(): FittedFeatures<I> {
    return this.#fitted(new Map());
  }

  explain(format: ExplainFormat = "text"): string {
    return explainPlan(this.#fitted(new Map()).plan, format);
  }

  #origin(digest: string, pass: number, before: StateOrigin["before"], filter: Plan | undefined): StateOrigin {
    const nodes = fittedNodes(this.declaration.features);
    const levels = fitLevels(this.declaration);
    const level = levels[pass - 1] as FittedNode[];
    const states = statesOf(nodes, before);
    const begin = (): ReturnType<StateOrigin["begin"]> => level.map((node) => beginAgain(node, states));
    return { digest, pass, passes: levels.length, before, filter, transforms: level.map((node) => node.transform), begin };
  }

  #checkOrigin(state: FitState, digest: string): void {
    if (state.origin.digest !== digest) throw otherDeclaration(digest, state.origin.digest);
  }

  /** The states of all passes up to the state's own. */
  #finished(state: FitState): Map<FittedNode, StateObject> {
    const states = statesOf(fittedNodes(this.declaration.features), state.origin.before);
    const level = fitLevels(this.declaration)[state.pass - 1] as FittedNode[];
    for (const [i, node] of level.entries()) states.set(node, finished(node, state.accumulators[i] as ReturnType<typeof beginAgain>));
    return states;
  }

  /** @internal The features of states that were fitted together with others'. */
  withStates(states: States, filter?: Plan): FittedFeatures<I> {
    return this.#fitted(states, filter);
  }

  #fitted(states: States, filter?: Plan): FittedFeatures<I> {
    const resolver = new Resolver(states);
    const inputs = planInputs(this.inputs);
    const features = this.declaration.features.flatMap((feature) => resolver.feature(feature));
    refuseDuplicates(features.map(({ name }) => name));
    const plan = optimize(buildPlan(inputs, features));
    return new FittedFeatures(this.inputs, plan, this.#steps(states), filter);
  }

  #steps(states: States): FittedStep[] {
    return fittedNodes(this.declaration.features).map((node) => ({
      transform: node.transform,
      version: findAnyTransform(node.transform)?.version ?? 0,
      column: node.args.map((arg) => formatNode(arg, 8)).join(", "),
      features: this.declaration.features.filter((feature) => fittedNodes([feature]).includes(node)).map((feature) => feature.name),
      options: node.options,
      state: states.get(node) as StateObject,
    }));
  }
}

function otherDeclaration(expected: string, actual: string): FitError {
  return new FitError("STATE_MISMATCH", "the state is of another declaration or row filter", { expected, actual });
}

function restore(accumulator: ReturnType<typeof beginAgain>, saved: StateValue, i: number): void {
  try {
    accumulator.restore?.(saved);
  } catch (error) {
    throw new SpecError("INVALID_SPEC", "malformed state", { path: ["gathered", i] }, { cause: error });
  }
}

function checkedFolds({ folds = 5, seed = 0 }: FitTransformOptions<never>): Folds {
  if (!Number.isSafeInteger(folds) || folds < 2 || folds > 1000) {
    throw new DefinitionError("INVALID_PARAMETER", "fitTransform: option folds", { expected: "an integer from 2 to 1000", actual: received(folds) });
  }
  if (!Number.isSafeInteger(seed)) {
    throw new DefinitionError("INVALID_PARAMETER", "fitTransform: option seed", { expected: "an integer", actual: received(seed) });
  }
  return new Folds(folds, seed);
}

/** `a_b` with a category `c` and `a` with a category `b_c` would both make the column `a_b_c`. */
function refuseDuplicates(names: readonly string[]): void {
  const seen = new Set<string>();
  for (const name of names) {
    if (seen.has(name)) {
      throw new DefinitionError("INVALID_DEFINITION", "two features have a column of this name", {
        path: ["features", name],
        fix: "Rename one of the features",
      });
    }
    seen.add(name);
  }
}

/**
 * Declares features once, for row mode and batch mode.
 *
 * @example
 * const trips = defineFeatures({
 *   inputs: { distance: t.float64(), start: t.timestamp("ms") },
 *   features: ({ distance, start }) => ({ distance: distance.log1p().standardScaler(), weekend: start.isWeekend() }),
 * });
 */
export function defineFeatures<const I extends Inputs>(definition: {
  readonly inputs: I;
  readonly features: (inputs: ExprsOf<I>) => Features;
}): FeatureSet<I> {
  return new FeatureSet(definition.inputs, declare(definition.inputs, definition.features));
}
