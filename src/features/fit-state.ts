import { createHash } from "node:crypto";
import { FitError, received, SpecError } from "../errors.js";
import type { FittedNode, Node } from "../expr/node.js";
import { canonicalJson } from "../plan/fingerprint.js";
import { planFromJson, planToJson, type Json } from "../plan/json.js";
import type { Plan } from "../plan/plan.js";
import { formatType } from "../types/data-type.js";
import { formatInputType } from "../types/input-type.js";
import { nodesBelow, type Declaration } from "./definition.js";
import { findAnyTransform, isPortable, stateFromJson, stateToJson, type ColumnsAccumulator, type StateObject, type StateValue } from "./transform.js";

export const STATE_FORMAT = "skewless.fit-state";
export const STATE_VERSION = 1;

type Accumulator = ColumnsAccumulator<StateObject>;

/** What a state is part of. */
export interface StateOrigin {
  /** Of the declaration and the row filter: only states of one origin are merged. */
  readonly digest: string;
  readonly pass: number;
  readonly passes: number;
  /** States of the passes before, in the order of the declaration's fitted nodes. */
  readonly before: readonly (StateObject | undefined)[];
  readonly filter: Plan | undefined;
  /** Names of what this pass fits, for messages. */
  readonly transforms: readonly string[];
  /** Fresh accumulators of this pass. */
  begin(): readonly Accumulator[];
}

/**
 * What one pass over a shard of the training data gathered, made by `featureSet.fitState(data)`. States of the
 * same declaration merge: `featureSet.fromState(mergeStates(a, b))` equals having fitted on the rows of both.
 */
export class FitState {
  /** Rows fitted on. */
  readonly rows: number;
  /** From 1; a chain of fitted transformations takes several passes. */
  readonly pass: number;
  readonly passes: number;
  /** @internal */
  readonly origin: StateOrigin;
  /** @internal */
  readonly accumulators: readonly Accumulator[];

  /** @internal */
  constructor(origin: StateOrigin, rows: number, accumulators: readonly Accumulator[]) {
    this.rows = rows;
    this.pass = origin.pass;
    this.passes = origin.passes;
    this.origin = origin;
    this.accumulators = accumulators;
  }

  /** As JSON with exact numbers, for `featureSet.stateFromJson` in another process. */
  toJSON(): Json {
    const { digest, pass, passes, before, filter, transforms } = this.origin;
    const fixed = this.accumulators.findIndex((accumulator) => !isPortable(accumulator));
    if (fixed >= 0) {
      throw new FitError("INVALID_DEFINITION", `what ${transforms[fixed] as string} gathers cannot be written as JSON`, {
        fix: "Merge its states in the process that made them",
      });
    }
    return {
      format: STATE_FORMAT,
      version: STATE_VERSION,
      declaration: digest,
      rows: this.rows,
      pass,
      passes,
      before: before.map((state) => (state === undefined ? null : stateToJson(state))),
      gathered: this.accumulators.map((accumulator) => stateToJson(accumulator.save?.() ?? null)),
      ...(filter === undefined ? {} : { filter: planToJson(filter) }),
    };
  }
}

/**
 * The states of several shards as one; the states given stay as they are. Counts, extremes and categories are
 * those of one run exactly, means and variances within 1e-12 relative. States of different declarations, filters
 * or passes are the error STATE_MISMATCH.
 */
export function mergeStates(first: FitState, ...others: readonly FitState[]): FitState {
  for (const [i, state] of [first, ...others].entries()) {
    if (!(state instanceof FitState)) {
      throw new FitError("STATE_MISMATCH", `argument ${i + 1} of mergeStates`, { expected: "a state made by fitState()", actual: received(state) });
    }
    checkSame(first, state, i);
  }
  const merged = first.origin.begin();
  for (const state of [first, ...others]) {
    for (const [i, accumulator] of merged.entries()) accumulator.merge(state.accumulators[i] as Accumulator);
  }
  return new FitState(first.origin, [first, ...others].reduce((sum, { rows }) => sum + rows, 0), merged);
}

