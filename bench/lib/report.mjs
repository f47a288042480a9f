/** Prints rows under a heading; numbers are right-aligned. */
export function printTable(heading, rows, write) {
  const widths = heading.map((title, i) => Math.max(title.length, ...rows.map((row) => row[i].length)));
  const numeric = heading.map((_, i) => rows.every((row) => row[i] === "" || /^[-\d]/.test(row[i])));
  const line = (cells) =>
    cells.map((cell, i) => (numeric[i] ? cell.padStart(widths[i]) : cell.padEnd(widths[i]))).join("  ").trimEnd();
  write(line(heading));
  write(widths.map((width) => "─".repeat(width)).join("  "));
  for (const row of rows) write(line(row));
}

export function formatNumber(value) {
  if (value === undefined) return "";
  const magnitude = Math.abs(value);
  if (!Number.isFinite(value)) return String(value);
  if (Number.isInteger(value)) return value.toLocaleString("en");
  return magnitude >= 100 ? Math.round(value).toLocaleString("en") : magnitude >= 10 ? value.toFixed(1) : value.toFixed(2);
}

/** A suite's figures: a line a subject, with its time relative to the case's first subject. */
export function printFigures(suite, figures, write) {
  write(`\n${suite.name}: ${suite.title}`);
  const rows = figures.toRows().map((row) => {
    const [first] = figures.subjects(row.case);
    const ratio = row.subject === first || row.unit === "MiB" ? undefined : figures.ratio(row.case, row.subject, first);
    return [
      row.case,
      row.rows === undefined ? "" : formatNumber(row.rows),
      row.subject,
      formatNumber(row.value),
      formatNumber(figures.best.value(row.case, row.subject)),
      row.unit,
      formatNumber(row.p99),
      formatNumber(row.p999),
      ratio === undefined || !Number.isFinite(ratio) ? "" : formatNumber(ratio),
    ];
  });
  printTable(["case", "rows", "subject", "median", "best", "unit", "p99", "p99.9", "to first"], rows, write);
}

/**
 * Targets are `{ claim, limit, measured }`, met at or below the limit unless `atLeast` is set. Medians decide; `best` has
 * the same targets by the lowest samples, which tell what other work on the machine took.
 */
export function printTargets(targets, best, write) {
  const rows = targets.map((target, i) => {
    const { claim, limit, unit = "", atLeast = false } = target;
    const show = ({ measured }) => (measured === undefined ? "" : `${formatNumber(measured)}${unit}`);
    return [verdict(target), claim, `${atLeast ? "at least" : "at most"} ${formatNumber(limit)}${unit}`, show(target), show(best[i])];
  });
  printTable(["target", "claim", "limit", "by medians", "by best"], rows, write);
}

export function verdict({ measured, limit, atLeast = false }) {
  if (measured === undefined) return "not measured";
  return (atLeast ? measured >= limit : measured <= limit) ? "met" : "MISSED";
}
