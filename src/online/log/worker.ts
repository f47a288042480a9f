// The worker thread of a log: takes rows from the queue, makes record batches of them and writes them.
import { parentPort, workerData } from "node:worker_threads";
import { BlockReader } from "./block-reader.js";
import { logLayout } from "./layout.js";
import { plainError, type FromWorker, type ToWorker, type WorkerStart } from "./messages.js";
import { LogQueue } from "./queue.js";
import { Files, ModuleSink, type LogTarget } from "./target.js";

const { definition, size, memory, flushMillis, target: wanted } = workerData as WorkerStart;
const layout = logLayout(definition, size);
const queue = new LogQueue(layout, memory);
const reader = new BlockReader(definition, layout, memory);
const send = (message: FromWorker): void => parentPort?.postMessage(message);

function report(error: unknown): void {
  queue.count("errors", 1);
  send({ kind: "error", error: plainError(error) });
}

async function openTarget(): Promise<LogTarget> {
  if ("files" in wanted) return new Files(reader.schema, wanted.files, () => queue.count("segments", 1), report);
  return ModuleSink.load(wanted.module, wanted.options, reader.schema);
}

/** Writes what the queue holds; `partly`: also the rows of the block that is filling. Rejects at the first failure. */
async function drain(target: LogTarget, partly: boolean): Promise<void> {
  for (;;) {
    const block = queue.take(partly);
    if (block < 0) return;
    const from = queue.done(block);
    const to = queue.rows(block);
    const first = block * layout.blockRows;
    let done = from;
    try {
      if (to > from) {
        const bytes = await target.write(reader.batch(first + from, first + to));
        queue.count("bytes", bytes);
        queue.count("written", to - from);
        queue.count("flushes", 1);
      }
      done = to;
    } finally {
      queue.release(block, done);
      if (queue.messageWanted) send({ kind: "freed" });
    }
  }
}

const opened = openTarget();
let closing = false;
/** All work in its order: one batch at a time. */
let work: Promise<unknown> = opened.catch(report);

function then(next: (target: LogTarget) => Promise<void>): Promise<void> {
  const done = work.then(async () => next(await opened));
  work = done.catch(() => undefined);
  return done;
}

const timer = setInterval(() => {
  then(async (target) => {
    await drain(target, true);
    target.tick();
  }).catch(report);
}, flushMillis);

parentPort?.on("message", (message: ToWorker) => {
  switch (message.kind) {
    case "sealed":
      then((target) => drain(target, false)).catch(report);
      break;
    case "flush":
      then(async (target) => {
        await drain(target, true);
        target.sync();
      }).then(
        () => send({ kind: "flushed", id: message.id }),
        (error: unknown) => {
          queue.count("errors", 1);
          send({ kind: "flushed", id: message.id, error: plainError(error) });
        },
      );
      break;
    case "close":
      if (closing) return;
      closing = true;
      clearInterval(timer);
      void close();
  }
});

async function close(): Promise<void> {
  let failure: { readonly error?: unknown } = {};
  const attempt = (error: unknown): void => {
    queue.count("errors", 1);
    failure = { error };
  };
  await then((target) => drain(target, true)).catch(attempt);
  await then((target) => target.close(() => queue.end())).catch(attempt);
  queue.end();
  send({ kind: "closed", ...("error" in failure ? { error: plainError(failure.error) } : {}) });
  parentPort?.close();
}
