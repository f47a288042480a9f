// A card-fraud service from nothing to a logged prediction: `npm run example:fraud`. Two months of transactions are made,
// a feature view is fitted on the first 40 days, stores are filled, and a service answers the days after them over HTTP, in
// the order of time. Then its store is killed and started again. Results appear in out/fraud.
import { mkdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { lmdbStore, redisStore, trainingDataFromLog } from "skewless";
import { Client, replay } from "./client.mjs";
import { breakStore } from "./faults.mjs";
import { view } from "./features.mjs";
import { STORE_FILE } from "./files.mjs";
import { fitView, makeData, materialize, writeTrainingTable } from "./prepare.mjs";
import { hasRedis, Redis, startService } from "./processes.mjs";
import { count, printQuality, printSteps, seconds } from "./report.mjs";
import { tableOfRows } from "./tables.mjs";

const OUT = join("out", "fraud");
const THRESHOLD = 0.5;
// `--short` asks for a tenth of the requests.
const short = process.argv.includes("--short");
const REQUESTS = short ? 2500 : 25_000;
const WARM_UP = short ? 250 : 1000;
const PHASE_MILLIS = short ? 500 : 1500;

const started = performance.now();
await rm(OUT, { recursive: true, force: true });
await mkdir(OUT, { recursive: true });

// ---- data and features -------------------------------------------------------------------------------------------

const { world, ledger, training, later } = makeData();
console.log(`made ${count(world.cards.length)} cards, ${count(world.merchants.length)} merchants and ${count(world.transactions.length)} transactions in ${seconds(performance.now() - started)}`);

let start = performance.now();
const fitted = await fitView(training, OUT);
console.log(`fitted the view on ${count(training.numRows)} of them in ${seconds(performance.now() - start)}: ${fitted.names.length} features, fingerprint ${fitted.fingerprint.slice(0, 16)}…`);

if (process.argv.includes("--training-table")) {
  console.log(`wrote ${count(await writeTrainingTable(training, OUT))} rows for examples/fraud/train.py`);
  process.exit(0);
}

// ---- stores and service --------------------------------------------------------------------------------------------

start = performance.now();
const lmdb = await lmdbStore({ path: join(OUT, STORE_FILE) });
console.log(`materialized ${count(await materialize(ledger, lmdb))} rows into LMDB in ${seconds(performance.now() - start)}`);
let redis;
let redisRows;
if (hasRedis) {
  redis = await Redis.start();
  redisRows = await redisStore({ url: redis.url });
  start = performance.now();
  console.log(`materialized ${count(await materialize(ledger, redisRows))} rows into Redis in ${seconds(performance.now() - start)}`);
} else {
  console.warn("redis-server is not installed (apt-get install redis-server): the part with a store that fails is LEFT OUT");
}
const service = await startService(OUT, redis?.url);
const client = new Client(service.address);
console.log(`the service listens on ${service.address}; its state is on /status`);

// ---- requests ------------------------------------------------------------------------------------------------------

const scored = [];
const times = [];
const transactions = later.slice(0, WARM_UP + REQUESTS);
start = performance.now();
await replay({
  client,
  model: "fraud",
  transactions,
  ledger,
  store: lmdb,
  answered: (one, { prediction }, millis) => {
    scored.push({ score: prediction, isFraud: one.fraud !== "", fraud: one.fraud });
    if (scored.length > WARM_UP) times.push(millis);
  },
});
const elapsed = performance.now() - start;
console.log(`\n${count(scored.length)} requests over HTTP, each card's row written before its next one: ${count(scored.length / (elapsed / 1000))} a second`);
printSteps(await client.status(), "fraud", times);
printQuality(scored, THRESHOLD);

// ---- a store that fails --------------------------------------------------------------------------------------------

if (redis !== undefined) {
  console.log("\nthe same view over Redis, 250 requests a second, with an answer due within 50 ms:");
  await breakStore({ client, redis, store: redisRows, ledger, transactions: transactions.slice(-1500), millis: PHASE_MILLIS });
  const { fallbacks, errors, stores } = (await client.status()).models.find(({ name }) => name === "fraud-redis").versions[0];
  console.log(`  fallbacks ${JSON.stringify(fallbacks)}, errors ${JSON.stringify(errors)}, breaker ${stores[0].breaker?.state ?? stores[0].state}`);
}

// ---- the log, joined with labels that came later ------------------------------------------------------------------

client.close();
await service.stop();
const labels = tableOfRows(transactions.map(({ id, reportedAt, fraud }) => ({ request_id: id, reported_at: reportedAt, is_fraud: fraud !== "" })));
const logged = await trainingDataFromLog(join(OUT, "log"), labels, { key: "requestId", label: "is_fraud" }).table();
console.log(`\nthe log joined with labels that came later: ${count(logged.numRows)} rows of ${logged.schema.fields.length} columns, ${count([...logged.getChild("is_fraud")].filter(Boolean).length)} of them fraud`);
const again = await view.fit(logged);
console.log(`  the view fits on it as on the first table: fingerprint ${again.fingerprint.slice(0, 16)}…`);

await Promise.all([lmdb.close(), redisRows?.close()]);
redis?.signal("SIGKILL");
console.log(`\nresults in ${OUT}; done in ${seconds(performance.now() - started)}, ${Math.round(process.resourceUsage().maxRSS / 1024)} MiB at most`);
