import { DefinitionError } from "../errors.js";
import type { Engine, EngineOptions } from "../engine/engine.js";
import { formatNode, type FittedNode } from "../expr/node.js";
import { buildPlan } from "../plan/builder.js";
import { explainPlan, type ExplainFormat } from "../plan/explain.js";
import { optimize } from "../plan/rewrite/index.js";
import { declare, fittedNodes, type Declaration, type Features } from "./definition.js";
import { fitStates, type FitData, type FitOptions } from "./fit.js";
import { FittedFeatures, type FittedStep } from "./fitted-features.js";
import type { ExprsOf, Inputs, RowOf } from "./inputs.js";
import { Resolver, type States } from "./resolve.js";
import { findTransform, type StateObject } from "./transform.js";
import "../expr/extensions.js";
import "./fitted/index.js";

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
  async fit(data: FitData, options: FitOptions = {}): Promise<FittedFeatures<I>> {
    return this.#fitted(await fitStates(this.declaration, data, options));
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

  #fitted(states: States): FittedFeatures<I> {
    const resolver = new Resolver(states);
    const inputs = Object.entries(this.inputs).map(([name, input]) => ({ name, input }));
    const features = this.declaration.features.flatMap((feature) => resolver.feature(feature));
    refuseDuplicates(features.map(({ name }) => name));
    const plan = optimize(buildPlan(inputs, features));
    return new FittedFeatures(this.inputs, plan, this.#steps(states));
  }

  #steps(states: States): FittedStep[] {
    return fittedNodes(this.declaration.features).map((node) => ({
      transform: node.transform,
      version: findTransform(node.transform)?.version ?? 0,
      column: formatNode(node.args[0] as FittedNode, 8),
      features: this.declaration.features.filter((feature) => fittedNodes([feature]).includes(node)).map((feature) => feature.name),
      options: node.options,
      state: states.get(node) as StateObject,
    }));
  }
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
