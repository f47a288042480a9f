// `skewless parity`: equal modes, a difference that a doctored add-on makes, and `skewless build`.
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { chmodSync, mkdirSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join, resolve } from "node:path";
import { makePackage, type CliPackage } from "./cli-package.js";

const root = resolve(import.meta.dirname, "../..");
const SPEC = `import { defineFeatures, t } from "skewless";
export default defineFeatures({
  inputs: { x: t.float64(), n: t.int64().nullable() },
  features: ({ x, n }) => ({ logged: x.log1p(), whole: x.mul(2), n }),
});`;
const ROWS = 3000;

let cli: CliPackage;
beforeAll(async () => {
  cli = await makePackage();
  cli.file("spec.mjs", SPEC);
  cli.file("rows.csv", `x,n\n${Array.from({ length: ROWS }, (_, i) => `${i / 4},${i % 5 === 0 ? "" : i}`).join("\n")}\n`);
  // Turns the last bit of output 1 in row 1234 of every batch computation of that many rows, by whatever kernels.
  cli.file(
    "doctored.cjs",
    `const real = require(${JSON.stringify(join(root, "build/Release/skewless.node"))});
     let seen = 0;
     module.exports = { ...real, batch(plan, columns, rows, options) {
       const result = real.batch(plan, columns, rows, options);
       if (rows === ${ROWS} && result.outputs) new Uint32Array(result.outputs[1].data)[1234] ^= 1;
       return result;
     } };`,
  );
});
afterAll(() => cli.remove());

describe("parity", () => {
  test("equal modes: exit 0 and what was compared", async () => {
    const { isas } = createRequire(import.meta.url)(join(root, "build/Release/skewless.node")) as { isas(): string[] };
    const { code, stdout, stderr } = await cli.run(["parity", "spec.mjs", "rows.csv"]);
    expect([code, stdout]).toEqual([0, `equal: 3,000 rows × 3 features, bit for bit, in row mode and batch mode (${isas().join(", ")})\n`]);
    expect(stderr).toMatch(/^3,000 rows in /);
  });

  test("a sample, one instruction set, standard input", async () => {
    const { code, stdout } = await cli.run(["parity", "spec.mjs", "-", "--input-format", "csv", "--sample", "100", "--seed", "3", "--isa", "baseline", "-q"], {
      stdin: readFileSync(join(cli.project, "rows.csv")),
    });
    expect(code).toBe(0);
    const [, rows] = /^equal: ([\d,]+) rows × 3 features, bit for bit, in row mode and batch mode \(baseline\)\n$/.exec(stdout) ?? [];
    const compared = Number(rows?.replace(",", ""));
    expect(compared).toBeGreaterThanOrEqual(64);
    expect(compared).toBeLessThan(ROWS);
  });

  test("rows on which every mode fails alike are equal too, and counted", async () => {
    cli.file("fails.mjs", SPEC.replace("whole: x.mul(2), n", "n: n.mul(4_611_686_018_427_387_904n)"));
    cli.file("few.csv", "x,n\n1,1\n2,2\n3,0\n");
    const { code, stdout } = await cli.run(["parity", "fails.mjs", "few.csv", "-q"]);
    expect([code, stdout]).toEqual([0, expect.stringMatching(/^equal: 3 rows × 2 features.*; 1 of them fail, with the same error in each\n$/)]);
  });

  test("a difference: exit 1, with function, row, both values and their bits", async () => {
    const { code, stdout, stderr } = await cli.run(["parity", "spec.mjs", "rows.csv"], { env: { SKEWLESS_ADDON: join(cli.project, "doctored.cjs") } });
    // Row 1234 holds x = 308.5; 617 as float32 is 0x441a4000.
    expect(stdout).toMatch(/^row 1234, column "whole", computed by mul: row mode and batch.* differ\n/);
    expect(stdout).toMatch(/row mode: +617 +\(bits 441a4000\)\n/);
    expect(stdout).toMatch(/batch mode: +617\.00006\d* +\(bits 441a4001\)\n/);
    expect(stdout).toMatch(/ x: 308\.5\n/);
    expect([code, stderr]).toEqual([1, ""]);
  });

  test.each<[string, string[], RegExp]>([
    ["an unknown instruction set", ["spec.mjs", "rows.csv", "--isa", "mmx"], /UNKNOWN_ISA: .*"mmx"/],
    ["a missing file", ["spec.mjs", "none.csv"], /FILE_NOT_FOUND: none\.csv/],
    ["a column that does not fit", ["spec.mjs", "wrong.csv"], /MALFORMED_FILE: .*wrong\.csv/],
  ])("%s is not a difference: exit 2", async (_, args, message) => {
    cli.file("wrong.csv", "x,n\nhello,1\n");
    const { code, stdout, stderr } = await cli.run(["parity", ...args]);
    expect(stderr).toMatch(message);
    expect([code, stdout]).toEqual([2, ""]);
  });
});

describe("the add-on", () => {
  test("without one, commands that compute name the command that builds it; the others work", async () => {
    const env = { SKEWLESS_ADDON: join(cli.project, "none.node") };
    const { code, stderr } = await cli.run(["transform", "spec.mjs", "rows.csv", "-o", "x.arrow"], { env });
    expect([code, stderr]).toEqual([2, expect.stringMatching(/^skewless: ADDON_NOT_FOUND: .*`npx skewless build`/)]);
    expect((await cli.run(["build", "--help"], { env })).code).toBe(0);
  });

  test("`skewless build` without tools says what it needs", async () => {
    const bare = await makePackage({ without: ["cmake-js"] });
    try {
      mkdirSync(join(bare.project, "no-tools"));
      const { code, stdout, stderr } = await bare.run(["build"], { env: { PATH: join(bare.project, "no-tools") } });
      expect([code, stdout]).toEqual([2, ""]);
      expect(stderr).toMatch(/'cmake' was not found\. .*CMake 3\.18.*C\+\+20 compiler/);
      expect(stderr).toMatch(/skewless: ADDON_NOT_FOUND: the add-on could not be built.*Install CMake/);
    } finally {
      bare.remove();
    }
  });

  test.skipIf(process.platform === "win32")("`skewless build` gives plain CMake the headers of both packages", async () => {
    const bare = await makePackage({ without: ["cmake-js"] });
    try {
      bare.file("tools/cmake", `#!/bin/sh\nfor a; do echo "arg: $a" >> "$CMAKE_LOG"; done\n`);
      chmodSync(join(bare.project, "tools/cmake"), 0o755);
      const log = join(bare.project, "cmake.log");
      const { code, stdout } = await bare.run(["build"], { env: { PATH: `${join(bare.project, "tools")}:/usr/bin:/bin`, CMAKE_LOG: log } });
      // The stand-in builds nothing, but the tests' package has an add-on in build/ already.
      expect([code, stdout]).toEqual([0, expect.stringMatching(/^built .*build\/Release\/skewless\.node \(.* MB; instruction sets: baseline/)]);
      const include = /arg: -DCMAKE_JS_INC=(.*)/.exec(readFileSync(log, "utf8"))?.[1]?.split(";") ?? [];
      expect(include.map((folder) => [readable(join(folder, "node_api.h")), readable(join(folder, "napi.h"))]).sort()).toEqual([[false, true], [true, false]]);
    } finally {
      bare.remove();
    }
  });
});

function readable(path: string): boolean {
  try {
    return readFileSync(path).length > 0;
  } catch {
    return false;
  }
}
