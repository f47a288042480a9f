import { spawnSync } from "node:child_process";
import { statSync } from "node:fs";
import { join } from "node:path";
import type { Command } from "commander";
import { AddonError } from "../errors.js";
import { packageRoot } from "../native.js";
import { bytes } from "./format.js";
import type { Runtime } from "./program.js";

export function addBuild(program: Command, _runtime: Runtime): void {
  program
    .command("build")
    .summary("compile the native add-on from the package's sources")
    .description("Compiles the native add-on of this package, for machines that no prebuilt one fits. Needs CMake 3.18 or later and a C++20 compiler (GCC 11, Clang 14, MSVC 2022 or later); downloads nothing.")
    .option("--stack", "show the stack trace of an error")
    .addHelpText(
      "after",
      `
Examples:
  $ npx skewless build
  $ CXX=clang++ npx skewless build`,
    )
    .action(build);
}

function build(): void {
  const root = packageRoot();
  const target = join(root, "build", "Release", "skewless.node");
  process.stderr.write(`building the add-on of ${root} (CMake 3.18+ and a C++20 compiler; about a minute)\n`);
  const { status, error } = spawnSync(process.execPath, [join(root, "scripts", "build-native.mjs")], { cwd: root, stdio: ["ignore", 2, 2] });
  if (error !== undefined || status !== 0) {
    throw new AddonError("ADDON_NOT_FOUND", "the add-on could not be built; the messages above tell why", {
      fix: "Install CMake 3.18 or later and a C++20 compiler (Debian: apt-get install cmake g++; macOS: xcode-select --install and cmake), then run this again",
      ...(error === undefined ? {} : { actual: error.message }),
    });
  }
  // In a process of its own: this one may have loaded another add-on.
  const load = spawnSync(process.execPath, ["-e", "process.stdout.write(require(process.argv[1]).isas().join(', '))", target], { encoding: "utf8" });
  if (load.status !== 0) {
    throw new AddonError("ADDON_NOT_FOUND", "the add-on was built but cannot be loaded", { actual: load.stderr.trim().split("\n").at(-1) ?? "no message" });
  }
  process.stdout.write(`built ${target} (${bytes(statSync(target).size)}; instruction sets: ${load.stdout})\n`);
}
