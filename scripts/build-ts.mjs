// Compiles src/ to dist/: ES modules with declarations by tsc, and one CommonJS bundle beside copies of the
// declarations under dist/cjs (a folder of its own, so that both see the module kind they expect).
import { build } from "esbuild";
import { spawnSync } from "node:child_process";
import { chmodSync, copyFileSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const root = join(dirname(fileURLToPath(import.meta.url)), "..");
const dist = join(root, "dist");
const tsc = createRequire(import.meta.url).resolve("typescript/bin/tsc");

rmSync(dist, { recursive: true, force: true });
const { status } = spawnSync(process.execPath, [tsc, "-p", join(root, "tsconfig.build.json")], { stdio: "inherit" });
if (status !== 0) process.exit(status ?? 1);

const { dependencies = {}, peerDependencies = {} } = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));
await build({
  entryPoints: [join(root, "src/index.ts")],
  outfile: join(dist, "cjs/index.cjs"),
  bundle: true,
  platform: "node",
  target: "node20",
  format: "cjs",
  external: [...Object.keys(dependencies), ...Object.keys(peerDependencies)],
  banner: { js: 'const __importMetaUrl = require("node:url").pathToFileURL(__filename).href;' },
  define: { "import.meta.url": "__importMetaUrl" },
  logLevel: "warning",
});
for (const path of readdirSync(dist, { recursive: true })) {
  if (!path.endsWith(".d.ts") || path.startsWith("cjs")) continue;
  const target = join(dist, "cjs", path);
  mkdirSync(dirname(target), { recursive: true });
  copyFileSync(join(dist, path), target);
}
writeFileSync(join(dist, "cjs/package.json"), '{ "type": "commonjs" }\n');
try {
  chmodSync(join(dist, "cli/main.js"), 0o755);
} catch {
  // no command line in this build
}
