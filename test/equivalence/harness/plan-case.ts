// A plan and rows: all ways to compute them agree.
import type { RecordBatch } from "apache-arrow";
import { Engine } from "../../../src/engine/engine.js";
import type { OutputValue, RowObject } from "../../../src/engine/row-engine.js";
import { addon } from "../../../src/native.js";
import { planFromJson, planToJson } from "../../../src/plan/json.js";
import type { Plan } from "../../../src/plan/plan.js";
import { optimize } from "../../../src/plan/rewrite/index.js";
import { kernelType } from "../../../src/types/data-type.js";
import { Rng } from "../generators/index.js";
import type { Value } from "../oracle/index.js";
import { arrowData, packed, recordBatch, type Layout } from "./arrow.js";
import { batchMode, columnsOf, isFailure, requireEqual, rowMode, vectorOf, type Failure } from "./modes.js";
import { evaluatePlan, exactRegisters, Failed } from "./oracle-plan.js";
import { show } from "./settings.js";

export interface PlanCase {
  readonly plan: Plan;
  readonly rows: readonly RowObject[];
}

type Result = readonly OutputValue[] | Failure;

const isas = addon().isas();

function same(a: Result, b: Result): boolean {
  if (isFailure(a) || isFailure(b)) return show(a) === show(b);
  return a.length === b.length && a.every((value, i) => Object.is(value, b[i]));
}

/** The result that the oracle has for a row, or why it has none. */
function compareWithOracle(plan: Plan, row: RowObject, result: Result): void {
  const exact = exactRegisters(plan);
  const cells = evaluatePlan(plan, row);
  const failed = plan.outputs.find(({ register }) => cells[register] instanceof Failed);
  // A failure that depends on a rounded value may come or not.
  if (plan.outputs.every(({ register }) => exact[register])) {
    if (failed !== undefined) {
      const { code, function_ } = cells[failed.register] as Failed;
      if (isFailure(result) && result.code === code && result.function === function_ && result.output === failed.name) return;
      throw new Error(`the oracle fails in ${function_} with ${code} for ${failed.name}, row mode gives ${show(result)}`);
    }
    if (isFailure(result)) throw new Error(`row mode fails with ${show(result)}, the oracle does not`);
  }
  if (isFailure(result)) return;
  for (const [i, { name, register, type }] of plan.outputs.entries()) {
    const cell = cells[register];
    if (exact[register] !== true || cell instanceof Failed) continue;
    let expected = cell as Value;
    if (expected !== null && (type === "float32" || type === "float64")) expected = Number(expected);
    if (type === "float32" && expected !== null) expected = Math.fround(expected as number);
    if (!Object.is(expected, result[i])) throw new Error(`${name}: the oracle gives ${show(expected)}, row mode ${show(result[i])}`);
  }
}

function batchOf(plan: Plan, rows: readonly RowObject[], layout: () => Layout): RecordBatch {
  const columns = plan.inputs.map(({ name, input }) => {
    const { garbage, ...bare } = layout();
    // A column of a required input has no nulls, also not around it.
    const fitting = input.isNullable && garbage !== undefined ? { ...bare, garbage } : { ...bare, bitmap: false };
    return [name, arrowData(kernelType(input.type), rows.map((row) => row[name] as Value), fitting)] as const;
  });
  return recordBatch(Object.fromEntries(columns), rows.length);
}

function requireBatch(engine: Engine, batch: RecordBatch, results: readonly Result[], what: string): void {
  const columns = batchMode(engine, batch);
  const failing = results.findIndex(isFailure);
  if (failing >= 0) {
    const expected = show({ ...(results[failing] as Failure), row: failing });
    if (!isFailure(columns) || show(columns) !== expected) throw new Error(`${what}: expected the failure ${expected}, got ${isFailure(columns) ? show(columns) : "values"}`);
    return;
  }
  if (isFailure(columns)) throw new Error(`${what} fails with ${show(columns)}, row mode does not`);
  for (const [at, values] of results.entries()) requireEqual(engine.plan, columns, at, values as readonly OutputValue[], () => what);
}

