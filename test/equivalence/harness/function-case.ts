// One overload of a function with one set of parameters: row mode, batch mode on every instruction set, and the
// oracle on the same arguments, each argument once as a column and once as a constant.
import type { RecordBatch } from "apache-arrow";
import { Engine } from "../../../src/engine/engine.js";
import type { OutputValue } from "../../../src/engine/row-engine.js";
import type { CatalogueOverload } from "../../../src/expr/catalogue.gen.js";
import { addon } from "../../../src/native.js";
import type { Plan } from "../../../src/plan/plan.js";
import { generators, type Generator, type Rng } from "../generators/index.js";
import { agrees, evaluate, oracle, OracleFailure, type OracleFunction, type Params, type Value } from "../oracle/index.js";
import { arrowData, recordBatch } from "./arrow.js";
import { batchMode, isFailure, requireEqual, rowMode, rowObject, vectorOf, type Failure } from "./modes.js";
import { observe, PlanMaker } from "./plans.js";
import { show } from "./settings.js";

const isas = addon().isas();

export interface FunctionCase {
  readonly name: string;
  readonly overload: CatalogueOverload;
  readonly params: Params;
  /** Argument lists, nulls among them. */
  readonly calls: readonly (readonly Value[])[];
}

/** Draws parameters and argument lists. */
export function drawCase(rng: Rng, name: string, overload: CatalogueOverload, count: number): FunctionCase {
  const generator = generators[name] as Generator;
  const params = generator.params(rng, overload.args);
  const calls = rng.many(count, (i) => {
    const args = generator.args(rng, overload.args);
    // Two in nine rows have a null somewhere; the first has none, since constants are taken from it.
    return i > 0 && rng.chance(2 / 9) ? args.map((arg) => (rng.chance(0.6) ? null : arg)) : args;
  });
  return { name, overload, params, calls };
}

type Expected = Value | OracleFailure;

function oracleAnswer({ name, params, overload }: FunctionCase, args: readonly Value[]): Expected {
  try {
    return evaluate(name, args, params, overload.args);
  } catch (error) {
    if (error instanceof OracleFailure) return error;
    throw error;
  }
}

/** Which arguments are constants, by position. */
export type Shape = readonly boolean[];

export function shapesOf(arity: number): readonly Shape[] {
  return Array.from({ length: 2 ** arity }, (_, bits) => Array.from({ length: arity }, (_, i) => ((bits >> i) & 1) === 1));
}

interface Answered {
  readonly args: readonly Value[];
  readonly values: readonly OutputValue[];
}

/** Long stretches without nulls between others, since kernels treat 64 present rows at once. */
function stretches(rng: Rng, answered: readonly Answered[], count: number): Answered[] {
  const whole = answered.filter(({ args }) => !args.includes(null));
  const out: Answered[] = [];
  while (out.length < count) {
    const pool = whole.length > 0 && rng.chance(0.6) ? whole : answered;
    out.push(...rng.many(rng.int(1, 200), () => rng.pick(pool)));
  }
  return out.slice(0, count);
}

/**
 * Checks a case in one shape; throws an Error that describes the first difference.
 *
 * @param nullable false: inputs are declared without nulls, for which other kernels run; calls with a null are left out
 */
