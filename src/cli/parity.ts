import type { Command } from "commander";
import type { Engine } from "../engine/engine.js";
import { addon, chosenIsa } from "../native.js";
import { checkParity } from "../parity/check-parity.js";
import { formatDifference } from "../parity/difference.js";
import { EXIT } from "./exit.js";
import { count } from "./format.js";
import { engineBatches, openInputs } from "./input.js";
import { nameList, positiveInteger, seedNumber, withCommon, withExport, withReading, type CommonFlags, type ReadFlags, type SpecFlags } from "./options.js";
import type { Runtime } from "./program.js";
import { Progress } from "./progress.js";
import { fittedOf, loadSpec } from "./spec-file.js";

interface ParityFlags extends CommonFlags, ReadFlags, SpecFlags {
  readonly sample?: number;
  readonly seed?: number;
  readonly isa?: readonly string[];
}

export function addParity(program: Command, runtime: Runtime): void {
  const command = program
    .command("parity")
    .summary("prove that row mode and batch mode agree on your data")
    .description("Computes the same rows in row mode and in batch mode and compares every feature at its bits. Exits with 1 at the first difference.")
    .argument("<spec>", "fitted JSON, or a module whose features need no fitting")
    .argument("<data>", "table to compare on: .parquet, .csv, .tsv, .ndjson, .arrow, .arrows; - for standard input")
    .option("--sample <rows>", "compare about this many rows, from all parts of the data (default: all)", positiveInteger)
    .option("--seed <number>", "picks the sample (default: 0)", seedNumber)
    .option("--isa <names>", "instruction sets to compare: baseline,avx2 (default: all that this machine has)", nameList);
  withCommon(withReading(withExport(command)))
    .addHelpText(
      "after",
      `
Examples:
  $ skewless parity fitted.json rows.parquet
  $ skewless parity fitted.json rows.parquet --sample 100000 --seed 7
  $ skewless parity features.mjs rows.csv --isa baseline,avx2`,
    )
    .action(async (spec: string, data: string, flags: ParityFlags) => runtime.finish(await parity(spec, data, flags, runtime.signal)));
}

async function parity(specPath: string, data: string, flags: ParityFlags, signal: AbortSignal): Promise<number> {
  const fitted = fittedOf(await loadSpec(specPath, flags.export));
  const isas = (flags.isa ?? addon().isas()).map((name) => chosenIsa(name));
  const engine = fitted.compile() as Engine;
  const source = await openInputs(data, fitted.plan.inputs, { flags, signal });
  const progress = new Progress("parity", { quiet: flags.quiet === true, total: source.rowCount === undefined ? flags.sample : Math.min(source.rowCount, flags.sample ?? source.rowCount) });
  try {
    const result = await checkParity(engine, engineBatches(source), {
      isas,
      signal,
      ...(flags.sample === undefined ? {} : { sample: flags.sample }),
      ...(flags.seed === undefined ? {} : { seed: flags.seed }),
      onProgress: (rows) => progress.update(rows),
    });
    if (result.ok) {
      progress.done(result.rows);
      const failed = result.errors === 0 ? "" : `; ${count(result.errors)} of them fail, with the same error in each`;
      process.stdout.write(`equal: ${count(result.rows)} rows × ${count(result.columns)} features, bit for bit, in row mode and batch mode (${result.isas.join(", ")})${failed}\n`);
      return EXIT.ok;
    }
    progress.stop();
    process.stdout.write(`${formatDifference(result.difference)}\n`);
    return EXIT.difference;
  } finally {
    progress.stop();
    await source.close();
  }
}