/** Throws an Error that says what differs. The seed decides about layouts and orders only. */
export function checkPlanCase({ plan, rows }: PlanCase, seed = 1): void {
  const rng = new Rng(seed);
  const engines = isas.map((isa) => new Engine(plan, { isa }));
  const row = engines[0] as Engine;
  const results = rows.map((object) => rowMode(row, object));
  for (const [i, object] of rows.entries()) compareWithOracle(plan, object, results[i] as Result);

  const layout = (): Layout => ({ before: rng.pick([0, 0, 1, 5, 64]), after: rng.int(0, 3), bitmap: rng.chance(0.3), garbage: rng, text: rng.pick(["utf8", "large", "dictionary"] as const) });
  const good = rows.flatMap((_, i) => (isFailure(results[i] as Result) ? [] : [i]));
  const bad = rows.flatMap((_, i) => (isFailure(results[i] as Result) ? [i] : []));
  const orders: number[][] = [rows.map((_, i) => i), good];
  if (good.length > 0 && rng.chance(0.3)) orders.push(rng.many(1020 + rng.int(0, 30), () => rng.pick(good)));
  for (const at of bad.slice(0, 4)) orders.push([...rng.shuffle(good).slice(0, rng.int(0, good.length)), at, ...bad]);
  for (const order of orders) {
    const batch = batchOf(plan, order.map((i) => rows[i] as RowObject), rng.chance(0.5) ? layout : () => packed);
    const expected = order.map((i) => results[i] as Result);
    for (const engine of engines) requireBatch(engine, batch, expected, `batch mode, ${engine.isa}`);
    const from = rng.int(0, order.length);
    const to = rng.int(from, order.length);
    requireBatch(rng.pick(engines), batch.slice(from, to), expected.slice(from, to), `a slice of ${from} to ${to}`);
  }

  const loaded = planFromJson(JSON.parse(JSON.stringify(planToJson(plan))));
  for (const [what, other] of [["saved and loaded", loaded], ["optimized", optimize(plan)], ["loaded and optimized", optimize(loaded)]] as const) {
    const engine = new Engine(other);
    for (const [i, object] of rows.entries()) {
      const result = rowMode(engine, object);
      if (!same(result, results[i] as Result)) throw new Error(`the ${what} plan gives ${show(result)}, the plan itself ${show(results[i])}`);
    }
    if (good.length > 0) requireBatch(engine, batchOf(plan, good.map((i) => rows[i] as RowObject), () => packed), good.map((i) => results[i] as Result), `batch mode of the ${what} plan`);
  }
  checkVectors(plan, rows);
}

/** The rows that do not fail, many times over, on several native threads: the same bits. */
export async function checkThreads({ plan, rows }: PlanCase, threads: number, rng: Rng): Promise<void> {
  const engine = new Engine(plan);
  const results = rows.map((object) => rowMode(engine, object));
  const good = rows.flatMap((_, i) => (isFailure(results[i] as Result) ? [] : [i]));
  if (good.length === 0) return;
  const picks = rng.many(threads * 8 * 1024 + 7, () => rng.pick(good));
  const table = await engine.batchAsync(batchOf(plan, picks.map((i) => rows[i] as RowObject), () => packed), { threads });
  const columns = columnsOf(plan, table.batches[0] as RecordBatch);
  for (const [at, pick] of picks.entries()) requireEqual(plan, columns, at, results[pick] as readonly OutputValue[], () => `${threads} threads`);
}

/** The float32 paths agree: row, rows computed together, matrix. */
function checkVectors(plan: Plan, rows: readonly RowObject[]): void {
  const outputs = plan.outputs.filter(({ dataType }) => ["float64", "int64", "bool"].includes(dataType.kind)).map((output) => ({ ...output, type: "float32" as const }));
  if (outputs.length === 0) return;
  const vectors: Plan = { ...plan, outputs };
  for (const isa of isas) {
    const engine = new Engine(vectors, { isa, crossover: 1 });
    const alone = rows.map((object) => vectorOf(() => engine.row(object)));
    const failing = alone.findIndex(isFailure);
    const together = vectorOf(() => {
      const words = engine.transform(rows).flatMap((vector) => [...new Uint32Array(vector.buffer, vector.byteOffset, vector.length)]);
      return new Float32Array(Uint32Array.from(words).buffer);
    });
    const matrix = vectorOf(() => engine.toMatrix(batchOf(vectors, rows, () => packed)));
    for (const [what, result] of [["rows together", together], ["matrix", matrix]] as const) {
      const expected = failing < 0 ? show(alone.flatMap((vector) => [...(vector as Uint32Array)])) : show({ ...(alone[failing] as Failure), row: failing });
      const got = isFailure(result) ? show(result) : show([...result]);
      if (got !== expected) throw new Error(`float32, ${isa}: ${what} ${got}, row by row ${expected}`);
    }
  }
}
