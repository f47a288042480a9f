// `skewless fit`: kinds of spec modules, what is learned, and what is refused.
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { symlinkSync, readdirSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { makePackage, type CliPackage } from "./cli-package.js";

// Mean 5, standard deviation 2 (population): worked out by hand.
const DATA = `x,y\n${[2, 4, 4, 4, 5, 5, 7, 9].map((x) => `${x},0`).join("\n")}\n`;
const BODY = `{ inputs: { x: t.float64(), y: t.float64() }, features: ({ x, y }) => ({ x: x.standardScaler(), y }) }`;
const ESM = `import { defineFeatures, t } from "skewless";\n`;
const repository = resolve(import.meta.dirname, "../..");

let cli: CliPackage;
beforeAll(async () => {
  cli = await makePackage();
  cli.file("data.csv", DATA);
  cli.file("default.mjs", `${ESM}export default defineFeatures(${BODY});`);
});
afterAll(() => cli.remove());

const savedState = (name: string): unknown =>
  (JSON.parse(readFileSync(join(cli.project, name), "utf8")) as { steps: { state: unknown }[] }).steps.map((step) => step.state);

describe("spec modules", () => {
  test.each<[string, string, string[]]>([
    ["a.mjs", `${ESM}export default defineFeatures(${BODY});`, []],
    ["b.mjs", `${ESM}export const features = defineFeatures(${BODY});`, []],
    ["c.mjs", `${ESM}export const one = 1; export const mine = defineFeatures(${BODY});`, ["--export", "mine"]],
    ["d.mjs", `${ESM}export default await Promise.resolve(defineFeatures(${BODY}));`, []],
    ["e.cjs", `const { defineFeatures, t } = require("skewless"); module.exports = defineFeatures(${BODY});`, []],
    ["f.cjs", `const { defineFeatures, t } = require("skewless"); exports.features = defineFeatures(${BODY});`, []],
    ["g.js", `const { defineFeatures, t } = require("skewless"); exports.mine = defineFeatures(${BODY});`, ["--export", "mine"]],
  ])("%s", async (name, source, args) => {
    cli.file(name, source);
    const { code, stderr } = await cli.run(["fit", name, "data.csv", "-o", `${name}.json`, "-q", ...args]);
    expect([code, stderr]).toEqual([0, ""]);
    expect(savedState(`${name}.json`)).toEqual([{ count: 8, mean: 5, variance: 4, scale: 2 }]);
  });

  test("a module may export features that are fitted already", async () => {
    cli.file("fitted-module.mjs", `import { loadFeatures } from "skewless";\nexport default await loadFeatures("first.json");`);
    cli.file("fitted-module.cjs", `const { featuresFromJson } = require("skewless");\nmodule.exports = featuresFromJson(require("./first.json"));`);
    expect((await cli.run(["fit", "default.mjs", "data.csv", "-o", "first.json"])).code).toBe(0);
    for (const module of ["fitted-module.mjs", "fitted-module.cjs"]) {
      const { code, stdout } = await cli.run(["transform", module, "data.csv", "-o", "-", "--format", "csv", "--limit", "2", "-q"]);
      // (2 - 5) / 2 and (4 - 5) / 2.
      expect([code, stdout]).toEqual([0, "x,y\n-1.5,0.0\n-0.5,0.0\n"]);
    }
  });

  describe("TypeScript", () => {
    const source = `import { defineFeatures, t } from "skewless";
import { wide } from "./helper.js";
type Unused = { readonly a: string };
const shift: number = wide;
export default defineFeatures({ inputs: { x: t.float64() }, features: ({ x }) => ({ x: x.add(shift).standardScaler() }) });`;
    const typeless = process.features as { readonly typescript?: unknown };
    const strips = typeof typeless.typescript === "string";

    const project = async (tools: readonly string[], body = source): Promise<CliPackage> => {
      const own = await makePackage({ without: ["esbuild", "typescript", "tsx"] });
      for (const tool of tools) symlinkSync(join(repository, "node_modules", tool), join(own.project, "node_modules", tool));
      own.file("package.json", '{ "type": "module" }');
      own.file("data.csv", DATA);
      own.file("helper.ts", "export const wide: number = 1;");
      own.file("spec.ts", body);
      return own;
    };

    test("by esbuild, with imports of other files; nothing is left behind", async () => {
      const own = await project(["esbuild"]);
      try {
        const before = readdirSync(own.project);
        const { code, stderr } = await own.run(["fit", "spec.ts", "data.csv", "-o", "out.json", "-q"]);
        expect([code, stderr.replace(/^.*ExperimentalWarning.*\n.*\n/, "")]).toEqual([0, ""]);
        const { steps } = JSON.parse(readFileSync(join(own.project, "out.json"), "utf8")) as { steps: { state: { mean: number } }[] };
        expect(steps[0]?.state.mean).toBe(6);
        expect(readdirSync(own.project)).toEqual([...before, "out.json"].sort());
      } finally {
        own.remove();
      }
    });

    test("by typescript, of a single file", async () => {
      const own = await project(["typescript"], source.replace(/^import .*helper.*$/m, "const wide = 1;"));
      try {
        const { code, stderr } = await own.run(["fit", "spec.ts", "data.csv", "-o", "out.json", "-q"]);
        expect([code, stderr.replace(/^.*ExperimentalWarning.*\n.*\n/, "")]).toEqual([0, ""]);
      } finally {
        own.remove();
      }
    });

    test("a mistake in it is reported with its place", async () => {
      const own = await project(["esbuild"], `${source}\nconst broken = = 1;\n`);
      try {
        const { code, stderr } = await own.run(["inspect", "spec.ts"]);
        expect(code).toBe(2);
        expect(stderr).toMatch(/^skewless: INVALID_MODULE: .*spec\.ts:6:\d+: /);
      } finally {
        own.remove();
      }
    });

    test.skipIf(strips)("without any of them the error names what would help", async () => {
      const own = await project([]);
      try {
        const { code, stderr } = await own.run(["fit", "spec.ts", "data.csv", "-o", "out.json"]);
        expect(code).toBe(2);
        expect(stderr).toMatch(/^skewless: INVALID_MODULE: spec\.ts: Node\.js .* cannot load TypeScript\. Use Node\.js 22\.18 or later, or run `npm install --save-dev esbuild`/);
      } finally {
        own.remove();
      }
    });
  });

  test.each<[string, string | undefined, RegExp]>([
    ["missing.mjs", undefined, /INVALID_SPEC: missing\.mjs: there is no such file/],
    ["nothing.mjs", "export const a = 1; export const b = 2;", /INVALID_MODULE: nothing\.mjs: there is no default export.*\(it exports a, b\); name another export with --export/],
    ["wrong.mjs", "export default { inputs: {}, features: () => ({}) };", /INVALID_MODULE: wrong\.mjs: there is no default export/],
    ["syntax.mjs", "export default {\n  a: ,\n};", /INVALID_MODULE: syntax\.mjs:2: the module cannot be loaded: Unexpected token ','/],
    ["throws.mjs", "\n\nthrow new Error('my own mistake');", /INVALID_MODULE: throws\.mjs:3:7: the module cannot be loaded: my own mistake/],
    ["declares.mjs", `${ESM}export default defineFeatures({ inputs: { x: t.float64() }, features: ({ z }) => ({ z }) });`, /INVALID_MODULE: declares\.mjs:2:\d+: .*INVALID_DEFINITION: inputs\.z: the features read an input that is not declared: expected x/],
    ["imports.mjs", 'import "./not-there.mjs";', /INVALID_MODULE: imports\.mjs: .*ERR_MODULE_NOT_FOUND: Cannot find module/],
    ["commonjs/plain.js", `${ESM}export default defineFeatures(${BODY});`, /INVALID_MODULE: commonjs\/plain\.js.*Name the file \.mjs, or set "type": "module"/],
  ])("%s is refused", async (name, source, message) => {
    // Without it Node finds out by itself that plain.js is an ES module.
    cli.file("commonjs/package.json", '{ "type": "commonjs" }');
    if (source !== undefined) cli.file(name, source);
    const { code, stdout, stderr } = await cli.run(["fit", name, "data.csv", "-o", "never.json"]);
    expect(stderr).toMatch(message);
    expect(stderr).not.toContain("    at ");
    expect([code, stdout]).toEqual([2, ""]);
  });
});

describe("fitting", () => {
  test("--describe prints what was learned; -o - writes the spec to standard output", async () => {
    const described = await cli.run(["fit", "default.mjs", "data.csv", "--describe", "-q"]);
    expect([described.code, described.stderr]).toEqual([0, ""]);
    expect(described.stdout.split("\n").map((line) => line.split(/ {2,}/))).toEqual([
      ["feature", "transformation", "of", "statistic", "value"],
      ["x", "standardScaler", "x", "count", "8"],
      ["x", "standardScaler", "x", "mean", "5"],
      ["x", "standardScaler", "x", "variance", "4"],
      ["x", "standardScaler", "x", "scale", "2"],
      [""],
    ]);
    const { stdout } = await cli.run(["fit", "default.mjs", "data.csv", "-o", "-", "-q"]);
    await cli.run(["fit", "default.mjs", "data.csv", "-o", "same.json", "-q"]);
    expect(stdout).toBe(readFileSync(join(cli.project, "same.json"), "utf8"));
  });

  test("from standard input, on a part of the rows", async () => {
    const { code, stdout } = await cli.run(["fit", "default.mjs", "-", "--input-format", "csv", "--where", "x >= 5", "--describe", "-q"], { stdin: DATA });
    expect(code).toBe(0);
    // 5, 5, 7 and 9.
    expect(stdout).toMatch(/ mean +6\.5\n/);
  });

  test("reads only what it learns from", async () => {
    cli.file("only-x.csv", "x,other\n1,2024-01-01\n3,\n");
    const { code, stdout } = await cli.run(["fit", "default.mjs", "only-x.csv", "--describe", "-q"]);
    expect([code, stdout]).toEqual([0, expect.stringMatching(/ mean +2\n/)]);
  });

  test("takes as many passes as transformations are chained, over a file only", async () => {
    cli.file("chain.mjs", `${ESM}export default defineFeatures({ inputs: { x: t.float64() }, features: ({ x }) => ({ x: x.standardScaler().abs().standardScaler() }) });`);
    const { code, stdout, stderr } = await cli.run(["fit", "chain.mjs", "data.csv", "--describe"]);
    expect([code, stderr]).toEqual([0, expect.stringMatching(/^8 rows in .*, 2 passes\n$/)]);
    // |z| of the values: 1.5, .5, .5, .5, 0, 0, 1, 2: their mean is 6 / 8.
    expect(stdout).toMatch(/standardScaler\(x\).* mean +0\.75\n/);
    const piped = await cli.run(["fit", "chain.mjs", "-", "--input-format", "csv", "--describe"], { stdin: DATA });
    expect(piped).toMatchObject({ code: 2, stderr: expect.stringMatching(/USAGE: .*2 passes.*give a file/) as string });
  });

  test("features that learn nothing are saved without reading the data", async () => {
    cli.file("stateless.mjs", `${ESM}export default defineFeatures({ inputs: { x: t.float64() }, features: ({ x }) => ({ x: x.mul(2) }) });`);
    const { code, stderr } = await cli.run(["fit", "stateless.mjs", "data.csv", "-o", "stateless.json"]);
    expect([code, stderr]).toEqual([0, expect.stringMatching(/^stateless\.mjs: no transformation learns from data; data\.csv is not read\nwrote stateless\.json/)]);
  });

  test.each<[string, string, RegExp]>([
    ["no rows", "x,y\n", /NO_ROWS: there are no rows to fit on/],
    ["only missing values", "x,y\n,1\n,2\n", /NULL_INPUT: column "x", row 0/],
    ["a missing column", "a\n1\n", /UNKNOWN_COLUMN: .*no column "x".*the spec reads x: float64/],
    ["text", "x\n1\nhello\n", /MALFORMED_FILE: .*Line: 3[\s\S]*"hello"/],
  ])("%s", async (name, text, message) => {
    const file = `${name.replaceAll(" ", "-")}.csv`;
    cli.file(file, text);
    const { code, stdout, stderr } = await cli.run(["fit", "default.mjs", file, "-o", "never.json"]);
    expect(stderr).toMatch(message);
    expect([code, stdout]).toEqual([2, ""]);
    expect(readdirSync(cli.project)).not.toContain("never.json");
  });

  test("an output that cannot be written", async () => {
    const { code, stderr } = await cli.run(["fit", "default.mjs", "data.csv", "-o", "no/such/dir/fitted.json"]);
    expect([code, stderr]).toEqual([2, expect.stringMatching(/WRITE_FAILED: no\/such\/dir\/fitted\.json: cannot be written/)]);
  });
});
