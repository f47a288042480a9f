import { RecordBatch, type Table } from "apache-arrow";
import { AbortedError, FitError, InputError, SkewlessError, received } from "../errors.js";
import { Engine, type BatchStream } from "../engine/engine.js";
import { formatNode, type FittedNode } from "../expr/node.js";
import { buildPlan, type PlannedFeature } from "../plan/builder.js";
import { optimize } from "../plan/rewrite/index.js";
import type { DataType, OutputType } from "../types/data-type.js";
import type { Declaration } from "./definition.js";
import { fitColumn, selectRows, trueRows } from "./fit-column.js";
import type { Folds } from "./folds.js";
import { Resolver, type States } from "./resolve.js";
import { findAnyTransform, type AnyTransform, type ColumnsAccumulator, type FitColumn, type StateObject } from "./transform.js";
import { planInputs, WHERE_OUTPUT, type RowFilter } from "./where.js";

const FIT_OUTPUT: Record<string, OutputType> = { float64: "float64", int64: "int64", bool: "bool", utf8: "utf8", timestamp: "timestamp" };

/** A transformation to be fitted: the columns that it reads, and what it gathers from them. */
interface Work {
  readonly node: FittedNode;
  readonly types: readonly DataType[];
  /** Of the first column among the engine's. */
  readonly first: number;
  readonly accumulator: ColumnsAccumulator<StateObject>;
  /** One for the rows of each fold, where the transformation is cross-fitted. */
  readonly folds: readonly ColumnsAccumulator<StateObject>[];
}

export interface PassOptions {
  readonly filter?: RowFilter | undefined;
  readonly folds?: Folds | undefined;
  readonly threads?: number | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** One pass over the data: all transformations whose arguments need no state that is not there yet. */
export class FitPass {
  readonly #work: Work[] = [];
  readonly #engine: Engine;
  readonly #filter: number | undefined;
  readonly #options: PassOptions;
  /** Rows read, and of these the rows fitted on. */
  rows = 0;
  kept = 0;

  constructor(declaration: Declaration, level: readonly FittedNode[], states: States, options: PassOptions) {
    const { filter, folds } = options;
    const resolver = new Resolver(states, filter?.expr);
    const features: PlannedFeature[] = [];
    for (const node of level) {
      const transform = transformOf(node);
      const args = resolver.args(node);
      const xs = transform.fitInputs?.(args, node.options) ?? args;
      const types = xs.map((x) => x.type);
      const first = features.length;
      for (const x of xs) features.push({ name: `${features.length}`, node: x.node, output: FIT_OUTPUT[x.type.kind] ?? "float64" });
      const begin = (): ColumnsAccumulator<StateObject> => transform.begin(node.options, types);
      const crossed = transform.crossFit === true && folds !== undefined ? Array.from({ length: folds.count }, begin) : [];
      this.#work.push({ node, types, first, accumulator: begin(), folds: crossed });
    }
    this.#filter = filter === undefined ? undefined : features.length;
    if (filter !== undefined) features.push({ name: WHERE_OUTPUT, node: filter.expr.node, output: "bool" });
    this.#engine = new Engine(optimize(buildPlan(planInputs(declaration.inputs), features)), { threads: options.threads ?? 1 });
    this.#options = options;
  }

  get accumulators(): readonly ColumnsAccumulator<StateObject>[] {
    return this.#work.map(({ accumulator }) => accumulator);
  }

  /** Reads the stream through; `onBatch` is called after each batch. */
  async run(stream: BatchStream, onBatch: (rows: number) => void): Promise<void> {
    for await (const columns of computed(this.#engine, stream, this.#options.signal)) {
      for (const piece of columns.batches) this.#take(piece);
      onBatch(this.rows);
    }
    if (this.rows === 0) throw new FitError("NO_ROWS", "there are no rows to fit on");
    if (this.kept === 0) throw new FitError("NO_ROWS", `\`where\` is true in none of the ${this.rows} rows`);
  }

  #take(piece: RecordBatch): void {
    const { folds } = this.#options;
    const selected = this.#filter === undefined ? undefined : trueRows(fitColumn(piece, this.#filter, { kind: "bool" }));
    const first = this.rows;
    this.rows += piece.numRows;
    this.kept += selected?.length ?? piece.numRows;
    for (const { node, types, first: at, accumulator, folds: crossed } of this.#work) {
      const columns = types.map((type, i) => fitColumn(piece, at + i, type));
      update(accumulator, columns, selected, node, first);
      for (const [fold, own] of crossed.entries()) update(own, columns, folds?.rowsOf(fold, first, piece.numRows, selected), node, first);
    }
  }

  /** The states of all transformations; with `fold`, of those cross-fitted from the other folds' rows. */
  finish(fold?: number): Map<FittedNode, StateObject> {
    const states = new Map<FittedNode, StateObject>();
    for (const { node, types, accumulator, folds } of this.#work) {
      let gathered = accumulator;
      if (fold !== undefined && folds.length > 0) {
        gathered = transformOf(node).begin(node.options, types);
        for (const [i, other] of folds.entries()) if (i !== fold) gathered.merge(other);
      }
      states.set(node, finished(node, gathered));
    }
    return states;
  }
}

/** The argument types that an accumulator of a node begins with, given the states below. */
export function beginAgain(node: FittedNode, states: States): ColumnsAccumulator<StateObject> {
  const transform = transformOf(node);
  const args = new Resolver(states).args(node);
  return transform.begin(node.options, (transform.fitInputs?.(args, node.options) ?? args).map((x) => x.type));
}

export function transformOf(node: FittedNode): AnyTransform {
  const transform = findAnyTransform(node.transform);
  if (transform === undefined) throw new FitError("INVALID_DEFINITION", `unknown transformation ${node.transform}`);
  return transform;
}

export function finished(node: FittedNode, accumulator: ColumnsAccumulator<StateObject>): StateObject {
  try {
    return accumulator.finish();
  } catch (error) {
    throw located(error, node, (row) => row);
  }
}

/** Takes in some rows of the columns, or all of them. */
function update(
  accumulator: ColumnsAccumulator<StateObject>,
  columns: readonly FitColumn[],
  rows: Int32Array | undefined,
  node: FittedNode,
  firstRow: number,
): void {
  try {
    accumulator.update(rows === undefined ? columns : columns.map((column) => selectRows(column, rows)));
  } catch (error) {
    throw located(error, node, (row) => firstRow + (rows?.[row] ?? row));
  }
}

/** Adds which transformation was being fitted to an accumulator's error. */
function located(error: unknown, node: FittedNode, place: (row: number) => number): unknown {
  if (!(error instanceof FitError)) return error;
  return error.with(error.row === undefined ? {} : { row: place(error.row) }, `fitting ${formatNode(node)}: ${error.what}`);
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
