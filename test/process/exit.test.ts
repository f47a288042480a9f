// Ends of processes and threads at bad moments: no signal, no hang, the exit code that was asked for.
import { afterAll, beforeAll, expect, test } from "vitest";
import { makeBundle, SCENARIO, type Bundle, type Result } from "./child.js";

let bundle: Bundle;
beforeAll(async () => {
  bundle = await makeBundle();
  bundle.write("scenario.mjs", SCENARIO);
});
afterAll(() => bundle.remove());

const START = `
import { set, row, columns, bits } from "./scenario.mjs";
const engine = set.compile();
const big = columns(400_000);
// Has surely begun: a thread of the pool counts its chunks before the timer fires.
const begin = () => engine.batchAsync(big, { threads: 2 });
`;

function ended(result: Result, code: number): void {
  expect({ code: result.code, signal: result.signal }, result.stderr).toEqual({ code, signal: null });
}

test("a normal end after every mode", async () => {
  const result = await bundle.run(`${START}
    engine.row(row); engine.rows([row, row]); engine.batch(columns(3000));
    const table = await begin();
    console.log(table.numRows);`);
  ended(result, 0);
  expect(result.stdout).toBe("400000\n");
  expect(result.stderr).toBe("");
});

test("process.exit in the middle of batchAsync", async () => {
  for (const delay of [0, 1, 5, 20]) {
    const result = await bundle.run(`${START} void begin(); setTimeout(() => process.exit(3), ${delay});`);
    ended(result, 3);
  }
  ended(await bundle.run(`${START} void begin(); process.exit(4);`), 4);
});

test("an uncaught error in the middle of batchAsync", async () => {
  const result = await bundle.run(`${START} void begin(); setTimeout(() => { throw new Error("of the user"); }, 2);`);
  ended(result, 1);
  expect(result.stderr).toContain("of the user");
});

test("a rejection that nobody handles", async () => {
  const result = await bundle.run(`${START} engine.batchAsync({ x: big.x });`);
  ended(result, 1);
  expect(result.stderr).toContain("MISSING_INPUT");
});

test("an end of the event loop waits for the result", async () => {
  const result = await bundle.run(`${START} begin().then((table) => console.log(table.numRows));`);
  ended(result, 0);
  expect(result.stdout).toBe("400000\n");
});

test("an aborted run ends the process soon", async () => {
  const result = await bundle.run(`${START}
    const controller = new AbortController();
    const run = engine.batchAsync(big, { signal: controller.signal });
    setTimeout(() => controller.abort(new Error("enough")), 3);
    await run.then(() => console.log("done"), (error) => console.log(error.code, error.cause.message));
    console.log(engine.row(row).length);`);
  ended(result, 0);
  expect(result.stdout).toMatch(/^(ABORTED enough|done)\n4\n$/);
});

const WORKER = `
import { parentPort } from "node:worker_threads";
${START}
begin().then((table) => parentPort.postMessage(table.numRows));
parentPort.postMessage("begun");
`;

test("a worker terminated during batchAsync", async () => {
  bundle.write("worker.mjs", WORKER);
  const result = await bundle.run(`
    import { Worker } from "node:worker_threads";
    import { once } from "node:events";
    import { set, row } from "./scenario.mjs";
    const before = set.compile().row(row);
    for (let i = 0; i < 4; i++) {
      const worker = new Worker("./worker.mjs");
      await once(worker, "message");
      await new Promise((done) => setTimeout(done, i));
      await worker.terminate();
    }
    const after = set.compile().row(row);
    console.log(before.every((value, i) => Object.is(value, after[i])));`);
  ended(result, 0);
  expect(result.stdout).toBe("true\n");
  expect(result.stderr).toBe("");
});

test("a worker that exits or throws during batchAsync", async () => {
  bundle.write("exits.mjs", `${WORKER} setTimeout(() => process.exit(7), 2);`);
  bundle.write("throws.mjs", `${WORKER} setTimeout(() => { throw new Error("of the worker"); }, 2);`);
  const result = await bundle.run(`
    import { Worker } from "node:worker_threads";
    import { once } from "node:events";
    import { set, row } from "./scenario.mjs";
    const first = new Worker("./exits.mjs");
    console.log((await once(first, "exit"))[0]);
    const second = new Worker("./throws.mjs");
    const [error] = await once(second, "error");
    console.log(error.message, set.compile().row(row).length);`);
  ended(result, 0);
  expect(result.stdout).toBe("7\nof the worker 4\n");
});

test("process.exit while workers compute", async () => {
  bundle.write("worker.mjs", WORKER);
  const result = await bundle.run(`
    import { Worker } from "node:worker_threads";
    import { once } from "node:events";
    const workers = [new Worker("./worker.mjs"), new Worker("./worker.mjs")];
    await Promise.all(workers.map((worker) => once(worker, "message")));
    process.exit(5);`);
  ended(result, 5);
});
