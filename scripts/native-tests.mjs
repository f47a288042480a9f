// What scripts/test-native.mjs and scripts/test-sanitize.mjs share: CMake builds in folders of their own under
// build/, and ctest. cmake-js is not involved, the tests know no Node.
import { spawnSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

export const root = join(dirname(fileURLToPath(import.meta.url)), "..");
const JOBS = "2";

/** Runs a command with its output shown; ends the script when it fails. */
export function run(command, args, options = {}) {
  const { status, error, signal } = spawnSync(command, args, { cwd: root, stdio: "inherit", ...options });
  if (error?.code === "ENOENT") {
    console.error(`'${command}' was not found: the native tests need CMake 3.18+ and a C++20 compiler`);
    process.exit(1);
  }
  if (status !== 0) {
    console.error(`failed (${signal ?? `exit code ${status}`}): ${command} ${args.join(" ")}`);
    process.exit(1);
  }
}

function has(command) {
  return spawnSync(command, ["--version"], { stdio: "ignore" }).error === undefined;
}

/** Configures a build of the native code; definitions as `-DNAME=value`. */
export function configure(folder, definitions) {
  // A folder keeps the generator that it began with.
  const cache = join(folder, "CMakeCache.txt");
  const known = existsSync(cache) ? /^CMAKE_GENERATOR:INTERNAL=(.*)$/m.exec(readFileSync(cache, "utf8"))?.[1] : undefined;
  const generator = known === undefined && has("ninja") ? ["-G", "Ninja"] : [];
  run("cmake", ["-S", root, "-B", folder, ...generator, "-DCMAKE_BUILD_TYPE=Release", ...definitions], {
    stdio: ["ignore", "ignore", "inherit"],
  });
}

export function build(folder, targets = []) {
  run("cmake", ["--build", folder, "--parallel", JOBS, ...(targets.length > 0 ? ["--target", ...targets] : [])]);
}

/** Runs ctest; counts test programs. Output is shown where a test failed. */
export function runTests(folder, { only, env } = {}) {
  const args = ["--test-dir", folder, "--output-on-failure", "--no-tests=error", "-j", JOBS, "--timeout", "600"];
  if (only !== undefined) args.push("-R", only);
  const result = spawnSync("ctest", args, { cwd: root, encoding: "utf8", env: { ...process.env, ...env }, maxBuffer: 1 << 28 });
  if (result.error) throw result.error;
  process.stdout.write(result.stdout);
  process.stderr.write(result.stderr);
  const closing = /(\d+) tests? failed out of (\d+)/.exec(result.stdout);
  if (closing === null) return { passed: 0, failed: 1 };
  const failed = Number(closing[1]);
  // ctest may fail for a reason of its own.
  return { passed: Number(closing[2]) - failed, failed: result.status !== 0 && failed === 0 ? 1 : failed };
}
