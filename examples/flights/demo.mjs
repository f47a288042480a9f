// 3,000,000 real flights to features: fitted on the first months, transformed in batch mode, replayed row by row,
// compared bit by bit. `npm run demo` runs it; the results appear in out/flights.
import { existsSync } from "node:fs";
import { mkdir, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { SingleBar } from "cli-progress";
import { createTable, openTable } from "skewless";
import { logLogChart } from "./chart.mjs";
import { features } from "./features.mjs";
import { createNpy } from "./npy.mjs";
import { LATE_MINUTES, scoreFlights } from "./scoring.mjs";

/** The data sets lie beside the package's entry point, which its exports do not name. */
function datasetPath(name) {
  let folder = dirname(createRequire(import.meta.url).resolve("vega-datasets"));
  while (!existsSync(join(folder, "data", name)) && folder !== dirname(folder)) folder = dirname(folder);
  return join(folder, "data", name);
}

const FLIGHTS = datasetPath("flights-3m.parquet");
const CUTOFF = "2001-04-01";
const OUT = join("out", "flights");
const COLUMNS = ["date", "distance", "origin", "destination"];
const SAMPLE_EVERY = 64;
const TRAINING = `date < '${CUTOFF}'`;
const LATER = `date >= '${CUTOFF}'`;

const started = performance.now();
const count = (n) => Math.round(n).toLocaleString("en");
const seconds = (ms) => `${(ms / 1000).toFixed(2)} s`;
const percentile = (sorted, p) => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * p))];
const micros = (ns) => `${(ns / 1000).toFixed(2)} µs`;

/** A progress bar on a terminal; a line of its own elsewhere. */
function progress(label, total) {
  if (!process.stderr.isTTY) return { update: () => {}, stop: () => {} };
  const bar = new SingleBar({ format: `${label} {bar} {percentage}% | {value}/{total} rows | {eta_formatted} left`, hideCursor: true });
  bar.start(total, 0);
  return { update: (rows) => bar.update(rows), stop: () => bar.stop() };
}

async function rowCount(where) {
  const source = await openTable(FLIGHTS, { columns: ["date"], where });
  let rows = 0;
  for await (const batch of source) rows += batch.numRows;
  return rows;
}

/** Every SAMPLE_EVERY-th row of a batch, as a request would bring it. */
function sampleRows(batch, offset) {
  const [date, distance, origin, destination] = COLUMNS.map((name) => batch.getChild(name));
  const ticks = date.data[0].values; // int64 microseconds; Arrow's accessor would round them to milliseconds
  const rows = [];
  for (let i = offset; i < batch.numRows; i += SAMPLE_EVERY) {
    rows.push([i, { date: ticks[i], distance: distance.get(i), origin: origin.get(i), destination: destination.get(i) }]);
  }
  return rows;
}

// ---- fit ---------------------------------------------------------------------------------------------------

await mkdir(OUT, { recursive: true });
const [trainingRows, laterRows] = [await rowCount(TRAINING), await rowCount(LATER)];
console.log(`flights-3m.parquet: ${count(trainingRows + laterRows)} flights; fitting on ${count(trainingRows)} before ${CUTOFF}`);

let bar = progress("fit      ", trainingRows);
let start = performance.now();
const fitted = await features.fit(() => openTable(FLIGHTS, { columns: COLUMNS, where: TRAINING }), {
  onProgress: ({ rows }) => bar.update(rows),
});
bar.stop();
await fitted.save(join(OUT, "flights.features.json"));
console.log(`fitted in ${seconds(performance.now() - start)}; ${fitted.names.length} columns; fingerprint ${fitted.fingerprint.slice(0, 16)}…`);

// ---- the table that train.py reads --------------------------------------------------------------------------------

if (process.argv.includes("--training-table")) {
  const trainer = fitted.compile({ threads: 2 });
  const [matrix, labels] = [await createNpy(join(OUT, "training-features.npy"), trainer.names.length), await createNpy(join(OUT, "training-labels.npy"))];
  for await (const batch of await openTable(FLIGHTS, { columns: [...COLUMNS, "delay"], where: TRAINING })) {
    await matrix.write(trainer.toMatrix(batch));
    await labels.write(Float32Array.from(batch.getChild("delay"), (delay) => (delay > LATE_MINUTES ? 1 : 0)));
  }
  await Promise.all([matrix.close(), labels.close()]);
  console.log(`wrote ${count(trainingRows)} rows for examples/flights/train.py`);
}

// ---- batch mode, and the same rows in row mode -----------------------------------------------------------------

