// Importing a spec module, TypeScript included.
import { spawnSync } from "node:child_process";
import { randomBytes } from "node:crypto";
import { readFile, rm, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { basename, dirname, extname, join, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { messageOf, systemCode } from "../io/errors.js";
import { ModuleError } from "./errors.js";

type Module = Readonly<Record<string, unknown>>;

const MODULES = [".js", ".mjs", ".cjs"];
const TYPESCRIPT = [".ts", ".mts", ".cts"];
const NOT_FOR_NODE = ["ERR_UNSUPPORTED_TYPESCRIPT_SYNTAX", "ERR_MODULE_NOT_FOUND", "ERR_UNKNOWN_FILE_EXTENSION"];

export function isModulePath(path: string): boolean {
  return [...MODULES, ...TYPESCRIPT].includes(extname(path).toLowerCase());
}

/** @throws ModuleError; an error that the module itself throws is its cause, with the line. */
export async function importModule(path: string): Promise<Module> {
  try {
    return TYPESCRIPT.includes(extname(path).toLowerCase()) ? await importTypeScript(path) : await importFile(resolve(path));
  } catch (error) {
    if (error instanceof ModuleError) throw error;
    throw moduleError(path, error);
  }
}

function importFile(file: string): Promise<Module> {
  return import(pathToFileURL(file).href) as Promise<Module>;
}

function moduleError(path: string, error: unknown): ModuleError {
  const message = messageOf(error);
  const known = systemCode(error);
  const code = known === undefined ? "" : `${known}: `;
  const line = lineOf(path, error);
  let fix = "";
  if (/Cannot find (package|module) '(skewless|.*\/skewless\/)/.test(message)) {
    fix = ". Install skewless beside the module: npm install skewless";
  } else if (/Cannot use import statement outside a module|Unexpected token 'export'/.test(message)) {
    fix = '. Name the file .mjs, or set "type": "module" in its package.json';
  } else if (/Cannot find module '.*\.js' imported from/.test(message) && TYPESCRIPT.includes(extname(path))) {
    fix = ". Node resolves TypeScript imports by their real names (./other.ts), or install esbuild or tsx";
  }
  return new ModuleError(`${path}${line}: the module cannot be loaded: ${code}${message.split("\n")[0] ?? ""}${fix}`, { cause: error });
}

/** Where in the module the error arose: `:12:5`. */
function lineOf(path: string, error: unknown): string {
  if (!(error instanceof Error) || error.stack === undefined) return "";
  const name = basename(path).replaceAll(/[.*+?^${}()|[\]\\]/g, "\\$&");
  const place = new RegExp(`${name}(:\\d+(?::\\d+)?)`);
  const found = place.exec(error.stack)?.[1];
  if (found !== undefined || !(error instanceof SyntaxError) || !MODULES.includes(extname(path).toLowerCase())) return found ?? "";
  // Node keeps the place of a syntax error from programs, but prints it.
  return place.exec(spawnSync(process.execPath, ["--check", path], { encoding: "utf8" }).stderr)?.[1] ?? "";
}

/** What loads TypeScript here, tried in order: Node itself, then what the project has installed. */
async function importTypeScript(path: string): Promise<Module> {
  const file = resolve(path);
  let refused: Error | undefined;
  if (stripsTypes()) {
    try {
      return await importFile(file);
    } catch (error) {
      // Enums and namespaces, or imports of "./x.js" that mean ./x.ts: the tools below know them.
      const code = systemCode(error);
      if (!(error instanceof Error) || code === undefined || !NOT_FOR_NODE.includes(code)) throw error;
      refused = error;
    }
  }
  const esbuild = locate("esbuild", file) ?? esbuildOf("tsx", file);
  if (esbuild !== undefined) return importCompiled(file, (target) => bundle(esbuild, file, target));
  const typescript = locate("typescript", file);
  if (typescript !== undefined) return importCompiled(file, (target) => transpile(typescript, file, target));
  if (refused !== undefined) throw refused;
  throw new ModuleError(
    `${path}: Node.js ${process.versions.node} cannot load TypeScript. Use Node.js 22.18 or later, or run \`npm install --save-dev esbuild\` ` +
      "(tsx and typescript do as well), or compile the module to .mjs first",
  );
}

function stripsTypes(): boolean {
  const features = process.features as { readonly typescript?: unknown };
  return typeof features.typescript === "string";
}

/** The file of a package that the spec's project or the current folder has. */
function locate(name: string, file: string): string | undefined {
  for (const from of [file, join(process.cwd(), "package.json")]) {
    try {
      return createRequire(from).resolve(name);
    } catch {
      // Not there: the next folder.
    }
  }
  return undefined;
}

/** The esbuild that another package of the project brings along. */
function esbuildOf(name: string, file: string): string | undefined {
  const found = locate(`${name}/package.json`, file);
  return found === undefined ? undefined : locate("esbuild", found);
}

/** Imports compiled code from a file beside the source, so that its imports resolve as the source's do. */
async function importCompiled(file: string, compile: (target: string) => Promise<void>): Promise<Module> {
  const target = join(dirname(file), `.${basename(file)}.${randomBytes(6).toString("hex")}.mjs`);
  process.setSourceMapsEnabled(true);
  try {
    await compile(target);
    return await importFile(target);
  } finally {
    await rm(target, { force: true });
  }
}

interface Esbuild {
  build(options: Readonly<Record<string, unknown>>): Promise<unknown>;
}

async function bundle(esbuild: string, file: string, target: string): Promise<void> {
  const loaded = await importFile(esbuild);
  const { build } = (loaded["default"] ?? loaded) as unknown as Esbuild;
  try {
    await build({
      entryPoints: [file],
      outfile: target,
      bundle: true,
      packages: "external",
      platform: "node",
      format: "esm",
      target: `node${process.versions.node}`,
      sourcemap: "inline",
      logLevel: "silent",
    });
  } catch (error) {
    const first = (error as { errors?: readonly { text: string; location?: { file: string; line: number; column: number } }[] }).errors?.[0];
    if (first === undefined) throw error;
    const place = first.location === undefined || first.location === null ? file : `${first.location.file}:${first.location.line}:${first.location.column + 1}`;
    throw new ModuleError(`${place}: the module cannot be compiled: ${first.text}`, { cause: error });
  }
}

interface TypeScript {
  transpileModule(text: string, options: Readonly<Record<string, unknown>>): { readonly outputText: string };
  readonly ModuleKind: Readonly<Record<string, number>>;
  readonly ScriptTarget: Readonly<Record<string, number>>;
}

async function transpile(typescript: string, file: string, target: string): Promise<void> {
  const loaded = await importFile(typescript);
  const { transpileModule, ModuleKind, ScriptTarget } = (loaded["default"] ?? loaded) as unknown as TypeScript;
  const { outputText } = transpileModule(await readFile(file, "utf8"), {
    fileName: file,
    compilerOptions: { module: ModuleKind["ESNext"], target: ScriptTarget["ES2022"], inlineSourceMap: true },
  });
  await writeFile(target, outputText);
}
