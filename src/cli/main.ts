#!/usr/bin/env node
import { CommanderError } from "commander";
import { errorText, isClosedPipe } from "./errors.js";
import { EXIT } from "./exit.js";
import { listenForInterrupts } from "./interrupt.js";
import { makeProgram } from "./program.js";

const interrupts = listenForInterrupts();
const stack = process.argv.includes("--stack") || (process.env["DEBUG"] ?? "") !== "";

// The reader of our output may go away at any time (`| head`); there is nobody left to tell.
process.stdout.on("error", (error) => {
  if (!isClosedPipe(error)) throw error;
});

async function run(): Promise<number> {
  let code: number = EXIT.ok;
  const program = makeProgram({ signal: interrupts.signal, finish: (result) => (code = result) });
  try {
    await program.parseAsync(process.argv);
    return interrupts.exitCode ?? code;
  } catch (error) {
    if (interrupts.exitCode !== undefined) {
      process.stderr.write(`skewless: interrupted\n${stack ? `${errorText(error, true)}\n` : ""}`);
      return interrupts.exitCode;
    }
    // Commander has said what is wrong already, or shown the help that was asked for.
    if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.ok : EXIT.failure;
    if (isClosedPipe(error)) return EXIT.ok;
    process.stderr.write(`${errorText(error, stack)}\n`);
    return EXIT.failure;
  }
}

const code = await run();
// What is written to a pipe may still be on its way; an input that was not read to its end must not hold us.
await new Promise<void>((resolve) => process.stdout.write("", () => resolve()));
process.exit(code);
