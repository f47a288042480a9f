// Writes what follows from the native catalogue: src/expr/catalogue.gen.ts, src/expr/functions.gen.ts and
// docs/functions.md. `--check` writes nothing and fails when a file differs from what it would write.
import { readFileSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { catalogueModule } from "./generate/catalogue-module.mjs";
import { functionsModule } from "./generate/functions-module.mjs";
import { functionsPage } from "./generate/functions-page.mjs";

const root = join(dirname(fileURLToPath(import.meta.url)), "..");
const addon = createRequire(import.meta.url)("../build/Release/skewless.node");
const entries = JSON.parse(addon.catalogue());

const files = {
  "src/expr/catalogue.gen.ts": catalogueModule(entries),
  "src/expr/functions.gen.ts": functionsModule(entries),
  "docs/functions.md": functionsPage(entries),
};

const check = process.argv.includes("--check");
let drifted = false;
for (const [path, text] of Object.entries(files)) {
  const full = join(root, path);
  if (!check) {
    writeFileSync(full, text);
    continue;
  }
  let current = "";
  try {
    current = readFileSync(full, "utf8");
  } catch {
    // a missing file has drifted too
  }
  if (current !== text) {
    drifted = true;
    console.error(`${path} differs from the native catalogue: run 'npm run generate' and commit it`);
  }
}
if (drifted) process.exit(1);
