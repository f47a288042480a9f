// The console examples of docs/cli.md, run in a folder with the files of examples/cli.
import { spawnSync } from "node:child_process";
import { chmodSync, readdirSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { makePackage, type CliPackage } from "./cli-package.js";

const root = resolve(import.meta.dirname, "../..");
const page = readFileSync(join(root, "docs/cli.md"), "utf8");

let cli: CliPackage;
beforeAll(async () => {
  cli = await makePackage();
  for (const name of readdirSync(join(root, "examples/cli"))) cli.file(name, readFileSync(join(root, "examples/cli", name)));
  chmodSync(cli.file("bin/npx", `#!/bin/sh\nshift\nexec ${JSON.stringify(process.execPath)} ${JSON.stringify(cli.main)} "$@"\n`), 0o755);
});
afterAll(() => cli.remove());

const examples = [...page.matchAll(/^```console\n([\s\S]*?)^```$/gm)].flatMap((block) =>
  (block[1] ?? "")
    .split(/^\$ /m)
    .slice(1)
    .map((text) => {
      const end = text.indexOf("\n");
      return { command: text.slice(0, end), output: text.slice(end + 1) };
    }),
);

test("there are examples", () => {
  expect(examples.length).toBeGreaterThan(6);
});

// In order: later ones use the files of earlier ones.
test.skipIf(process.platform === "win32").each(examples)("$command", ({ command, output }) => {
  const { stdout, stderr } = spawnSync("sh", ["-c", command], {
    cwd: cli.project,
    encoding: "utf8",
    env: { ...process.env, NODE_OPTIONS: "", PATH: `${join(cli.project, "bin")}:${process.env["PATH"] ?? ""}` },
  });
  expect(stderr).not.toContain("skewless: ");
  expect(stdout).toBe(output);
});

test("the module that the page shows is the example's", () => {
  const example = readFileSync(join(root, "examples/cli/features.mjs"), "utf8");
  const shown = /```js\n\/\/ features\.mjs\n([\s\S]*?)```/.exec(page)?.[1] ?? "";
  expect(example.slice(example.indexOf("import "))).toBe(shown);
});
