// The package as it is installed, built into a folder of its own, and a way to run its command.
import { build } from "esbuild";
import { spawn } from "node:child_process";
import { copyFileSync, mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";

const root = resolve(import.meta.dirname, "../..");

export interface CliPackage {
  /** A project that has the package in node_modules: where the command runs. */
  readonly project: string;
  readonly main: string;
  /** Writes a file of the project and returns its path. */
  file(name: string, content: string | Uint8Array): string;
  run(args: readonly string[], options?: RunOptions): Promise<Run>;
  remove(): void;
}

export interface RunOptions {
  /** What standard input gives; `null` leaves it open for `onStart` to write to. */
  readonly stdin?: string | Uint8Array | null;
  readonly env?: Readonly<Record<string, string | undefined>>;
  /** Called with the process once it runs. */
  readonly onStart?: (child: ReturnType<typeof spawn>) => void;
}

export interface Run {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly bytes: Uint8Array;
  readonly stderr: string;
}

export interface PackageOptions {
  /** Dependencies that the installed package shall not find. */
  readonly without?: readonly string[];
}

export async function makePackage(options: PackageOptions = {}): Promise<CliPackage> {
  const folder = mkdtempSync(join(tmpdir(), "skewless-cli-"));
  const pack = join(folder, "package");
  await compile(pack);
  linkModules(join(pack, "node_modules"), options.without ?? []);
  mkdirSync(join(pack, "build/Release"), { recursive: true });
  copyFileSync(join(root, "build/Release/skewless.node"), join(pack, "build/Release/skewless.node"));
  const project = join(folder, "project");
  mkdirSync(join(project, "node_modules"), { recursive: true });
  symlinkSync(pack, join(project, "node_modules", "skewless"));
  const main = join(pack, "dist/cli/main.js");
  return {
    project,
    main,
    file(name, content) {
      const path = join(project, name);
      mkdirSync(resolve(path, ".."), { recursive: true });
      writeFileSync(path, content);
      return path;
    },
    run: (args, runOptions) => run(main, project, args, runOptions),
    remove: () => rmSync(folder, { recursive: true, force: true }),
  };
}

/** As scripts/build-ts.mjs does, without declarations and type checks. */
async function compile(pack: string): Promise<void> {
  const sources = readdirSync(join(root, "src"), { recursive: true, encoding: "utf8" }).filter((path) => path.endsWith(".ts"));
  mkdirSync(join(pack, "scripts"), { recursive: true });
  for (const name of ["package.json", "CMakeLists.txt", "scripts/build-native.mjs"]) copyFileSync(join(root, name), join(pack, name));
  const common = { platform: "node", target: "node20", logLevel: "silent", absWorkingDir: root } as const;
  await build({ ...common, entryPoints: sources.map((path) => join(root, "src", path)), outbase: join(root, "src"), outdir: join(pack, "dist"), format: "esm" });
  await build({
    ...common,
    entryPoints: [join(root, "src/index.ts")],
    outfile: join(pack, "dist/cjs/index.cjs"),
    bundle: true,
    format: "cjs",
    packages: "external",
    banner: { js: 'const __importMetaUrl = require("node:url").pathToFileURL(__filename).href;' },
    define: { "import.meta.url": "__importMetaUrl" },
  });
  writeFileSync(join(pack, "dist/cjs/package.json"), '{ "type": "commonjs" }\n');
}

function linkModules(target: string, without: readonly string[]): void {
  const source = join(root, "node_modules");
  if (without.length === 0) {
    symlinkSync(source, target);
    return;
  }
  mkdirSync(target);
  for (const name of readdirSync(source)) {
    if (!without.includes(name)) symlinkSync(join(source, name), join(target, name));
  }
}

function run(main: string, cwd: string, args: readonly string[], { stdin, env, onStart }: RunOptions = {}): Promise<Run> {
  return new Promise((done, fail) => {
    const child = spawn(process.execPath, [main, ...args], { cwd, env: { ...process.env, NODE_OPTIONS: "", ...env } });
    const out: Buffer[] = [];
    const err: Buffer[] = [];
    child.stdout.on("data", (chunk: Buffer) => out.push(chunk));
    child.stderr.on("data", (chunk: Buffer) => err.push(chunk));
    child.on("error", fail);
    child.on("close", (code, signal) => {
      const bytes = Buffer.concat(out);
      done({ code, signal, bytes, stdout: bytes.toString("utf8"), stderr: Buffer.concat(err).toString("utf8") });
    });
    // A command that fails early does not read what it is sent.
    child.stdin.on("error", () => undefined);
    if (stdin !== null) child.stdin.end(stdin ?? "");
    onStart?.(child);
  });
}
