import { readFile } from "node:fs/promises";
import type { Command } from "commander";
import { messageOf } from "../io/errors.js";
import { createServer } from "../online/server/create-server.js";
import type { ServerOptions } from "../online/server/options.js";
import { ModuleError, UsageError } from "./errors.js";
import { positiveInteger, wholeNumber, type CommonFlags, type SpecFlags } from "./options.js";
import type { Runtime } from "./program.js";
import { importModule } from "./spec-module.js";

interface ServeFlags extends CommonFlags, SpecFlags {
  readonly host: string;
  readonly port: number;
  readonly tokenFile?: string;
  readonly bodyLimit?: number;
  readonly concurrency?: number;
  readonly queue?: number;
  readonly drainDelay: number;
  readonly closeTimeout?: number;
  readonly log?: boolean;
}

export function addServe(program: Command, runtime: Runtime): void {
  program
    .command("serve")
    .summary("answer HTTP requests with predictions")
    .description("Serves the predictor services of a module over HTTP: predictions, feature vectors, the Open Inference Protocol, metrics, OpenAPI and a status page. Stops at SIGTERM or SIGINT, after the requests under way are answered; a second signal ends it at once.")
    .argument("<module>", "module that exports a service, a list of services and models, options of createServer, or a function that returns one of them")
    .option("--host <address>", "address to listen on", "127.0.0.1")
    .option("--port <number>", "port to listen on; 0 takes a free one", wholeNumber(0, 65_535), 8080)
    .option("--token-file <path>", "file of bearer tokens, one a line; requests need one of them")
    .option("--body-limit <bytes>", "largest body of a request (default: 1,048,576)", positiveInteger)
    .option("--concurrency <number>", "requests that are worked on at once (default: 256)", positiveInteger)
    .option("--queue <number>", "requests that wait for their turn; more are refused with 429 (default: 1,024)", wholeNumber(0, 2 ** 20))
    .option("--drain-delay <milliseconds>", "time between saying not ready and closing, for load balancers to notice", wholeNumber(0, 600_000), 0)
    .option("--close-timeout <milliseconds>", "how long requests under way are waited for (default: 10,000)", positiveInteger)
    .option("--log", "log requests as JSON lines to standard output")
    .option("--export <name>", "the module's export to use (default: `default`)")
    .option("-q, --quiet", "do not print the address")
    .option("--stack", "show the stack trace of an error")
    .addHelpText(
      "after",
      `
Examples:
  $ skewless serve service.mjs
  $ skewless serve service.mjs --host 0.0.0.0 --port 80 --token-file tokens.txt
  $ skewless serve service.mjs --concurrency 64 --queue 256`,
    )
    .action((path: string, flags: ServeFlags) => serve(path, flags, runtime.signal));
}

async function serve(path: string, flags: ServeFlags, signal: AbortSignal): Promise<void> {
  const tokens = flags.tokenFile === undefined ? undefined : await readTokens(flags.tokenFile);
  const exported = await loadServices(path, flags.export);
  const app = await createServer({
    ...exported,
    ...(tokens === undefined ? {} : { tokens }),
    ...(flags.bodyLimit === undefined ? {} : { bodyLimit: flags.bodyLimit }),
    ...(flags.concurrency === undefined ? {} : { concurrency: flags.concurrency }),
    ...(flags.queue === undefined ? {} : { queue: flags.queue }),
    ...(flags.closeTimeout === undefined ? {} : { closeTimeoutMillis: flags.closeTimeout }),
    ...(flags.log === true ? { logger: true } : {}),
  });
  try {
    const address = await app.listen({ host: flags.host, port: flags.port, listenTextResolver: (url) => url });
    if (flags.quiet !== true) process.stdout.write(`listening on ${address}\n`);
    await aborted(signal);
    app.drain();
    if (flags.drainDelay > 0) await new Promise((resolve) => setTimeout(resolve, flags.drainDelay));
  } catch (error) {
    throw (error as { syscall?: unknown }).syscall === "listen" ? new UsageError(`${flags.host}:${flags.port}: cannot listen there: ${messageOf(error)}`, { cause: error }) : error;
  } finally {
    await app.close();
  }
}

function aborted(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return Promise.resolve();
  return new Promise((resolve) => signal.addEventListener("abort", () => resolve(), { once: true }));
}

async function readTokens(path: string): Promise<string[]> {
  let text: string;
  try {
    text = await readFile(path, "utf8");
  } catch (error) {
    throw new UsageError(`${path}: cannot read the tokens: ${messageOf(error)}`, { cause: error });
  }
  const tokens = text.split(/\r?\n/).map((line) => line.trim()).filter((line) => line !== "");
  // An empty file must not open the server to all.
  if (tokens.length === 0) throw new UsageError(`${path}: there is no token in the file`);
  return tokens;
}

/** What a module exports as options of createServer, which checks them. */
async function loadServices(path: string, name = "default"): Promise<ServerOptions> {
  const module = await importModule(path);
  if (!Object.hasOwn(module, name)) throw new ModuleError(`${path}: there is no ${name === "default" ? "default export" : `export ${JSON.stringify(name)}`}`);
  const found = await module[name];
  const value: unknown = typeof found === "function" ? await (found as () => unknown)() : found;
  if (typeof value !== "object" || value === null) {
    throw new ModuleError(`${path}: the export ${JSON.stringify(name)} is neither a service, a list of them, options of createServer, nor a function that returns one of them`);
  }
  return "models" in value && !Array.isArray(value) ? (value as ServerOptions) : { models: value as ServerOptions["models"] };
}
