import { availableParallelism } from "node:os";

/** Native threads where the user names no number: the machine's, within what the engine takes. */
export function threadsOf(wanted: number | undefined): number {
  return wanted ?? Math.min(256, availableParallelism());
}
