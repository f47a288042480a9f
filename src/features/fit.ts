import { RecordBatch, Table } from "apache-arrow";
import { AbortedError, FitError, InputError, SkewlessError, received } from "../errors.js";
import { Engine, type BatchStream } from "../engine/engine.js";
import { tableOf, type VectorMap } from "../engine/batch-engine.js";
import { formatNode, type FittedNode, type Node } from "../expr/node.js";
import { openTable } from "../io/index.js";
import { buildPlan, type PlannedFeature } from "../plan/builder.js";
import { optimize } from "../plan/rewrite/index.js";
import type { OutputType } from "../types/data-type.js";
import { fittedNodes, type Declaration } from "./definition.js";
import { fitColumn } from "./fit-column.js";
import { Resolver } from "./resolve.js";
import { findTransform, type Accumulator, type StateObject } from "./transform.js";

/** Training data: Arrow in memory, a path, a stream (read once), or a function that gives the stream anew for each pass. */
export type FitData = Table | RecordBatch | VectorMap | string | BatchStream | (() => BatchStream | Promise<BatchStream>);

export interface FitOptions {
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

function opener(data: FitData, columns: readonly string[]): { open: () => Promise<BatchStream>; once: boolean } {
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

const FIT_OUTPUT: Record<string, OutputType> = { float64: "float64", int64: "int64", bool: "bool", utf8: "utf8", timestamp: "timestamp" };

function* consumers(level: readonly FittedNode[], resolver: Resolver): Generator<{ node: FittedNode; feature: PlannedFeature; accumulator: Accumulator<StateObject> }> {
  for (const [i, node] of level.entries()) {
    const transform = findTransform(node.transform);
    const arg = node.args[0] as Node;
    if (transform === undefined) throw new FitError("INVALID_DEFINITION", `unknown transformation ${node.transform}`);
    yield {
      node,
      feature: { name: `${i}`, node: resolver.node(arg), output: FIT_OUTPUT[arg.type.kind] ?? "float64" },
      accumulator: transform.begin(node.options, arg.type),
    };
  }
}

/** Adds which transformation was being fitted to an accumulator's error. */
function located(error: unknown, node: FittedNode, firstRow: number): unknown {
  if (!(error instanceof FitError)) return error;
  return error.with(error.row === undefined ? {} : { row: firstRow + error.row }, `fitting ${formatNode(node)}: ${error.what}`);
}

/** The states of all fitted transformations of a declaration, in as few passes over the data as their chains allow. */
export async function fitStates(declaration: Declaration, data: FitData, options: FitOptions = {}): Promise<Map<FittedNode, StateObject>> {
  const states = new Map<FittedNode, StateObject>();
  const levels = passes(fittedNodes(declaration.features));
  const inputs = Object.entries(declaration.inputs).map(([name, input]) => ({ name, input }));
  const { open, once } = opener(data, inputs.map(({ name }) => name));
  if (once && levels.length > 1) {
    throw new FitError("READ_ONCE", `fitting takes ${levels.length} passes, and this stream can be read only once`, {
      fix: "Give a Table, a path, or a function that returns the stream",
    });
  }
  for (const [pass, level] of levels.entries()) {
    const resolver = new Resolver(states);
    const work = [...consumers(level, resolver)];
    const engine = new Engine(optimize(buildPlan(inputs, work.map(({ feature }) => feature))), { threads: options.threads ?? 1 });
    let rows = 0;
    for await (const columns of computed(engine, await open(), options.signal)) {
      for (const [i, { node, accumulator, feature }] of work.entries()) {
        try {
          for (const piece of columns.batches) accumulator.update(fitColumn(piece, i, feature.node.type));
        } catch (error) {
          throw located(error, node, rows);
        }
      }
      rows += columns.numRows;
      options.onProgress?.({ rows, pass: pass + 1, passes: levels.length });
    }
    if (rows === 0) throw new FitError("NO_ROWS", "there are no rows to fit on");
    for (const { node, accumulator } of work) {
      try {
        states.set(node, accumulator.finish());
      } catch (error) {
        throw located(error, node, 0);
      }
    }
  }
  return states;
}

/** Rows that are computed and taken in at a time: their columns stay in the cache, and memory does not grow with a batch. */
const PART_ROWS = 131_072;

function* parts(batch: RecordBatch): Generator<RecordBatch> {
  if (batch.numRows <= PART_ROWS) {
    yield batch;
    return;
  }
  for (let from = 0; from < batch.numRows; from += PART_ROWS) yield batch.slice(from, Math.min(from + PART_ROWS, batch.numRows));
}

/** The transformations' inputs, part by part; the next part is computed while the caller takes in this one. */
async function* computed(engine: Engine, stream: BatchStream, signal: AbortSignal | undefined): AsyncGenerator<Table> {
  let ahead: Promise<Table> | undefined;
  let rows = 0;
  for await (const batch of stream) {
    if (!(batch instanceof RecordBatch)) {
      throw new InputError("WRONG_TYPE", "training data", { expected: "a stream of Arrow record batches", actual: received(batch) });
    }
    for (const part of parts(batch)) {
      if (signal?.aborted) throw new AbortedError("fitting was aborted", signal.reason);
      const before = ahead;
      ahead = compute(engine, part, rows);
      ahead.catch(() => undefined); // looked at when its turn comes, if it comes
      rows += part.numRows;
      if (before !== undefined) yield await before;
    }
  }
  if (ahead !== undefined) yield await ahead;
}

/** One batch of the transformations' inputs; a failing row is counted from the stream's start. */
async function compute(engine: Engine, batch: RecordBatch, firstRow: number): Promise<Table> {
  try {
    return await engine.batchAsync(batch);
  } catch (error) {
    throw error instanceof SkewlessError && error.row !== undefined ? error.with({ row: firstRow + error.row }) : error;
  }
}
