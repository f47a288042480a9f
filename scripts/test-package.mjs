// Packs the package with a prebuild, installs the tarball into an empty project and uses it from there.
//
//   node scripts/test-package.mjs [--keep]
//
// The last line is `package checks: N passed, N failed`; exit code 1 when any failed.
import { spawnSync } from "node:child_process";
import { cpSync, existsSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { isDeepStrictEqual } from "node:util";

const root = join(dirname(fileURLToPath(import.meta.url)), "..");
const project = mkdtempSync(join(tmpdir(), "skewless-package-"));
const installed = join(project, "node_modules", "skewless");
const prebuild = `prebuilds/${process.platform}-${process.arch}/skewless.node`;
const npm = process.platform === "win32" ? "npm.cmd" : "npm";
let passed = 0;
let failed = 0;

function check(what, ok, detail = "") {
  if (ok) passed++;
  else failed++;
  console.log(`${ok ? "ok  " : "FAIL"} ${what}${ok || detail === "" ? "" : `\n${detail}`}`);
  return ok;
}

/** Runs a command quietly; its output is shown where a check on it fails. */
function exec(command, args, { cwd = project, env = {} } = {}) {
  const own = { ...process.env, ...env };
  // npm hands its settings down to scripts; the empty project has its own.
  for (const name of Object.keys(own)) if (/^npm_(package|lifecycle|command)/.test(name)) delete own[name];
  delete own.SKEWLESS_ADDON;
  Object.assign(own, env);
  const result = spawnSync(command, args, { cwd, env: own, encoding: "utf8", shell: process.platform === "win32", maxBuffer: 1 << 28 });
  return { ok: result.status === 0, out: result.stdout ?? "", all: `${result.stdout ?? ""}${result.stderr ?? ""}${result.error ?? ""}` };
}

function step(what, command, args, options) {
  const result = exec(command, args, options);
  check(what, result.ok, result.all);
  return result;
}

function finish() {
  if (!process.argv.includes("--keep")) rmSync(project, { recursive: true, force: true });
  else console.log(`kept ${project}`);
  console.log(`package checks: ${passed} passed, ${failed} failed`);
  process.exit(failed === 0 ? 0 : 1);
}

// ---- the tarball -------------------------------------------------------------------------------------------

rmSync(join(root, "prebuilds"), { recursive: true, force: true });
if (!step("a prebuild is made by prebuildify through the shim", npm, ["run", "prebuilds"], { cwd: root }).ok) finish();
check("the prebuild is where node-gyp-build looks", existsSync(join(root, prebuild)));
check("the add-on is still in build/Release", existsSync(join(root, "build/Release/skewless.node")));
if (!step("dist/ is built", npm, ["run", "build:ts"], { cwd: root }).ok) finish();

const packed = step("npm pack", npm, ["pack", "--ignore-scripts", "--json", "--pack-destination", project], { cwd: root });
if (!packed.ok) finish();
const [tarball] = [JSON.parse(packed.out)].flatMap((value) => (Array.isArray(value) ? value : Object.values(value)));
const files = tarball.files.map((file) => file.path);
const expected = ["package.json", "dist/index.js", "dist/index.d.ts", "dist/cjs/index.cjs", "dist/cjs/index.d.ts", "dist/cjs/package.json", "dist/online/log/worker.js", "CMakeLists.txt", "scripts/build-native.mjs", "native/addon/main.cc", "native/core/config.h", prebuild];
for (const path of expected) check(`the tarball has ${path}`, files.includes(path));
const foreign = files.filter((path) => /(^|\/)node_modules\/|^(src|test|bench|build|docs|examples)\/|^native\/(test|fuzz)\/|\.gyp$|\.tgz$|^\./.test(path));
check("the tarball has nothing that only the repository needs", foreign.length === 0, foreign.join("\n"));

// ---- the empty project -------------------------------------------------------------------------------------

writeFileSync(join(project, "package.json"), JSON.stringify({ name: "consumer", version: "1.0.0", private: true, type: "module" }));
const install = step("npm install of the tarball", npm, ["install", "--prefer-offline", "--no-audit", "--no-fund", join(project, tarball.filename)]);
if (!install.ok) finish();
// npm counts `prepare` among the scripts of a tarball's package, not of one from a registry, and runs it for neither.
const warnings = install.all.split("\n").filter((line) => /\bwarn\b/i.test(line) && !(line.includes("warn install-scripts") && !/@.*\((?!prepare:)/.test(line)));
check("npm warns about nothing, install scripts least of all", warnings.length === 0, install.all);
const manifest = JSON.parse(readFileSync(join(installed, "package.json"), "utf8"));
const hooks = ["preinstall", "install", "postinstall"].filter((name) => manifest.scripts?.[name] !== undefined);
check("the package has no install script", hooks.length === 0 && !existsSync(join(installed, "binding.gyp")), hooks.join());

cpSync(join(root, "test/package/consumer"), project, { recursive: true });
// By hand: mean 2, population standard deviation 1; a null compares to null, which is NaN in a vector and JSON's null.
const answers = {
  row: [0.5, 2, 1, -1],
  batch: [
    [0.5, 2, 1, -1],
    [1.5, 3, 0, 1],
  ],
  nulls: 1,
  fingerprint: 64,
  // The stump of scoring.cjs; a row without x is the fallback's.
  model: { backend: "compiled", scores: [0.25, 0.75, 0.75], predictions: [[0.25, false], [0.75, false], [9, true]], closed: "CLOSED", logged: [0.75] },
};
for (const [what, file] of [["ES module", "esm.mjs"], ["CommonJS", "commonjs.cjs"]]) {
  const { ok, out, all } = exec(process.execPath, [file]);
  check(`an engine, a model and a log run, imported as ${what}`, ok && isDeepStrictEqual(JSON.parse(out), answers), all);
}

// ---- types -------------------------------------------------------------------------------------------------

const tsc = createRequire(import.meta.url).resolve("typescript/bin/tsc");
const common = ["--noEmit", "--strict", "--exactOptionalPropertyTypes", "--noUncheckedIndexedAccess", "--target", "es2022", "--lib", "es2024,esnext.disposable"];
for (const [resolution, file] of [
  ["nodenext", "types-module.mts"],
  ["nodenext", "types-commonjs.cts"],
  ["node16", "types-module.mts"],
  ["node16", "types-commonjs.cts"],
  ["bundler", "types-bundler.ts"],
]) {
  const module = resolution === "bundler" ? ["--module", "esnext", "--moduleResolution", "bundler"] : ["--module", resolution];
  step(`types with moduleResolution ${resolution}: ${file}`, process.execPath, [tsc, ...common, ...module, "--skipLibCheck", file]);
}

// ---- the command and the load error ------------------------------------------------------------------------

if (existsSync(join(root, "dist/cli/main.js"))) {
  const version = exec(npm, ["exec", "--offline", "--", "skewless", "--version"]);
  check("npx skewless --version", version.ok && version.out.includes(manifest.version), version.all);
}

renameSync(join(installed, "prebuilds"), join(project, "away"));
for (const file of ["esm.mjs", "commonjs.cjs"]) {
  const { ok, all } = exec(process.execPath, [file]);
  const complete = ["ADDON_NOT_FOUND", "npx skewless build", "SKEWLESS_ADDON", `${process.platform}-${process.arch}`].every((part) => all.includes(part));
  check(`without a prebuild the load error lists the fixes (${file})`, !ok && complete, all);
}
const pointed = exec(process.execPath, ["esm.mjs"], { env: { SKEWLESS_ADDON: join(root, "build/Release/skewless.node") } });
check("SKEWLESS_ADDON names the file to load", pointed.ok, pointed.all);
// The fix that the error names must work from the tarball alone.
step("npx skewless build compiles the add-on", npm, ["exec", "--offline", "--", "skewless", "build"]);
const built = exec(process.execPath, ["commonjs.cjs"]);
check("the add-on that was built is found and runs", built.ok && isDeepStrictEqual(JSON.parse(built.out), answers), built.all);
finish();
