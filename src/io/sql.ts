import { resolve } from "node:path";

export function quoteText(text: string): string {
  return `'${text.replaceAll("'", "''")}'`;
}

export function quoteName(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}

/** A path as SQL text. It is made absolute so that no part of it can be taken for a URL, `~` or an option. */
export function quotePath(path: string): string {
  return quoteText(resolve(path));
}

/** A path for DuckDB's readers, which take their argument for a glob pattern. */
export function quotePattern(path: string): string {
  return quoteText(resolve(path).replaceAll(/[[*?]/g, (character) => `[${character}]`));
}

const text = "'(?:[^']|'')*'";
const enumeration = `ENUM *\\( *${text}(?: *, *${text})* *\\)`;
const plain = String.raw`[A-Z]\w*(?: [A-Z]+)*(?:\(\d+(?:, *\d+)?\))?`;
const typePattern = new RegExp(`^(?:${enumeration}|${plain})(?:\\[\\d*\\])*$`, "i");

/** Whether a text is the name of a SQL type and nothing more. */
export function isTypeName(text: string): boolean {
  return typePattern.test(text);
}
