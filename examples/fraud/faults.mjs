// The store is paused, killed and started again while requests come at a steady pace. What was answered, and how?
import { materialize } from "./prepare.mjs";
import { percentile, printTable } from "./report.mjs";

const PER_SECOND = 250;
const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

/** Of the answers of a phase: the model's own with fresh features, the model's with old ones, and the fallback's. */
class Phase {
  #all = 0;
  #old = 0;
  #fallbacks = {};
  #errors = 0;
  #times = [];

  constructor(name) {
    this.name = name;
  }

  add({ answer, error, millis }) {
    this.#all++;
    this.#times.push(millis);
    if (error !== undefined) this.#errors++;
    else if (answer.fallback) this.#fallbacks[answer.reason] = (this.#fallbacks[answer.reason] ?? 0) + 1;
    else if (Object.values(answer.sources).includes("lastKnown")) this.#old++;
  }

  get row() {
    const ascending = this.#times.sort((a, b) => a - b);
    const fallbacks = Object.entries(this.#fallbacks);
    const others = this.#old + this.#errors + fallbacks.reduce((sum, [, n]) => sum + n, 0);
    const millis = (p) => `${percentile(ascending, p).toFixed(1)} ms`;
    return [this.name, `${this.#all}`, `${this.#all - others}`, `${this.#old}`, fallbacks.map(([reason, n]) => `${n} (${reason})`).join(", ") || "0", `${this.#errors}`, millis(0.5), millis(1)];
  }
}

/** Sends requests to the model for as long as `during` takes. */
async function phase(name, { client, transactions }, during) {
  const result = new Phase(name);
  const sent = [];
  let done = false;
  const ended = during().finally(() => (done = true));
  const start = performance.now();
  while (!done) {
    const one = transactions.next().value;
    const asked = performance.now();
    sent.push(
      client.predict("fraud-redis", one, { sources: true }).then(
        (answer) => result.add({ answer, millis: performance.now() - asked }),
        (error) => result.add({ error, millis: performance.now() - asked }),
      ),
    );
    await sleep(Math.max(0, (sent.length * 1000) / PER_SECOND - (performance.now() - start)));
  }
  await Promise.all([ended, ...sent]);
  return result;
}

function* endlessly(list) {
  for (;;) yield* list;
}

/** `{ client, redis, store, ledger, transactions }`; `millis` is the length of a phase. */
export async function breakStore({ client, redis, store, ledger, transactions, millis }) {
  const requests = { client, transactions: endlessly(transactions) };
  const phases = [
    ["redis runs", async () => sleep(millis)],
    ["paused (SIGSTOP)", async () => (redis.signal("SIGSTOP"), sleep(millis))],
    ["continued", async () => (redis.signal("SIGCONT"), sleep(millis))],
    ["killed (SIGKILL)", async () => (redis.signal("SIGKILL"), sleep(millis))],
    ["started, empty", async () => (await redis.start(), sleep(millis))],
    ["materialized again", async () => (await materialize(ledger, store), sleep(millis))],
  ];
  const rows = [];
  for (const [name, during] of phases) rows.push((await phase(name, requests, during)).row);
  printTable(["store", "requests", "model", "model, last known", "fallback", "errors", "p50", "slowest"], rows);
}
