// The package bundled from its sources into a folder below the repository (where the add-on and the dependencies are
// found), and scripts that run on it in a process of their own.
import { build, type BuildOptions } from "esbuild";
import { spawn } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";

const root = resolve(import.meta.dirname, "../..");

export interface Result {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface Bundle {
  readonly folder: string;
  /** Writes a script beside the bundles `skewless.mjs` and `skewless.cjs`. */
  write(name: string, code: string): string;
  /** Runs code as an ES module, or a script that was written. */
  run(code: string, options?: { readonly flags?: readonly string[]; readonly env?: Readonly<Record<string, string>>; readonly file?: string; readonly timeoutMillis?: number }): Promise<Result>;
  remove(): void;
}

export async function makeBundle(): Promise<Bundle> {
  mkdirSync(join(root, "build"), { recursive: true });
  const folder = mkdtempSync(join(root, "build", "process-test-"));
  const common: BuildOptions = {
    entryPoints: [join(root, "src/index.ts")],
    bundle: true,
    platform: "node",
    target: "node20",
    packages: "external",
    logLevel: "silent",
  };
  await build({ ...common, outfile: join(folder, "skewless.mjs"), format: "esm" });
  await build({
    ...common,
    outfile: join(folder, "skewless.cjs"),
    format: "cjs",
    // As scripts/build-ts.mjs does for the CommonJS entry.
    banner: { js: 'const __importMetaUrl = require("node:url").pathToFileURL(__filename).href;' },
    define: { "import.meta.url": "__importMetaUrl" },
  });
  let count = 0;
  const write = (name: string, code: string): string => {
    const path = join(folder, name);
    writeFileSync(path, code);
    return path;
  };
  return {
    folder,
    write,
    run(code, { flags = [], env = {}, file, timeoutMillis = 120_000 } = {}) {
      const path = file ?? write(`script-${count++}.mjs`, code);
      const inherited = { ...process.env };
      delete inherited["SKEWLESS_ISA"];
      delete inherited["NODE_OPTIONS"];
      return new Promise((done, fail) => {
        const child = spawn(process.execPath, [...flags, path], { cwd: folder, env: { ...inherited, ...env }, timeout: timeoutMillis });
        let stdout = "";
        let stderr = "";
        child.stdout.setEncoding("utf8").on("data", (text: string) => (stdout += text));
        child.stderr.setEncoding("utf8").on("data", (text: string) => (stderr += text));
        child.on("error", fail);
        child.on("close", (code, signal) => done({ code, signal, stdout, stderr }));
      });
    },
    remove: () => rmSync(folder, { recursive: true, force: true }),
  };
}

/** An engine of some weight, a good row and columns of `size` rows. */
export const SCENARIO = `
import { defineFeatures, t } from "./skewless.mjs";
import { vectorFromArray, Utf8 } from "apache-arrow";
export const set = defineFeatures({
  inputs: { x: t.float64(), y: t.float64(), s: t.utf8() },
  features: ({ x, y, s }) => ({
    a: x.sin().add(y.exp().log1p()).pow(1.5),
    b: x.atan2 === undefined ? x.hypot(y).tanh() : x.tanh(),
    c: s.length().add(s.hashBucket(1000)),
    d: x.mul(y).sub(1).erf(),
  }),
});
export const row = { x: 0.25, y: 2, s: "Zürich" };
export const columns = (size) => ({
  x: Float64Array.from({ length: size }, (_, i) => i / 7),
  y: Float64Array.from({ length: size }, (_, i) => (i % 13) - 6),
  s: vectorFromArray(Array.from({ length: size }, (_, i) => "text " + (i % 97)), new Utf8()),
});
export const bits = (vector) => Buffer.from(vector.buffer, vector.byteOffset, vector.byteLength).toString("hex");
export { vectorFromArray };
`;
