// The demo's second half: is a flight more than 15 minutes late? An XGBoost model (train.py) behind the features, over all
// flights in batch mode and over requests one at a time.
import { writeFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { openTable, Predictor } from "skewless";
import { logLogChart } from "./chart.mjs";

const MODEL = fileURLToPath(new URL("delay.ubj", import.meta.url));
export const LATE_MINUTES = 15n;
const DEADLINE_MICROS = 1000;
const REQUESTS = 200_000;

const count = (n) => Math.round(n).toLocaleString("en");
const micros = (value) => `${value.toFixed(2)} µs`;
const percentile = (sorted, p) => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * p))];

/** Area under the ROC curve: the part of pairs of a late and a punctual flight that the scores order rightly; ties count half. */
function areaUnderCurve(scores, late) {
  const order = Uint32Array.from(scores.keys()).sort((a, b) => scores[a] - scores[b]);
  let positives = 0;
  let rankSum = 0;
  for (let i = 0; i < order.length; ) {
    let end = i;
    while (end < order.length && scores[order[end]] === scores[order[i]]) end++;
    // Equal scores share the mean of their ranks i + 1 to end.
    const rank = (i + 1 + end) / 2;
    for (; i < end; i++) {
      positives += late[order[i]];
      rankSum += late[order[i]] * rank;
    }
  }
  return (rankSum - (positives * (positives + 1)) / 2) / (positives * (order.length - positives));
}

/** Scores every flight in record batches, on two threads off the event loop. */
async function scoreAll(predictor, { path, columns, cutoff, total, progress }) {
  const scores = new Float32Array(total);
  const late = new Uint8Array(total);
  let rows = 0;
  let later = 0;
  let scoring = 0;
  for await (const batch of await openTable(path, { columns: [...columns, "delay"] })) {
    const start = performance.now();
    const predictions = [];
    for await (const out of predictor.predictAsync([batch], { threads: 2 })) predictions.push(out.getChild("prediction"));
    scoring += performance.now() - start;
    const dates = batch.getChild("date").data[0].values;
    const delays = batch.getChild("delay").toArray();
    let i = 0;
    for (const part of predictions) {
      for (const score of part.toArray()) {
        // The model was trained on what came before.
        if (dates[i] >= cutoff) {
          scores[later] = score;
          late[later++] = delays[i] > LATE_MINUTES ? 1 : 0;
        }
        i++;
      }
    }
    rows += batch.numRows;
    progress.update(rows);
  }
  return { rows, scoring, later, auc: areaUnderCurve(scores.subarray(0, later), late.subarray(0, later)) };
}

/** Requests one at a time through the whole path; nanoseconds of each, ascending. */
function replay(predictor, rows) {
  for (let i = 0; i < 5000; i++) predictor.predict(rows[i % rows.length]);
  predictor.resetStats();
  const times = new Float64Array(REQUESTS);
  let fallbacks = 0;
  for (let i = 0; i < REQUESTS; i++) {
    const row = rows[i % rows.length];
    const start = performance.now();
    const result = predictor.predict(row);
    times[i] = (performance.now() - start) * 1e6;
    if (result.fallback) fallbacks++;
  }
  return { times: times.sort(), fallbacks };
}

/** The part of requests that took longer than a time, at times that are evenly spaced on a logarithmic axis. */
function survival(ascending) {
  const points = [];
  let slower = ascending.length;
  for (let time = 500; slower > 0; time *= 1.08) {
    while (slower > 0 && ascending[ascending.length - slower] <= time) slower--;
    if (slower > 0 && slower < ascending.length) points.push([time / 1000, slower / ascending.length]);
  }
  return points;
}

/** `data`: { path, columns, cutoff (microseconds), total }; `rows`: requests; `progress(label, total)` a progress bar. */
export async function scoreFlights({ fitted, data, rows, progress, chartPath }) {
  const predictor = await Predictor.load({ features: fitted, model: MODEL });
  console.log(`model: delay.ubj, ${predictor.backend.name} (${predictor.backend.reason})`);

  const bar = progress("score    ", data.total);
  const { rows: scored, scoring, later, auc } = await scoreAll(predictor, { ...data, progress: bar });
  bar.stop();
  console.log(`scored ${count(scored)} flights in batch mode, features included: ${count(scored / (scoring / 1000))} rows/s (2 threads)`);
  console.log(`AUC ${auc.toFixed(4)} on the ${count(later)} flights after the training time`);

  const bounded = await Predictor.load({ features: fitted, model: MODEL, deadlineMicros: DEADLINE_MICROS, fallback: 0 });
  const series = [];
  for (const [name, color, subject] of [
    ["without a deadline", "#00798c", predictor],
    [`with a deadline of ${DEADLINE_MICROS} µs`, "#d1495b", bounded],
  ]) {
    const { times, fallbacks } = replay(subject, rows);
    const [p50, p99, p999] = [0.5, 0.99, 0.999].map((p) => micros(percentile(times, p) / 1000));
    console.log(`${count(REQUESTS)} requests ${name}: p50 ${p50}, p99 ${p99}, p99.9 ${p999} from row object to prediction; ${fallbacks} fallbacks`);
    series.push({ name, color, points: survival(times) });
  }
  await writeFile(
    chartPath,
    logLogChart({
      title: "Requests that take longer than a time, row object to prediction",
      xLabel: "time (µs)",
      yLabel: "part of the requests",
      series,
      xTicks: [0.5, 1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000],
      formatY: (part) => `${Number((part * 100).toPrecision(2))} %`,
    }),
  );
  predictor.close();
  bounded.close();
}
