// How the add-on is found and what its absence says; ES module and CommonJS; instruction sets.
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { addon } from "../../src/native.js";
import { makeBundle, SCENARIO, type Bundle } from "./child.js";

let bundle: Bundle;
beforeAll(async () => {
  bundle = await makeBundle();
  bundle.write("scenario.mjs", SCENARIO);
});
afterAll(() => bundle.remove());

const ROW = `import { set, row, columns, bits } from "./scenario.mjs"; const engine = set.compile(); console.log(engine.isa, bits(engine.row(row)), bits(engine.toMatrix(columns(5000))));`;

async function output(code: string, env: Readonly<Record<string, string>> = {}, flags: readonly string[] = []): Promise<string> {
  const result = await bundle.run(code, { env, flags });
  expect({ code: result.code, signal: result.signal }, result.stderr).toEqual({ code: 0, signal: null });
  return result.stdout;
}

describe("module formats", () => {
  test("ES module and CommonJS give the same bits, also in one process", async () => {
    const code = (load: string): string => `
      ${load}
      const engine = defineFeatures({ inputs: { x: t.float64() }, features: ({ x }) => ({ y: x.log() }) }).compile();
      console.log(engine.row({ x: 3 })[0]);`;
    const esm = await output(code('import { defineFeatures, t } from "./skewless.mjs";'));
    const cjs = await bundle.run("", { file: bundle.write("plain.cjs", code('const { defineFeatures, t } = require("./skewless.cjs");')) });
    expect(cjs.stdout).toBe(esm);
    // log(3) = 1.0986122886681098; as float32:
    expect(Number(esm)).toBe(Math.fround(1.0986122886681098));
    const both = await output(`
      import { createRequire } from "node:module";
      import * as esm from "./skewless.mjs";
      const cjs = createRequire(import.meta.url)("./skewless.cjs");
      const run = ({ defineFeatures, t }) => defineFeatures({ inputs: { x: t.float64() }, features: ({ x }) => ({ y: x.log() }) }).compile().row({ x: 3 })[0];
      console.log(run(esm) === run(cjs));
      console.log(Object.keys(esm).sort().join() === Object.keys(cjs).sort().join());`);
    expect(both).toBe("true\ntrue\n");
  });
});

describe("SKEWLESS_ISA", () => {
  test("every set of this machine gives the same bits", async () => {
    const answers = new Set<string>();
    for (const isa of addon().isas()) {
      const [used, ...bits] = (await output(ROW, { SKEWLESS_ISA: isa })).split(" ");
      expect(used).toBe(isa);
      answers.add(bits.join());
    }
    expect(answers.size).toBe(1);
  });
  test("empty means the widest", async () => {
    expect((await output(ROW, { SKEWLESS_ISA: "" })).split(" ")[0]).toBe(addon().isas().at(-1));
  });
  test("an unknown name is an error that lists what there is", async () => {
    const text = await output(`import { set } from "./scenario.mjs"; try { set.compile(); } catch (error) { console.log(error.name, error.code, error.message); }`, { SKEWLESS_ISA: "bogus" });
    expect(text).toContain("AddonError UNKNOWN_ISA");
    for (const isa of [...addon().isas(), "bogus", "SKEWLESS_ISA"]) expect(text).toContain(isa);
  });
});

describe("the add-on", () => {
  const CATCH = `import { set, row } from "./scenario.mjs"; for (let i = 0; i < 2; i++) { try { set.compile(); } catch (error) { console.log(error.name, error.code, error.message); } }`;
  test("that is missing: one error with the fixes, each time", async () => {
    const text = await output(CATCH, { SKEWLESS_ADDON: join(bundle.folder, "nothing.node") });
    const lines = text.trim().split("\n");
    expect(lines).toHaveLength(2);
    for (const line of lines) {
      for (const part of ["AddonError ADDON_NOT_FOUND", "nothing.node", `${process.platform}-${process.arch}`, "npx skewless build", "CMake", "SKEWLESS_ADDON"]) expect(line).toContain(part);
    }
  });
  test("that is no add-on", async () => {
    const file = bundle.write("broken.node", "this is text");
    const text = await output(CATCH, { SKEWLESS_ADDON: file });
    expect(text).toContain("ADDON_NOT_FOUND");
    expect(text).toContain("broken.node");
  });
  test("is not needed to import and declare", async () => {
    const text = await output(`import { set } from "./scenario.mjs"; console.log(Object.keys(set.inputs).join());`, { SKEWLESS_ADDON: join(bundle.folder, "nothing.node") });
    expect(text).toBe("x,y,s\n");
  });
});

test("where code generation from strings is forbidden rows are read all the same", async () => {
  // apache-arrow's builders generate code, so rows only.
  const rows = `
    import { defineFeatures, t } from "./skewless.mjs";
    const set = defineFeatures({ inputs: { x: t.float64(), i: t.int8().nullable(), s: t.utf8(), at: t.timestamp("ms") }, features: ({ x, i, s, at }) => ({ x, i, n: s.length(), h: at.hour() }) });
    const engine = set.compile();
    console.log([...engine.row({ x: 0.5, s: "abc", at: new Date(3_600_000) })].join());
    try { engine.row({ x: 1, i: 128, s: "", at: 0 }); } catch (error) { console.log(error.code, error.path.join()); }`;
  for (const flags of [[], ["--disallow-code-generation-from-strings"]]) {
    expect(await output(rows, {}, flags)).toBe("0.5,NaN,3,1\nOUT_OF_RANGE i\n");
  }
});
