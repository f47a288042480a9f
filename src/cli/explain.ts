import type { Command } from "commander";
import { withExport, type CommonFlags, type SpecFlags } from "./options.js";
import type { Runtime } from "./program.js";
import { fittedOf, loadSpec } from "./spec-file.js";

interface ExplainFlags extends CommonFlags, SpecFlags {
  readonly mermaid?: boolean;
}

export function addExplain(program: Command, _runtime: Runtime): void {
  const command = program
    .command("explain")
    .summary("print the plan of a spec")
    .description("Prints the plan that both modes run: inputs, steps and outputs.")
    .argument("<spec>", "fitted JSON, or a module whose features need no fitting")
    .option("--mermaid", "as a Mermaid flow chart, which GitHub and many editors draw")
    .option("--stack", "show the stack trace of an error");
  withExport(command)
    .addHelpText(
      "after",
      `
Examples:
  $ skewless explain fitted.json
  $ skewless explain features.mjs --mermaid > plan.mmd`,
    )
    .action(async (spec: string, flags: ExplainFlags) => {
      const fitted = fittedOf(await loadSpec(spec, flags.export));
      process.stdout.write(fitted.explain(flags.mermaid === true ? "mermaid" : "text"));
    });
}