function checkSame(first: FitState, other: FitState, i: number): void {
  const place = `states 1 and ${i + 1}`;
  if (first.origin.digest !== other.origin.digest) {
    throw new FitError("STATE_MISMATCH", `${place} are of different declarations or row filters`, { expected: first.origin.digest, actual: other.origin.digest });
  }
  if (first.pass !== other.pass) {
    throw new FitError("STATE_MISMATCH", `${place} are of different passes`, { expected: `pass ${first.pass}`, actual: `pass ${other.pass}` });
  }
  if (statesText(first.origin.before) !== statesText(other.origin.before)) {
    throw new FitError("STATE_MISMATCH", `${place} follow different states of the passes before`, {
      fix: "Give every shard the same merged state: fitState(shard, { after })",
    });
  }
}

function statesText(states: readonly (StateObject | undefined)[]): string {
  return canonicalJson(states.map((state) => (state === undefined ? null : stateToJson(state))));
}

/** SHA-256 of everything that decides what fitting gathers: inputs, graphs, options, versions and the row filter. */
export function declarationDigest(declaration: Declaration, filter: Plan | undefined): string {
  const nodes = nodesBelow(declaration.features.map(({ node }) => node));
  const places = new Map<Node, number>(nodes.map((node, i) => [node, i]));
  const json: Json = {
    inputs: Object.entries(declaration.inputs).map(([name, input]) => [name, formatInputType(input), input.isNullable]),
    nodes: nodes.map((node) => nodeJson(node, places)),
    features: declaration.features.map(({ name, node, output }) => [name, places.get(node) as number, output]),
    filter: filter === undefined ? null : planToJson(filter),
  };
  return createHash("sha256").update(canonicalJson(json)).digest("hex");
}

function nodeJson(node: Node, places: ReadonlyMap<Node, number>): Json {
  switch (node.kind) {
    case "input":
      return ["input", node.name];
    case "literal":
      return ["literal", formatType(node.type), stateToJson(node.value)];
    case "call":
      return ["call", node.name, node.args.map((arg) => places.get(arg) as number), stateToJson(node.params)];
    case "fitted": {
      const version = findAnyTransform(node.transform)?.version ?? 0;
      return ["fitted", node.transform, version, node.args.map((arg) => places.get(arg) as number), stateToJson(node.options as StateValue)];
    }
  }
}

/** A state's JSON, checked but for what each accumulator makes of its part. */
export interface SavedState {
  readonly digest: string;
  readonly rows: number;
  readonly pass: number;
  readonly before: readonly (StateObject | undefined)[];
  readonly gathered: readonly StateValue[];
  readonly filter: Plan | undefined;
}

export function readSavedState(json: unknown): SavedState {
  const bad = (path: string, expected: string, value: unknown): never => {
    throw new SpecError("INVALID_SPEC", "malformed state", { path: [path], expected, actual: received(value) });
  };
  if (typeof json !== "object" || json === null || Array.isArray(json)) throw new SpecError("INVALID_SPEC", "a state", { expected: "an object", actual: received(json) });
  const root = json as Readonly<Record<string, unknown>>;
  const { format, version, declaration, rows, pass, before, gathered, filter } = root;
  if (format !== STATE_FORMAT) bad("format", JSON.stringify(STATE_FORMAT), format);
  if (version !== STATE_VERSION) {
    throw new SpecError("INVALID_SPEC", `the state has format version ${String(version)}, this build reads ${STATE_VERSION}`, {
      path: ["version"],
      fix: "Use the skewless version that wrote it, or a newer one",
    });
  }
  if (typeof declaration !== "string") bad("declaration", "a digest", declaration);
  if (!Number.isSafeInteger(rows) || (rows as number) < 0) bad("rows", "a count", rows);
  if (!Number.isSafeInteger(pass) || (pass as number) < 1) bad("pass", "a number from 1", pass);
  if (!Array.isArray(before)) bad("before", "an array", before);
  if (!Array.isArray(gathered)) bad("gathered", "an array", gathered);
  return {
    digest: declaration as string,
    rows: rows as number,
    pass: pass as number,
    before: (before as unknown[]).map((state) => (state === null ? undefined : (stateFromJson(state) as StateObject))),
    gathered: (gathered as unknown[]).map(stateFromJson),
    filter: filter === undefined ? undefined : planFromJson(filter),
  };
}

/** The states of the passes before as a map. */
export function statesOf(nodes: readonly FittedNode[], before: readonly (StateObject | undefined)[]): Map<FittedNode, StateObject> {
  const out = new Map<FittedNode, StateObject>();
  for (const [i, node] of nodes.entries()) {
    const state = before[i];
    if (state !== undefined) out.set(node, state);
  }
  return out;
}
