// The log's worker bundled from its sources, below the repository so that it finds the dependencies.
import { build, type BuildOptions } from "esbuild";
import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { join, resolve } from "node:path";

const root = resolve(import.meta.dirname, "../..");

export interface BuiltWorker {
  readonly file: string;
  readonly folder: string;
  remove(): void;
}

const COMMON: BuildOptions = { bundle: true, platform: "node", target: "node20", format: "esm", packages: "external", logLevel: "silent" };

export async function buildLogWorker(): Promise<BuiltWorker> {
  mkdirSync(join(root, "build"), { recursive: true });
  const folder = mkdtempSync(join(root, "build", "log-worker-"));
  const file = join(folder, "worker.mjs");
  await build({ ...COMMON, entryPoints: [join(root, "src/online/log/worker.ts")], outfile: file });
  return { file, folder, remove: () => rmSync(folder, { recursive: true, force: true }) };
}

/** The log itself too, as `log.mjs`, for scripts of processes of their own. */
export async function buildLogScripts(): Promise<BuiltWorker> {
  const worker = await buildLogWorker();
  const contents = `export * from "./src/online/log/index.js"; export { t } from "./src/types/input-type.js";`;
  await build({ ...COMMON, stdin: { contents, resolveDir: root, loader: "ts" }, outfile: join(worker.folder, "log.mjs") });
  return worker;
}

/** A directory of its own for a log. */
export function scratch(worker: BuiltWorker): string {
  return mkdtempSync(join(worker.folder, "data-"));
}

export async function until(condition: () => boolean, what: string, milliseconds = 10_000): Promise<void> {
  const deadline = performance.now() + milliseconds;
  while (!condition()) {
    if (performance.now() > deadline) throw new Error(`timed out: ${what}`);
    await new Promise((done) => setTimeout(done, 5));
  }
}
