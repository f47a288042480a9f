/** Overloads by function name, in the catalogue's order. */
export function byName(entries) {
  const out = new Map();
  for (const entry of entries) {
    if (!out.has(entry.name)) out.set(entry.name, []);
    out.get(entry.name).push(entry);
  }
  return out;
}

export const argNames = (entry) => entry.argNames.split(",").map((name) => name.trim());

/** Functions whose TypeScript form takes any number of operands, nested left to right. */
export const VARIADIC = new Set(["coalesce", "greatest", "least", "concat", "cross"]);

/** Functions whose methods are written by hand in src/expr (they need types that the catalogue does not know). */
export const BY_HAND = new Set(["castUnit", "toTimestamp", "if"]);

/** Static parameters that a method takes by position: required ones, never unit. */
export const positional = (entry) => entry.params.filter((p) => p.default === null && p.name !== "unit");
export const optional = (entry) => entry.params.filter((p) => p.default !== null && p.name !== "unit");

/** Functions that read better with their static parameter first: countWhere("gt", 3). */
export const PARAMS_FIRST = new Set(["countWhere"]);

/** One example a line of the doc: { args, params, result }. */
export function examples(entry) {
  return entry.examples
    .split(/;\s*(?=\[)/)
    .map((text) => text.trim())
    .filter((text) => text !== "")
    .map((text) => {
      const arrow = text.lastIndexOf(" -> ");
      if (arrow < 0) throw new Error(`${entry.name}: malformed example ${text}`);
      const left = text.slice(0, arrow).trim();
      const result = JSON.parse(text.slice(arrow + 4));
      const split = endOfArray(left);
      const params = left.slice(split).trim();
      return { args: JSON.parse(left.slice(0, split)), params: params === "" ? {} : JSON.parse(params), result };
    });
}

function endOfArray(text) {
  let depth = 0;
  let quoted = false;
  for (let i = 0; i < text.length; i++) {
    const c = text[i];
    if (quoted) {
      if (c === "\\") i++;
      else if (c === '"') quoted = false;
    } else if (c === '"') quoted = true;
    else if (c === "[") depth++;
    else if (c === "]" && --depth === 0) return i + 1;
  }
  throw new Error(`malformed example ${text}`);
}
