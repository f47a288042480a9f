import { AbortedError } from "../errors.js";
import { EXIT } from "./exit.js";

/** SIGINT and SIGTERM as an AbortSignal. */
export interface Interrupts {
  readonly signal: AbortSignal;
  /** The exit code of the signal that came, if one came. */
  readonly exitCode: number | undefined;
}

/** Listens for the rest of the process's life. The first signal lets the work clean up, the second ends the process. */
export function listenForInterrupts(): Interrupts {
  const controller = new AbortController();
  let exitCode: number | undefined;
  const on = (name: NodeJS.Signals, code: number): void => {
    process.on(name, () => {
      if (exitCode !== undefined) {
        // A progress bar hides the cursor.
        if (process.stderr.isTTY) process.stderr.write("\u001b[?25h\u001b[?7h\n");
        process.exit(code);
      }
      exitCode = code;
      controller.abort(new AbortedError("interrupted"));
    });
  };
  on("SIGINT", EXIT.interrupted);
  on("SIGTERM", EXIT.terminated);
  return {
    signal: controller.signal,
    get exitCode() {
      return exitCode;
    },
  };
}
