#!/usr/bin/env node
// prebuildify calls `<node-gyp> rebuild --target=… --arch=… --release` and then takes the .node file out of
// build/Release. This stands in for node-gyp and has cmake-js build the same file there. The target is ignored:
// the add-on uses Node-API only, one binary fits all versions of Node.
import { spawnSync } from "node:child_process";
import { createRequire } from "node:module";
import { arch as hostArch } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const root = join(dirname(fileURLToPath(import.meta.url)), "..");
const [command, ...rest] = process.argv.slice(2);
const option = (name) => rest.find((arg) => arg.startsWith(`--${name}=`))?.slice(name.length + 3);

if (command !== "rebuild" && command !== "build") {
  console.error(`node-gyp-shim: expected "rebuild" or "build", received ${JSON.stringify(command)}`);
  process.exit(1);
}
if ((option("runtime") ?? "node") !== "node") {
  console.error("node-gyp-shim: build for Node; a Node-API add-on also loads in Electron");
  process.exit(1);
}

const arch = option("arch") ?? hostArch();
const cmakeJs = createRequire(import.meta.url).resolve("cmake-js/bin/cmake-js");
// "compile" rebuilds what changed; a build for another architecture needs a clean tree.
const { status } = spawnSync(
  process.execPath,
  [cmakeJs, arch === hostArch() ? "compile" : "rebuild", "--directory", root, "--arch", arch, "--parallel", "2", ...(rest.includes("--debug") ? ["--debug"] : [])],
  { stdio: "inherit" },
);
process.exit(status ?? 1);
