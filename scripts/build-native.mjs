// Builds the add-on into build/Release/skewless.node: by cmake-js where it is installed, else by cmake itself
// with the same variables (the headers come from two packages of headers, nothing is downloaded).
import { spawnSync } from "node:child_process";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const root = join(dirname(fileURLToPath(import.meta.url)), "..");
const require = createRequire(import.meta.url);

function run(command, args) {
  const { status, error } = spawnSync(command, args, { cwd: root, stdio: "inherit" });
  if (error?.code === "ENOENT") {
    console.error(`skewless: '${command}' was not found. Building the add-on needs CMake 3.18+ and a C++20 compiler.`);
    process.exit(1);
  }
  if (status !== 0) process.exit(status ?? 1);
}

function resolve(name) {
  try {
    return require.resolve(name);
  } catch {
    return undefined;
  }
}

const extra = process.argv.slice(2);
const cmakeJs = resolve("cmake-js/bin/cmake-js");
if (cmakeJs) {
  run(process.execPath, [cmakeJs, "compile", "--parallel", "2", ...extra]);
} else {
  if (process.platform === "win32") {
    console.error("skewless: building on Windows needs cmake-js: npm install --save-dev cmake-js");
    process.exit(1);
  }
  const headers = [require("node-api-headers").include_dir, dirname(require.resolve("node-addon-api/package.json"))];
  run("cmake", ["-S", ".", "-B", "build", "-DCMAKE_BUILD_TYPE=Release", `-DCMAKE_JS_INC=${headers.join(";")}`,
    `-DCMAKE_LIBRARY_OUTPUT_DIRECTORY=${join(root, "build", "Release")}`,
    ...(process.platform === "darwin" ? ["-DCMAKE_SHARED_LINKER_FLAGS=-undefined dynamic_lookup"] : [])]);
  run("cmake", ["--build", "build", "--config", "Release", "--parallel", "2"]);
}
