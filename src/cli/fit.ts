import type { Command } from "commander";
import { fittedNodes, type Declaration } from "../features/definition.js";
import type { FeatureSet } from "../features/define-features.js";
import type { FittedFeatures } from "../features/fitted-features.js";
import type { Inputs } from "../features/inputs.js";
import type { Node } from "../expr/node.js";
import type { PlanInput } from "../plan/plan.js";
import { threadsOf } from "./threads.js";
import { writeFailure } from "../io/errors.js";
import { UsageError } from "./errors.js";
import { bytes, cell, table } from "./format.js";
import { engineBatches, openInputs } from "./input.js";
import { withCommon, withExport, withReading, withThreads, type CommonFlags, type ReadFlags, type SpecFlags } from "./options.js";
import { note, Progress } from "./progress.js";
import type { Runtime } from "./program.js";
import { loadSpec } from "./spec-file.js";

interface FitFlags extends CommonFlags, ReadFlags, SpecFlags {
  readonly output?: string;
  readonly describe?: boolean;
  readonly threads?: number;
}

export function addFit(program: Command, runtime: Runtime): void {
  const command = program
    .command("fit")
    .summary("learn the state of a module's transformations from a table")
    .description("Learns what the transformations of a spec module need (means, categories, …) from a table and writes a fitted spec.")
    .argument("<spec>", "module that exports features made by defineFeatures: default, or named `features`")
    .argument("<data>", "training data: .parquet, .csv, .tsv, .ndjson, .arrow, .arrows; - for standard input")
    .option("-o, --output <file>", "where the fitted JSON goes; - for standard output")
    .option("--describe", "print what was learned");
  withCommon(withReading(withThreads(withExport(command))))
    .addHelpText(
      "after",
      `
Examples:
  $ skewless fit features.mjs train.parquet -o fitted.json
  $ skewless fit features.ts train.csv -o fitted.json --describe
  $ skewless fit features.mjs flights.parquet -o fitted.json --where "date < '2001-03-01'"`,
    )
    .action((spec: string, data: string, flags: FitFlags) => fit(spec, data, flags, runtime.signal));
}

async function fit(specPath: string, data: string, flags: FitFlags, signal: AbortSignal): Promise<void> {
  const quiet = flags.quiet === true;
  if (flags.output === undefined && flags.describe !== true) throw new UsageError("fit: say where the fitted spec goes (-o FILE), or ask for --describe");
  const spec = await loadSpec(specPath, flags.export);
  if (spec.kind === "fitted") throw new UsageError(`${specPath} is fitted already; fit takes a module that declares features`);
  const { declaration } = spec.features;
  const inputs = learnedInputs(declaration);
  if (inputs.length === 0) note(`${specPath}: no transformation learns from data; ${data} is not read`, quiet);
  const fitted = inputs.length === 0 ? spec.features.withoutFitting() : await learn(spec.features, inputs, data, flags, signal);
  if (flags.output !== undefined) await write(fitted, flags.output, quiet);
  if (flags.describe === true) {
    // The spec itself has standard output then.
    const stream = flags.output === "-" ? process.stderr : process.stdout;
    stream.write(describe(fitted));
  }
}

async function learn(features: FeatureSet<Inputs>, inputs: readonly PlanInput[], data: string, flags: FitFlags, signal: AbortSignal): Promise<FittedFeatures> {
  const threads = threadsOf(flags.threads);
  const open = () => openInputs(data, inputs, { flags, signal, threads: flags.threads });
  const passes = passCount(features.declaration);
  if (data === "-" && passes > 1) {
    throw new UsageError(`fit: these features take ${passes} passes over the data, and standard input can be read only once; give a file`);
  }
  const first = await open();
  const progress = new Progress("fit", { quiet: flags.quiet === true, total: first.rowCount === undefined ? undefined : first.rowCount * passes });
  let opened = false;
  let rows = 0;
  try {
    const fitted = await features.fit(
      async () => {
        const table = opened ? await open() : first;
        opened = true;
        return engineBatches(table);
      },
      {
        signal,
        threads,
        onProgress(state) {
          rows = state.rows;
          progress.update((first.rowCount ?? rows) * (state.pass - 1) + rows);
        },
      },
    );
    progress.done(rows, passes > 1 ? `, ${passes} passes` : "");
    return fitted;
  } finally {
    progress.stop();
    await first.close();
  }
}

async function write(fitted: FittedFeatures, output: string, quiet: boolean): Promise<void> {
  if (output === "-") {
    process.stdout.write(`${JSON.stringify(fitted.toJSON(), null, 1)}\n`);
    return;
  }
  try {
    await fitted.save(output);
  } catch (error) {
    throw writeFailure(output, error);
  }
  note(`wrote ${output} (${bytes(Buffer.byteLength(JSON.stringify(fitted.toJSON(), null, 1)) + 1)}, fingerprint ${fitted.fingerprint.slice(0, 12)}…)`, quiet);
}

export function describe(fitted: FittedFeatures): string {
  const rows = fitted.describe().map((row) => [row.feature, row.transform, row.column, row.statistic, cell(row.value)]);
  return rows.length === 0 ? "no fitted transformations\n" : table(["feature", "transformation", "of", "statistic", "value"], rows);
}

/** The inputs below fitted transformations: what fitting reads. */
function learnedInputs(declaration: Declaration): PlanInput[] {
  const names = new Set<string>();
  const seen = new Set<Node>();
  const stack: Node[] = [...fittedNodes(declaration.features)];
  for (let node = stack.pop(); node !== undefined; node = stack.pop()) {
    if (seen.has(node)) continue;
    seen.add(node);
    if (node.kind === "input") names.add(node.name);
    else if (node.kind !== "literal") stack.push(...node.args);
  }
  return Object.entries(declaration.inputs).flatMap(([name, input]) => (names.has(name) ? [{ name, input }] : []));
}

/** One more than the fitted transformations below a fitted one's argument. */
function passCount(declaration: Declaration): number {
  const depths = new Map<Node, number>();
  const depth = (node: Node): number => {
    const known = depths.get(node);
    if (known !== undefined) return known;
    const below = node.kind === "call" || node.kind === "fitted" ? Math.max(0, ...node.args.map(depth)) : 0;
    const own = node.kind === "fitted" ? below + 1 : below;
    depths.set(node, own);
    return own;
  };
  return Math.max(0, ...fittedNodes(declaration.features).map(depth));
}
