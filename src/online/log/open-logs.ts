/** What the end of the process does to a log. */
export interface OpenLog {
  close(): Promise<void>;
  /** Blocks the thread until the worker wrote what is queued, for a limited time. */
  closeBlocking(): void;
}

const open = new Set<OpenLog>();

/** An event loop that has nothing left to do: logs are closed as if the program had done so. */
function beforeExit(): void {
  for (const log of open) log.close().catch(() => undefined);
}

/** `process.exit()` or an uncaught error: no event loop any more, but the worker's threads still run. */
function exit(): void {
  for (const log of open) log.closeBlocking();
}

export function opened(log: OpenLog): void {
  if (open.size === 0) {
    process.on("beforeExit", beforeExit);
    process.on("exit", exit);
  }
  open.add(log);
}

export function closed(log: OpenLog): void {
  if (!open.delete(log) || open.size > 0) return;
  process.off("beforeExit", beforeExit);
  process.off("exit", exit);
}
