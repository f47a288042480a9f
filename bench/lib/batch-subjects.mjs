// Subjects of the batch suite: each gets two float64 columns and computes some columns of them, result in memory.
import { createRequire } from "node:module";
import { makeColumns, sampleColumns } from "./columns.mjs";
import { timeCalls } from "./measure.mjs";

const require = createRequire(import.meta.url);
const EXPOSE_GC = ["--expose-gc"];
/** Calls a round. */
export const CALLS = 3;

export const rowsOf = ({ quick }) => (quick ? 1_000_000 : 4_000_000);

/** `scale(milliseconds, rows)` turns a call's time into the case's unit. */
const subject = (name, definition, make) => ({
  execArgv: EXPOSE_GC,
  ...definition,
  prepare: async (options) => {
    const rows = rowsOf(options);
    const { run, column } = await make(makeColumns(rows), rows);
    const sample = sampleColumns(rows, await column(await run()));
    const time = () => timeCalls(run, CALLS);
    await time();
    const scale = definition.scale ?? ((milliseconds) => milliseconds);
    return { facts: { sample }, round: async () => [{ subject: name, rows, samples: (await time()).map((x) => scale(x, rows)) }] };
  },
});

/** Arrow columns of a feature set of the columns it takes. */
export const skewlessSubject = (name, features, { compile, inputs = ["a", "b"], ...definition } = {}) =>
  subject(name, definition, (data) => {
    const engine = features().compile(compile);
    const columns = Object.fromEntries(inputs.map((input) => [input, data[input]]));
    return {
      run: () => engine.batch(columns),
      column: (table) =>
        engine.names.map((_, c) => {
          const values = table.getChildAt(c);
          return (row) => values.get(row);
        }),
    };
  });

/** A function of the two typed arrays that gives a list of typed arrays. */
export const loopSubject = (name, make, definition = {}) =>
  subject(name, definition, (data, rows) => ({
    run: make(data, rows),
    column: (out) => out.map((values) => (row) => values[row]),
  }));

/** Polars' eager select on one thread; `expressions(pl)` gives named expressions of the columns a and b. */
export const polarsSubject = (expressions, definition = {}) =>
  subject("polars", { peer: "polars", env: { POLARS_MAX_THREADS: "1" }, ...definition }, (data) => {
    const module = require("nodejs-polars");
    const pl = module.default ?? module;
    const frame = pl.DataFrame(data);
    if (frame.height !== data.a.length) throw new Error("the data frame lacks rows");
    const list = expressions(pl);
    return {
      run: () => frame.select(...list),
      column: (out) => out.columns.map((name) => {
        const series = out.getColumn(name);
        return (row) => series.get(row);
      }),
    };
  });

/**
 * DuckDB on one thread, from a table in memory to a materialized result in its own vectors: a third of the time of
 * CREATE TABLE AS and of fetching the result into typed arrays, which is what a Node program needs in the end.
 */
export const duckdbSubject = (select, definition = {}) =>
  subject("duckdb", { peer: "duckdb", ...definition }, async ({ a, b }, rows) => {
    const { DuckDBInstance, DuckDBDataChunk, DOUBLE } = require("@duckdb/node-api");
    const instance = await DuckDBInstance.create(":memory:", { threads: "1" });
    const connection = await instance.connect();
    await connection.run("CREATE TABLE data (a DOUBLE NOT NULL, b DOUBLE NOT NULL)");
    const appender = await connection.createAppender("data");
    const chunk = DuckDBDataChunk.create([DOUBLE, DOUBLE], 2048);
    for (let at = 0; at < rows; at += 2048) {
      const end = Math.min(rows, at + 2048);
      chunk.rowCount = end - at;
      [a, b].forEach((column, c) => {
        const vector = chunk.getColumnVector(c);
        vector.items.set(column.subarray(at, end));
        vector.flush();
      });
      appender.appendDataChunk(chunk);
    }
    appender.closeSync();
    return {
      run: () => connection.run(`SELECT ${select} FROM data`),
      column: async (result) => {
        const chunks = await result.fetchAllChunks();
        const starts = [];
        let start = 0;
        for (const { rowCount } of chunks) {
          starts.push(start);
          start += rowCount;
        }
        if (start !== rows) throw new Error(`DuckDB gave ${start} rows of ${rows}`);
        return Array.from({ length: result.columnCount }, (_, c) => (row) => {
          let at = Math.floor(row / 2048);
          while (starts[at] > row) at--;
          while (starts[at + 1] <= row) at++;
          return chunks[at].getColumnVector(c).getItem(row - starts[at]);
        });
      },
    };
  });