const engine = fitted.compile({ threads: 2 });
const sinks = [
  await createTable(join(OUT, "features.parquet"), engine.schema),
  await createTable(join(OUT, "features.arrow"), engine.schema),
];
const latencies = [];
const replayed = [];
let different = 0;
let rows = 0;
bar = progress("transform", laterRows);
start = performance.now();
const vector = new Float32Array(engine.names.length);
const rowBits = new Uint32Array(vector.buffer);
for await (const batch of await openTable(FLIGHTS, { columns: COLUMNS, where: LATER })) {
  const table = await engine.batchAsync(batch, { threads: 2 });
  const columns = engine.names.map((_, i) => {
    const values = table.getChildAt(i).data[0].values;
    return new Uint32Array(values.buffer, values.byteOffset, values.length);
  });
  for (const [i, row] of sampleRows(batch, rows % SAMPLE_EVERY)) {
    const before = process.hrtime.bigint();
    engine.rowInto(row, vector);
    latencies.push(Number(process.hrtime.bigint() - before));
    for (let c = 0; c < columns.length; c++) if (rowBits[c] !== columns[c][i]) different++;
    if (replayed.length < 65_536) replayed.push(row);
  }
  for (const sink of sinks) await sink.write(table);
  rows += batch.numRows;
  bar.update(rows);
}
const written = await Promise.all(sinks.map((sink) => sink.close()));
bar.stop();
const elapsed = performance.now() - start;
const batchStats = engine.stats().batch;
latencies.sort((a, b) => a - b);

console.log(`transformed ${count(rows)} flights in ${seconds(elapsed)} with reading and writing: ${count(rows / (elapsed / 1000))} rows/s`);
console.log(`  the engine alone (batch mode, 2 threads): ${count(batchStats.rows / (batchStats.milliseconds / 1000))} rows/s`);
console.log(`  wrote ${written.map((w, i) => `${["features.parquet", "features.arrow"][i]} (${((w.bytes ?? 0) / 1e6).toFixed(1)} MB)`).join(", ")}`);
console.log(`replayed ${count(latencies.length)} of them in row mode: p50 ${micros(percentile(latencies, 0.5))}, p99 ${micros(percentile(latencies, 0.99))}, p99.9 ${micros(percentile(latencies, 0.999))} a row`);
console.log(
  different === 0
    ? `bit equality: all ${count(latencies.length * engine.names.length)} values of both modes are the same`
    : `bit equality FAILED: ${count(different)} values differ`,
);

// ---- latency against batch size --------------------------------------------------------------------------------

const forced = fitted.compile({ crossover: 1 });
const chosen = fitted.compile(); // measures as it goes
const series = { row: [], batch: [], chosen: [] };
for (let size = 1; size <= 16_384; size *= 2) {
  const slice = replayed.slice(0, size);
  const time = (run) => {
    const times = [];
    const until = performance.now() + 120;
    for (let i = 0; i < 5 || (performance.now() < until && i < 4000); i++) {
      const before = performance.now();
      run();
      times.push(((performance.now() - before) * 1e6) / size);
    }
    return times.sort((a, b) => a - b)[times.length >> 1];
  };
  series.row.push([size, time(() => engine.rows(slice))]);
  series.batch.push([size, time(() => forced.transform(slice))]);
  series.chosen.push([size, time(() => chosen.transform(slice))]);
}
const { crossover } = chosen.stats();
console.log(`crossover: batch mode wins from ${crossover} rows on`);
await writeFile(
  join(OUT, "latency.svg"),
  logLogChart({
    title: "Time a row against the number of rows in a call",
    xLabel: "rows in a call",
    yLabel: "time a row",
    mark: { x: crossover, label: `crossover: ${crossover} rows` },
    series: [
      { name: "row mode", color: "#d1495b", points: series.row },
      { name: "batch mode", color: "#00798c", points: series.batch },
      { name: "transform() chooses", color: "#edae49", points: series.chosen },
    ],
  }),
);

// ---- features to predictions -------------------------------------------------------------------------------------

await scoreFlights({
  fitted,
  data: { path: FLIGHTS, columns: COLUMNS, cutoff: BigInt(Date.parse(CUTOFF)) * 1000n, total: trainingRows + laterRows },
  rows: replayed,
  progress,
  chartPath: join(OUT, "prediction-latency.svg"),
});

console.log(`results in ${OUT}: features.parquet, features.arrow, flights.features.json, latency.svg, prediction-latency.svg`);
console.log(`done in ${seconds(performance.now() - started)}, ${Math.round(process.resourceUsage().maxRSS / 1024)} MiB at most`);
if (different > 0) process.exitCode = 1;
