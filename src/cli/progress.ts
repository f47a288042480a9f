import cliProgress from "cli-progress";
import { count, rate } from "./format.js";

export interface ProgressOptions {
  readonly quiet: boolean;
  /** Rows in all, where they are known beforehand. */
  readonly total?: number | undefined;
}

/**
 * How far a command is, on standard error only: a bar where that is a terminal, and one line at the end, which
 * `quiet` leaves out too.
 */
export class Progress {
  readonly #quiet: boolean;
  readonly #bar: cliProgress.SingleBar | undefined;
  #start = performance.now();
  #rows = 0;

  constructor(label: string, { quiet, total }: ProgressOptions) {
    this.#quiet = quiet;
    if (quiet || !process.stderr.isTTY) return;
    const rows = "{rows} rows  {rate} rows/s";
    this.#bar = new cliProgress.SingleBar({
      stream: process.stderr,
      format: total === undefined ? `${label}  ${rows}  {duration_formatted}` : `${label}  {bar} {percentage}%  ${rows}  {eta_formatted} left`,
      barCompleteChar: "█",
      barIncompleteChar: "░",
      barsize: 30,
      fps: 10,
      hideCursor: true,
      clearOnComplete: true,
      gracefulExit: false,
    });
    this.#bar.start(total ?? 1, 0, { rows: "0", rate: "0" });
  }

  /** Rows done so far; they fall back to 0 where a new pass begins. */
  update(rows: number): void {
    if (rows < this.#rows) this.#start = performance.now();
    this.#rows = rows;
    const perSecond = (rows / (performance.now() - this.#start)) * 1000;
    this.#bar?.update(rows, { rows: count(rows), rate: count(perSecond) });
  }

  /** Removes the bar, so that other lines can follow. */
  stop(): void {
    this.#bar?.stop();
  }

  /** Removes the bar and says how it went. */
  done(rows: number, more = ""): void {
    this.stop();
    note(`${rate(rows, (performance.now() - this.#start) / 1000)}${more}`, this.#quiet);
  }
}

/** A line for people, who may not want it. */
export function note(text: string, quiet: boolean): void {
  if (!quiet) process.stderr.write(`${text}\n`);
}
