import { invalid, unsupported, type Path } from "./value.js";

/** The longest string that V8 makes. */
const MOST_BYTES = 0x1fffffe8;
const utf8 = new TextDecoder("utf-8");

/** The fields `key=value` of one part of the file. */
export class Fields {
  readonly path: Path;
  readonly entries = new Map<string, string>();

  constructor(path: Path) {
    this.path = path;
  }

  text(key: string): string {
    const value = this.entries.get(key);
    if (value === undefined) throw invalid([...this.path, key], "missing");
    return value;
  }

  count(key: string, otherwise?: number): number {
    const value = otherwise === undefined ? this.text(key) : (this.entries.get(key) ?? String(otherwise));
    const path = [...this.path, key];
    if (!/^\d{1,10}$/.test(value.trim())) throw invalid(path, "wrong type", { expected: "a whole number of at least 0", actual: JSON.stringify(value.slice(0, 40)) });
    return Number(value);
  }

  /** Numbers separated by spaces, exactly `length` of them where it is given. */
  numbers(key: string, length?: number): number[] {
    const path = [...this.path, key];
    const out: number[] = [];
    for (const item of this.text(key).split(" ")) if (item !== "") out.push(parseNumber(item, path, out.length));
    if (length !== undefined && out.length !== length) throw invalid(path, "wrong length", { expected: String(length), actual: String(out.length) });
    return out;
  }

  integers(key: string, length?: number): number[] {
    const out = this.numbers(key, length);
    const wrong = out.findIndex((item) => !Number.isSafeInteger(item));
    if (wrong >= 0) throw invalid([...this.path, key, wrong], "wrong type", { expected: "an integer", actual: String(out[wrong]) });
    return out;
  }
}

function parseNumber(text: string, path: Path, at: number): number {
  if (/^[-+]?(?:\d+(?:\.\d*)?|\.\d+)(?:e[-+]?\d+)?$/i.test(text)) return Number(text);
  const special = /^([-+]?)(?:(inf|infinity)|nan)$/i.exec(text);
  if (special === null) throw invalid([...path, at], "wrong type", { expected: "a number", actual: JSON.stringify(text.slice(0, 40)) });
  if (special[2] === undefined) return NaN;
  return special[1] === "-" ? -Infinity : Infinity;
}

export interface LightgbmText {
  readonly header: Fields;
  readonly trees: readonly Fields[];
  /** Lines `[name: value]` of the training parameters, and what Python adds at the end of the file. */
  readonly parameters: ReadonlyMap<string, string>;
}

/** The parts of a model.txt: a header up to the first `Tree=`, the trees, and what follows `end of trees`. */
export function parseLightgbm(bytes: Uint8Array): LightgbmText {
  if (bytes.length > MOST_BYTES) throw unsupported([], "the model is too large", { expected: `at most ${MOST_BYTES} bytes`, actual: String(bytes.length) });
  const lines = linesOf(utf8.decode(bytes));
  let line = lines.next();
  while (line.done !== true && line.value === "") line = lines.next();
  if (line.done === true || line.value !== "tree") {
    throw invalid([], "the file is no LightGBM model", { expected: "a first line `tree`", fix: "Save it with Booster.save_model('model.txt')" });
  }
  const header = new Fields([]);
  const trees: Fields[] = [];
  const parameters = new Map<string, string>();
  let part: Fields | undefined = header;
  for (const text of lines) {
    if (text === "end of trees") part = undefined;
    else if (part === undefined) addParameter(text, parameters);
    else if (text.startsWith("Tree=")) trees.push((part = new Fields(["trees", trees.length])));
    else if (text !== "") addField(text, part.entries);
  }
  return { header, trees, parameters };
}

function* linesOf(text: string): Generator<string, undefined> {
  for (let start = 0; start < text.length; ) {
    let end = text.indexOf("\n", start);
    if (end < 0) end = text.length;
    yield text.slice(start, end).trim();
    start = end + 1;
  }
}

function addField(text: string, entries: Map<string, string>): void {
  const at = text.indexOf("=");
  entries.set(at < 0 ? text : text.slice(0, at), at < 0 ? "" : text.slice(at + 1));
}

function addParameter(text: string, parameters: Map<string, string>): void {
  const pandas = "pandas_categorical:";
  if (text.startsWith(pandas)) parameters.set("pandas_categorical", text.slice(pandas.length));
  if (!text.startsWith("[") || !text.endsWith("]")) return;
  const at = text.indexOf(":");
  if (at > 0) parameters.set(text.slice(1, at), text.slice(at + 1, -1).trim());
}