export function checkShape(drawn: FunctionCase, shape: Shape, rng: Rng, nullable = true): void {
  const test = nullable ? drawn : { ...drawn, calls: drawn.calls.filter((call) => !call.includes(null)) };
  const { name, overload, params } = test;
  const fixed = test.calls[0] as readonly Value[];
  const maker = new PlanMaker();
  const columns = overload.args.flatMap((type, i) => (shape[i] === true ? [] : [{ name: `x${i}`, type, i, register: maker.input(`x${i}`, type, nullable) }]));
  // A plan of constants only needs a column that tells the number of rows.
  const rowsOnly = columns.length === 0;
  if (rowsOnly) maker.input("rows", "bool");
  const args = overload.args.map((type, i) => columns.find((column) => column.i === i)?.register ?? maker.constant(type, fixed[i] ?? null));
  const result = maker.call(name, args, params);
  const shown = observe(maker, "result", result);
  const plan = maker.plan();
  const engines = isas.map((isa) => new Engine(plan, { isa }));
  const row = engines[0] as Engine;
  const names = columns.map((column) => column.name);
  const context = (given: readonly Value[]) => (): string =>
    `${name}(${given.map(show).join(", ")}) ${show(params)} constants at ${show(shape)}${nullable ? "" : ", no nulls declared"}`;

  const answered: Answered[] = [];
  const failed: (readonly Value[])[] = [];
  for (const call of test.calls) {
    const given = call.map((arg, i) => (shape[i] === true ? (fixed[i] ?? null) : arg));
    const values = rowMode(row, rowObject(rowsOnly ? ["rows"] : names, rowsOnly ? [true] : columns.map(({ i }) => given[i] ?? null)));
    compareWithOracle(test, given, values, shown, context(given));
    if (isFailure(values)) failed.push(given);
    else answered.push({ args: given, values });
    if (rowsOnly) break;
  }
  const batchOf = (rows: readonly (readonly Value[])[]): RecordBatch =>
    rowsOnly
      ? recordBatch({ rows: arrowData("bool", rows.map(() => true)) }, rows.length)
      : recordBatch(Object.fromEntries(columns.map(({ name: column, type, i }) => [column, arrowData(type, rows.map((given) => given[i] ?? null))])), rows.length);
  if (answered.length > 0) {
    // More than a chunk, in an order of its own.
    const rows = [...answered, ...stretches(rng, answered, 1030 + rng.int(0, 70) - answered.length)];
    const batch = batchOf(rows.map((row) => row.args));
    for (const engine of engines) {
      const columnsOut = batchMode(engine, batch);
      if (isFailure(columnsOut)) throw new Error(`batch mode (${engine.isa}) failed where row mode did not: ${show(columnsOut)}\n${context(rows[columnsOut.row ?? 0]?.args ?? [])()}`);
      for (const [at, { args: given, values }] of rows.entries()) requireEqual(plan, columnsOut, at, values, () => `${engine.isa}: ${context(given)()}`);
    }
  }
  // A failing row somewhere in a batch: both modes name the same row, code and function.
  for (const given of failed.slice(0, 6)) {
    const alone = rowMode(row, rowObject(rowsOnly ? ["rows"] : names, rowsOnly ? [true] : columns.map(({ i }) => given[i] ?? null))) as Failure;
    const before = rng.many(answered.length === 0 || rowsOnly ? 0 : rng.int(0, 1100), () => rng.pick(answered).args);
    const after = rowsOnly ? [] : rng.many(rng.int(0, 3), () => rng.pick(failed));
    const batch = batchOf([...before, given, ...after]);
    for (const engine of engines) {
      const failure = batchMode(engine, batch);
      const expected = { ...alone, row: before.length };
      if (show(failure) !== show(expected)) throw new Error(`batch mode (${engine.isa}) should fail with ${show(expected)} and gave ${show(failure)}\n${context(given)()}`);
    }
  }
  if (!overload.result.startsWith("list<") && overload.result !== "utf8" && overload.result !== "timestamp" && !rowsOnly) {
    checkVectors(plan, names, answered.slice(0, 70).map(({ args: given }) => columns.map(({ i }) => given[i] ?? null)), batchOf(answered.slice(0, 70).map((row) => row.args)));
  }
}

/** The float32 paths: rows, rows computed together, and the matrix of a batch. */
function checkVectors(wide: Plan, names: readonly string[], rows: readonly (readonly Value[])[], batch: RecordBatch): void {
  if (rows.length === 0) return;
  const plan: Plan = { ...wide, outputs: wide.outputs.map((output) => ({ ...output, type: "float32" })) };
  for (const isa of isas) {
    const engine = new Engine(plan, { isa, crossover: 1 });
    const objects = rows.map((row) => rowObject(names, row));
    const together = engine.transform(objects);
    const matrix = vectorOf(() => engine.toMatrix(batch)) as Uint32Array;
    for (const [i, object] of objects.entries()) {
      const one = show(vectorOf(() => engine.row(object)));
      const other = show(vectorOf(() => together[i] as Float32Array));
      const matrixRow = show(matrix.slice(i * engine.names.length, (i + 1) * engine.names.length));
      if (one !== other || one !== matrixRow) {
        throw new Error(`float32 bits differ (${isa}): row ${one}, rows together ${other}, matrix ${matrixRow}\n${show(object)}`);
      }
    }
  }
}

function compareWithOracle(test: FunctionCase, args: readonly Value[], values: readonly OutputValue[] | Failure, shown: (value: Value) => Value[], context: () => string): void {
  const expected = oracleAnswer(test, args);
  const f = oracle[test.name] as OracleFunction;
  if (expected instanceof OracleFailure) {
    if (isFailure(values) && values.code === expected.code && values.function === test.name) return;
    throw new Error(`the oracle fails with ${expected.code}, row mode gave ${show(values)}\n${context()}`);
  }
  if (isFailure(values)) throw new Error(`row mode failed with ${show(values)}, the oracle gave ${show(expected)}\n${context()}`);
  for (const [i, item] of shown(expected).entries()) {
    const actual = values[i] as Value;
    if (!agrees(f, item, actual, args, test.params)) throw new Error(`the oracle gave ${show(item)}, row mode ${show(actual)} (output ${i})\n${context()}`);
  }
}
