import { readFileSync } from "node:fs";
import { join } from "node:path";
import { Command } from "commander";
import { packageRoot } from "../native.js";
import { addBuild } from "./build.js";
import { addExplain } from "./explain.js";
import { addFit } from "./fit.js";
import { addInspect } from "./inspect.js";
import { addParity } from "./parity.js";
import { addServe } from "./serve.js";
import { addTransform } from "./transform.js";

/** What a command gets of the process. */
export interface Runtime {
  /** Fires when the user interrupts. */
  readonly signal: AbortSignal;
  /** Sets the exit code of a command that ends without an error. */
  finish(code: number): void;
}

export function makeProgram(runtime: Runtime): Command {
  const program = new Command("skewless")
    .description("Declare features once; fit, transform and compare them on files, with the same bits as in your service.")
    .version(version(), "-V, --version", "show the version")
    .helpOption("-h, --help", "show this help")
    .helpCommand("help [command]", "show the help of a command")
    .showHelpAfterError("(add --help for the options and examples)")
    .configureOutput({ outputError: (text, write) => write(text.replace(/^error: /, "skewless: USAGE: ")) })
    .exitOverride()
    .addHelpText(
      "after",
      `
Exit codes: 0 done, 1 parity found a difference, 2 wrong usage or bad input, 130 interrupted.

Examples:
  $ skewless fit features.mjs train.parquet -o fitted.json
  $ skewless transform fitted.json rows.csv -o features.parquet
  $ skewless parity fitted.json rows.csv`,
    );
  for (const add of [addFit, addTransform, addParity, addExplain, addInspect, addServe, addBuild]) add(program, runtime);
  return program;
}

function version(): string {
  const { version } = JSON.parse(readFileSync(join(packageRoot(), "package.json"), "utf8")) as { readonly version: string };
  return version;
}
