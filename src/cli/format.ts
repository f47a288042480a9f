/** Numbers, sizes and tables for people. */

export function count(n: number): string {
  return n.toLocaleString("en-US", { maximumFractionDigits: 0 });
}

export function bytes(n: number): string {
  if (n < 1000) return `${n} B`;
  const units = ["kB", "MB", "GB", "TB"];
  let size = n / 1000;
  let unit = 0;
  while (size >= 999.95 && unit < units.length - 1) {
    size /= 1000;
    unit++;
  }
  return `${size.toFixed(1)} ${units[unit]}`;
}

/** `1,000 rows in 0.50 s (2,000 rows/s)`. */
export function rate(rows: number, seconds: number): string {
  const perSecond = seconds > 0 ? rows / seconds : 0;
  return `${count(rows)} ${rows === 1 ? "row" : "rows"} in ${seconds.toFixed(2)} s (${count(perSecond)} rows/s)`;
}

/** A value of a fitted state on one line. */
export function cell(value: unknown): string {
  return shorten(spell(value), 60);
}

export function shorten(text: string, length: number): string {
  return text.length > length ? `${text.slice(0, length - 1)}…` : text;
}

function spell(value: unknown): string {
  if (typeof value === "bigint") return String(value);
  if (typeof value === "number") return Object.is(value, -0) ? "-0" : String(value);
  if (Array.isArray(value)) return `[${value.map(spell).join(", ")}]`;
  if (typeof value === "object" && value !== null) {
    return `{${Object.entries(value)
      .map(([key, item]) => `${key}: ${spell(item)}`)
      .join(", ")}}`;
  }
  return typeof value === "string" ? JSON.stringify(value) : String(value);
}

/** Columns aligned by spaces, under a heading. */
export function table(head: readonly string[], rows: readonly (readonly string[])[], indent = ""): string {
  const widths = head.map((name, i) => Math.max(name.length, ...rows.map((row) => row[i]?.length ?? 0)));
  const line = (row: readonly string[]): string =>
    `${indent}${row.map((text, i) => (i === row.length - 1 ? text : text.padEnd(widths[i] ?? 0))).join("  ")}`.trimEnd();
  return [line(head), ...rows.map(line)].map((text) => `${text}\n`).join("");
}
