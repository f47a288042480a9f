import { type Data, type DataType, Field, makeData, RecordBatch, Schema, Struct } from "apache-arrow";
import type { Command } from "commander";
import type { Engine } from "../engine/engine.js";
import { createTable, formatOf, TableError, tableFormats, type TableFormat, type TableSink } from "../io/index.js";
import { UsageError } from "./errors.js";
import { bytes } from "./format.js";
import { inTable, openInputs, type InputBatch, type InputTable } from "./input.js";
import { nameList, tableFormat, withCommon, withExport, withReading, withThreads, type CommonFlags, type ReadFlags, type SpecFlags } from "./options.js";
import type { Runtime } from "./program.js";
import { Progress } from "./progress.js";
import { fittedOf, loadSpec } from "./spec-file.js";
import { threadsOf } from "./threads.js";

interface TransformFlags extends CommonFlags, ReadFlags, SpecFlags {
  readonly output: string;
  readonly format?: TableFormat;
  readonly keep?: readonly string[];
  readonly threads?: number;
  readonly isa?: string;
}

export function addTransform(program: Command, runtime: Runtime): void {
  const command = program
    .command("transform")
    .summary("compute the features of a table")
    .description("Computes the features of every row of a table in batch mode, as a stream, and writes them as a table.")
    .argument("<spec>", "fitted JSON, or a module whose features need no fitting")
    .argument("<data>", "input table: .parquet, .csv, .tsv, .ndjson, .arrow, .arrows; - for standard input")
    .requiredOption("-o, --output <file>", "output table, by the same extensions; - for standard output")
    .option("--format <format>", `format of the output: ${tableFormats.join(", ")} (default: by its extension)`, tableFormat)
    .option("--keep <columns>", "columns of DATA to write in front of the features, such as keys: id,date", nameList)
    .option("--isa <name>", "instruction set of the kernels: baseline, avx2, avx512 (default: the widest; the bits are the same)");
  withCommon(withReading(withThreads(withExport(command))))
    .addHelpText(
      "after",
      `
Parquet, CSV and NDJSON appear when all rows are computed; an Arrow stream (arrows) flows while they are.

Examples:
  $ skewless transform fitted.json rows.parquet -o features.parquet
  $ skewless transform fitted.json rows.csv -o features.arrow --keep id,date
  $ cat rows.ndjson | skewless transform fitted.json - --input-format ndjson -o - --format csv | head
  $ skewless transform fitted.json rows.csv -o features.csv --cast zip=VARCHAR --where "country = 'NL'"`,
    )
    .action((spec: string, data: string, flags: TransformFlags) => transform(spec, data, flags, runtime.signal));
}

async function transform(specPath: string, data: string, flags: TransformFlags, signal: AbortSignal): Promise<void> {
  // Before any work: a format that nobody named should not cost the computation.
  const format = formatOf(flags.output, flags.format);
  if (flags.output === "-" && process.stdout.isTTY && format !== "csv" && format !== "ndjson") {
    throw new UsageError(`${format} is binary and standard output is a terminal; write to a file or a pipe, or take --format csv`);
  }
  const fitted = fittedOf(await loadSpec(specPath, flags.export));
  const engine = fitted.compile(flags.isa === undefined ? {} : { isa: flags.isa }) as Engine;
  const keep = [...new Set(flags.keep ?? [])];
  const clash = keep.find((name) => engine.names.includes(name));
  if (clash !== undefined) throw new UsageError(`--keep ${clash}: a feature has this name too; keep another column, or rename the feature`);

  const source = await openInputs(data, fitted.plan.inputs, { flags, keep, signal, threads: flags.threads });
  const progress = new Progress("transform", { quiet: flags.quiet === true, total: source.rowCount });
  try {
    const schema = outputSchema(source, keep, engine);
    const sink = await createTable(flags.output, schema, {
      signal,
      ...(flags.format === undefined ? {} : { format: flags.format }),
      ...(flags.memoryLimit === undefined ? {} : { memoryLimit: flags.memoryLimit }),
      ...(flags.threads === undefined ? {} : { threads: flags.threads }),
    });
    const summary = await stream(source, sink, async (batch) => {
      const features = await compute(engine, batch, threadsOf(flags.threads), signal);
      progress.update(batch.firstRow + batch.columns.numRows);
      return features.map((part) => (keep.length === 0 ? part : joined(schema, batch.columns, keep, part)));
    });
    const size = summary.bytes === undefined ? "" : ` (${bytes(summary.bytes)})`;
    progress.done(summary.rows, flags.output === "-" ? "" : `, wrote ${flags.output}${size}`);
  } finally {
    progress.stop();
    await source.close();
  }
}

async function stream(source: InputTable, sink: TableSink, each: (batch: InputBatch) => Promise<readonly RecordBatch[]>) {
  try {
    for await (const batch of source) for (const part of await each(batch)) await sink.write(part);
    return await sink.close();
  } catch (error) {
    await sink.abort();
    throw error;
  }
}

async function compute(engine: Engine, { inputs, firstRow }: InputBatch, threads: number, signal: AbortSignal): Promise<readonly RecordBatch[]> {
  try {
    return (await engine.batchAsync(inputs, { threads, signal })).batches;
  } catch (error) {
    throw inTable(error, firstRow);
  }
}

function outputSchema(source: InputTable, keep: readonly string[], engine: Engine): Schema {
  const kept = keep.flatMap((name) => source.schema.fields.find((field) => field.name === name) ?? []);
  if (kept.length < keep.length) throw new TableError("UNKNOWN_COLUMN", `--keep: the table has no column ${keep.find((name) => !kept.some((field) => field.name === name))}`);
  return new Schema([...kept, ...engine.schema.fields]);
}

/** The kept columns and the features side by side; they are of the same rows. */
function joined(schema: Schema, columns: RecordBatch, keep: readonly string[], features: RecordBatch): RecordBatch {
  const kept = keep.flatMap((name) => columns.data.children[columns.schema.fields.findIndex((field: Field) => field.name === name)] ?? []);
  const children = [...kept, ...features.data.children] as Data<DataType>[];
  return new RecordBatch(schema, makeData({ type: new Struct(schema.fields), length: columns.numRows, nullCount: 0, children }));
}
