import { RecordBatch, Table } from "apache-arrow";
import { FitError, InputError, received } from "../errors.js";
import type { BatchStream } from "../engine/engine.js";
import { tableOf, type VectorMap } from "../engine/batch-engine.js";
import type { BoolExpr } from "../expr/functions.gen.js";
import type { FittedNode, Node } from "../expr/node.js";
import { openTable } from "../io/index.js";
import { fittedNodes, type Declaration } from "./definition.js";
import { FitPass } from "./fit-pass.js";
import type { Folds } from "./folds.js";
import type { ExprsOf, Inputs } from "./inputs.js";
import type { States } from "./resolve.js";
import type { StateObject } from "./transform.js";
import type { RowFilter } from "./where.js";

/** Training data: Arrow in memory, a path, a stream (read once), or a function that gives the stream anew for each pass. */
export type FitData = Table | RecordBatch | VectorMap | string | BatchStream | (() => BatchStream | Promise<BatchStream>);

export interface FitOptions<I extends Inputs = Inputs> {
  /**
   * Fits only on the rows where this is true (neither false nor null): a bool expression of the inputs, which is
   * kept in the spec.
   */
  where?(inputs: ExprsOf<I>): BoolExpr;
  /** Called after each batch with the rows seen and the pass's number, from 1. */
  readonly onProgress?: (progress: FitProgress) => void;
  readonly signal?: AbortSignal;
  /** Native threads that compute the inputs of the transformations; 1 by default. */
  readonly threads?: number;
}

export interface FitProgress {
  readonly rows: number;
  readonly pass: number;
  readonly passes: number;
}

/** Fitted nodes by how many passes must come before: one below another's argument needs that one's state. */
function passes(nodes: readonly FittedNode[]): FittedNode[][] {
  const depth = new Map<Node, number>();
  // Without recursion: graphs may be deep.
  const depthOf = (root: Node): number => {
    const stack: Node[] = [root];
    for (let node = stack.at(-1); node !== undefined; node = stack.at(-1)) {
      const args = node.kind === "call" || node.kind === "fitted" ? node.args : [];
      const missing = args.filter((arg) => !depth.has(arg));
      if (missing.length > 0) {
        stack.push(...missing);
        continue;
      }
      stack.pop();
      const below = args.reduce((most, arg) => Math.max(most, depth.get(arg) as number), 0);
      depth.set(node, node.kind === "fitted" ? below + 1 : below);
    }
    return depth.get(root) as number;
  };
  const out: FittedNode[][] = [];
  for (const node of nodes) (out[depthOf(node) - 1] ??= []).push(node);
  return out;
}

/** How training data is opened for a pass, and whether that works only once. */
export function opener(data: FitData, columns: readonly string[]): { open: () => Promise<BatchStream>; once: boolean } {
  if (typeof data === "string") return { open: () => openTable(data, { columns }), once: false };
  if (data instanceof Table) return { open: () => Promise.resolve(data.batches), once: false };
  if (data instanceof RecordBatch) return { open: () => Promise.resolve([data]), once: false };
  if (typeof data === "function") return { open: async () => data(), once: false };
  if (typeof data === "object" && data !== null) {
    if (Array.isArray(data)) return { open: () => Promise.resolve(data as RecordBatch[]), once: false };
    if (Symbol.asyncIterator in data || Symbol.iterator in data) return { open: () => Promise.resolve(data as BatchStream), once: true };
    const table = tableOf(data as VectorMap);
    return { open: () => Promise.resolve(table.batches), once: false };
  }
  throw new InputError("WRONG_TYPE", "training data", {
    expected: "an Arrow Table, record batches, a path or a function that returns a stream",
    actual: received(data),
  });
}

/** The passes that a declaration takes, and for each what is fitted in it. */
export function fitLevels(declaration: Declaration): FittedNode[][] {
  return passes(fittedNodes(declaration.features));
}

export interface FitResult {
  readonly states: Map<FittedNode, StateObject>;
  /** With folds: the states for the rows of each. */
  readonly foldStates: readonly Map<FittedNode, StateObject>[];
}

/** The states of all fitted transformations of a declaration, in as few passes over the data as their chains allow. */
export async function fitStates(
  declaration: Declaration,
  data: FitData,
  options: FitOptions<never> = {},
  filter?: RowFilter,
  folds?: Folds,
): Promise<FitResult> {
  const states = new Map<FittedNode, StateObject>();
  const foldStates = Array.from({ length: folds?.count ?? 0 }, () => new Map<FittedNode, StateObject>());
  const levels = fitLevels(declaration);
  const { open, once } = opener(data, Object.keys(declaration.inputs));
  if (once && levels.length > 1) {
    throw new FitError("READ_ONCE", `fitting takes ${levels.length} passes, and this stream can be read only once`, {
      fix: "Give a Table, a path, or a function that returns the stream",
    });
  }
  for (const [pass, level] of levels.entries()) {
    const work = new FitPass(declaration, level, states, { filter, folds, threads: options.threads, signal: options.signal });
    await work.run(await open(), (rows) => options.onProgress?.({ rows, pass: pass + 1, passes: levels.length }));
    for (const [fold, own] of foldStates.entries()) for (const [node, state] of work.finish(fold)) own.set(node, state);
    for (const [node, state] of work.finish()) states.set(node, state);
  }
  return { states, foldStates };
}

/** One pass over a shard: what its rows add to a state that other shards are merged into. */
export async function fitShard(
  declaration: Declaration,
  level: readonly FittedNode[],
  data: FitData,
  states: States,
  progress: { readonly pass: number; readonly passes: number },
  options: FitOptions<never>,
  filter: RowFilter | undefined,
): Promise<FitPass> {
  const { open } = opener(data, Object.keys(declaration.inputs));
  const work = new FitPass(declaration, level, states, { filter, threads: options.threads, signal: options.signal });
  await work.run(await open(), (rows) => options.onProgress?.({ rows, ...progress }));
  return work;
}

/** Data that can be read again after fitting, to be transformed; READ_ONCE otherwise. */
export function repeatable(data: FitData, columns: readonly string[]): () => Promise<BatchStream> {
  const { open, once } = opener(data, columns);
  if (once) {
    throw new FitError("READ_ONCE", "fitTransform reads the data again after fitting, and this stream can be read only once", {
      fix: "Give a Table, a path, or a function that returns the stream",
    });
  }
  return open;
}
