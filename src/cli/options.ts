import { InvalidArgumentError, type Command } from "commander";
import { tableFormats, type ReadOptions, type TableFormat } from "../io/index.js";

/** Options of every command that works on a table. */
export interface CommonFlags {
  readonly quiet?: boolean;
  readonly stack?: boolean;
}

export interface ReadFlags {
  readonly inputFormat?: TableFormat;
  readonly where?: string;
  readonly orderBy?: string;
  readonly limit?: number;
  readonly cast?: Readonly<Record<string, string>>;
  readonly delimiter?: string;
  readonly nullText?: string;
  readonly batchRows?: number;
  readonly memoryLimit?: string;
}

export interface SpecFlags {
  readonly export?: string;
}

export function wholeNumber(least: number, most: number): (text: string) => number {
  return (text) => {
    const value = Number(text.replaceAll("_", ""));
    if (/^\d[\d_]*$/.test(text) && value >= least && value <= most) return value;
    throw new InvalidArgumentError(`Expected a whole number from ${least.toLocaleString("en-US")} to ${most.toLocaleString("en-US")}.`);
  };
}

export const positiveInteger = wholeNumber(1, Number.MAX_SAFE_INTEGER);
export const seedNumber = wholeNumber(0, 0xffff_ffff);

export function tableFormat(text: string): TableFormat {
  const found = tableFormats.find((format) => format === text.toLowerCase());
  if (found !== undefined) return found;
  throw new InvalidArgumentError(`Expected one of ${tableFormats.join(", ")}.`);
}

export function nameList(text: string, before: readonly string[] = []): readonly string[] {
  const names = text.split(",").map((name) => name.trim());
  if (names.includes("")) throw new InvalidArgumentError("Expected names separated by commas.");
  return [...before, ...names];
}

function cast(text: string, before: Readonly<Record<string, string>> = {}): Readonly<Record<string, string>> {
  const at = text.lastIndexOf("=");
  if (at <= 0 || at === text.length - 1) throw new InvalidArgumentError("Expected COLUMN=TYPE, such as zip=VARCHAR.");
  return { ...before, [text.slice(0, at)]: text.slice(at + 1) };
}

function delimiter(text: string): string {
  const character = text === "\\t" || text.toLowerCase() === "tab" ? "\t" : text;
  if (character.length !== 1) throw new InvalidArgumentError('Expected one character, or "\\t" for a tab.');
  return character;
}

export function withCommon(command: Command): Command {
  return command
    .option("-q, --quiet", "no progress and no closing line on standard error")
    .option("--stack", "show the stack trace of an error");
}

export function withExport(command: Command): Command {
  return command.option("--export <name>", "the module's export to use (default: `default`, else `features`)");
}

export function withReading(command: Command): Command {
  return command
    .option("--input-format <format>", `format of DATA: ${tableFormats.join(", ")} (default: by its extension)`, tableFormat)
    .option("--where <sql>", "read only rows that satisfy a SQL predicate (Parquet, CSV, NDJSON)")
    .option("--order-by <sql>", "read in the order of a SQL list, such as `date, id desc` (Parquet, CSV, NDJSON)")
    .option("--limit <rows>", "read at most this many rows", wholeNumber(0, Number.MAX_SAFE_INTEGER))
    .option("--cast <column=type>", "read a column as a SQL type; may be given several times", cast)
    .option("--delimiter <character>", "field separator of a CSV input (default: a comma, a tab for .tsv)", delimiter)
    .option("--null-text <text>", "text of a missing value in a CSV input (default: an empty field)")
    .option("--batch-rows <rows>", "rows in a batch (default: 65,536)", wholeNumber(1, 2 ** 24))
    .option("--memory-limit <size>", "memory for reading and writing files, such as 2GB; beyond it, temporary files");
}

export function withThreads(command: Command): Command {
  return command.option("--threads <number>", "native threads (default: as many as the machine has)", wholeNumber(1, 256));
}

/** The library's options of the flags that were given; `casts` are the caller's business. */
export function readOptions(flags: ReadFlags): Omit<ReadOptions, "casts" | "columns"> {
  return {
    ...(flags.inputFormat === undefined ? {} : { format: flags.inputFormat }),
    ...(flags.where === undefined ? {} : { where: flags.where }),
    ...(flags.orderBy === undefined ? {} : { orderBy: flags.orderBy }),
    ...(flags.limit === undefined ? {} : { limit: flags.limit }),
    ...(flags.delimiter === undefined ? {} : { delimiter: flags.delimiter }),
    ...(flags.nullText === undefined ? {} : { nullText: flags.nullText }),
    ...(flags.batchRows === undefined ? {} : { batchRows: flags.batchRows }),
    ...(flags.memoryLimit === undefined ? {} : { memoryLimit: flags.memoryLimit }),
  };
}
