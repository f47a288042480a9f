// Numbers as the example prints them.
export const count = (n) => Math.round(n).toLocaleString("en");
export const seconds = (ms) => `${(ms / 1000).toFixed(1)} s`;
const percent = (part) => `${(part * 100).toFixed(1)} %`;
const duration = (micros) => (micros === null ? "" : micros < 1000 ? `${micros.toFixed(1)} µs` : `${(micros / 1000).toFixed(1)} ms`);
export const percentile = (ascending, p) => ascending[Math.min(ascending.length - 1, Math.floor(ascending.length * p))];

/** A table with a line under its heading; all columns but the first are right-aligned. */
export function printTable(heading, rows) {
  const widths = heading.map((title, i) => Math.max(title.length, ...rows.map((row) => row[i].length)));
  const line = (cells) => console.log(`  ${cells.map((cell, i) => (i === 0 ? cell.padEnd(widths[i]) : cell.padStart(widths[i]))).join("  ").trimEnd()}`);
  line(heading);
  line(widths.map((width) => "─".repeat(width)));
  rows.forEach(line);
}

/** Latencies of a model's steps, from the service's status, beside what the client saw. */
export function printSteps(status, model, clientMillis) {
  const { steps } = status.models.find(({ name }) => name === model).versions[0];
  const ascending = clientMillis.map((ms) => ms * 1000).sort((a, b) => a - b);
  const seen = Object.fromEntries([["p50", 0.5], ["p99", 0.99], ["p999", 0.999]].map(([name, p]) => [name, percentile(ascending, p)]));
  const rows = [...Object.entries(steps).filter(([, { count: n }]) => n > 0), ["HTTP, by the client", seen]];
  printTable(["step", "p50", "p99", "p99.9"], rows.map(([step, { p50, p99, p999 }]) => [step, ...[p50, p99, p999].map(duration)]));
}

/** Area under the ROC curve: the part of pairs of a fraud and another that the scores order rightly; ties count half. */
export function areaUnderCurve(scored) {
  const ascending = [...scored].sort((a, b) => a.score - b.score);
  let frauds = 0;
  let rankSum = 0;
  for (let i = 0; i < ascending.length; ) {
    let end = i;
    while (end < ascending.length && ascending[end].score === ascending[i].score) end++;
    // Equal scores share the mean of their ranks i + 1 to end.
    const rank = (i + 1 + end) / 2;
    for (; i < end; i++) {
      if (!ascending[i].isFraud) continue;
      frauds++;
      rankSum += rank;
    }
  }
  return (rankSum - (frauds * (frauds + 1)) / 2) / (frauds * (ascending.length - frauds));
}

/** How well scores of `{ score, isFraud, fraud }` find the fraud, and which kind of it, at a threshold. */
export function printQuality(scored, threshold) {
  const flagged = scored.filter(({ score }) => score >= threshold);
  const caught = flagged.filter(({ isFraud }) => isFraud).length;
  const frauds = scored.filter(({ isFraud }) => isFraud);
  console.log(`  AUC ${areaUnderCurve(scored).toFixed(4)}; at the threshold ${threshold}: precision ${percent(caught / flagged.length)}, recall ${percent(caught / frauds.length)} (${count(flagged.length)} flagged of ${count(scored.length)})`);
  const found = [...new Set(frauds.map(({ fraud }) => fraud))].sort().map((kind) => {
    const all = frauds.filter(({ fraud }) => fraud === kind);
    return `${kind} ${percent(all.filter(({ score }) => score >= threshold).length / all.length)}`;
  });
  console.log(`  found of each pattern: ${found.join(", ")}`);
}
