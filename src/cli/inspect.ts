import type { Command } from "commander";
import { isFittedJson, isSpecPath, loadSpec } from "./spec-file.js";
import { inspectData, type InspectDataFlags } from "./inspect-data.js";
import { inspectSpec } from "./inspect-spec.js";
import { nameList, withCommon, withExport, withReading, type CommonFlags, type SpecFlags } from "./options.js";
import type { Runtime } from "./program.js";

interface InspectFlags extends CommonFlags, InspectDataFlags, SpecFlags {
  readonly json?: boolean;
}

export function addInspect(program: Command, runtime: Runtime): void {
  const command = program
    .command("inspect")
    .summary("show what is in a spec or a table")
    .description("Of a spec: inputs, outputs, fitted state, fingerprint, functions with their versions, time zones. Of a table: schema and number of rows.")
    .argument("<file>", "fitted JSON, module, or table; - for a table on standard input")
    .option("--json", "as JSON")
    .option("--columns <names>", "of a table, only these columns", nameList);
  withCommon(withReading(withExport(command)))
    .addHelpText(
      "after",
      `
Examples:
  $ skewless inspect fitted.json
  $ skewless inspect rows.parquet
  $ skewless inspect fitted.json --json | jq .fingerprint`,
    )
    .action((path: string, flags: InspectFlags) => inspect(path, flags, runtime.signal));
}

async function inspect(path: string, flags: InspectFlags, signal: AbortSignal): Promise<void> {
  const spec = flags.inputFormat === undefined && isSpecPath(path) && (!/\.json$/i.test(path) || (await isFittedJson(path)));
  const shown = spec ? inspectSpec(await loadSpec(path, flags.export)) : await inspectData(path, flags, signal);
  process.stdout.write(flags.json === true ? `${JSON.stringify(shown.json, null, 2)}\n` : shown.text);
}
