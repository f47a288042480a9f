// The command line's frame: help, version, wrong usage, `explain` and `inspect`.
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { tableFromArrays, tableToIPC } from "apache-arrow";
import { makePackage, type CliPackage } from "./cli-package.js";

const COMMANDS = ["fit", "transform", "parity", "explain", "inspect", "build"];
const example = (name: string): string => readFileSync(resolve(import.meta.dirname, "../../examples/cli", name), "utf8");

let cli: CliPackage;
beforeAll(async () => {
  cli = await makePackage();
  cli.file("features.mjs", example("features.mjs"));
  cli.file("trips.csv", example("trips.csv"));
  const { code, stderr } = await cli.run(["fit", "features.mjs", "trips.csv", "-o", "fitted.json"]);
  expect([code, stderr]).toEqual([0, expect.stringMatching(/^8 rows in \d+\.\d\d s \([\d,]+ rows\/s\)\nwrote fitted\.json \(.* kB, fingerprint [0-9a-f]{12}…\)\n$/)]);
});
afterAll(() => cli.remove());

describe("help and version", () => {
  test("--version is the package's", async () => {
    const { version } = JSON.parse(readFileSync(resolve(import.meta.dirname, "../../package.json"), "utf8")) as { version: string };
    expect(await cli.run(["--version"])).toMatchObject({ code: 0, stdout: `${version}\n`, stderr: "" });
  });

  test("--help lists every command and the exit codes", async () => {
    const { code, stdout } = await cli.run(["--help"]);
    expect(code).toBe(0);
    for (const name of COMMANDS) expect(stdout).toMatch(new RegExp(`^  ${name} `, "m"));
    expect(stdout).toContain("Exit codes:");
  });

  test.each(COMMANDS)("%s --help has examples", async (name) => {
    const { code, stdout } = await cli.run([name, "--help"]);
    expect(code).toBe(0);
    expect(stdout).toMatch(new RegExp(`Examples:\\n  \\$ .*skewless ${name}`));
  });
});

describe("wrong usage exits with 2 and says what was wrong", () => {
  test.each([
    [["transfrom", "a", "b"], /USAGE: unknown command 'transfrom'\n\(Did you mean transform\?\)/],
    [["fit", "features.mjs"], /USAGE: missing required argument 'data'/],
    [["transform", "fitted.json", "trips.csv"], /USAGE: required option '-o, --output <file>'/],
    [["transform", "fitted.json", "trips.csv", "-o", "x.csv", "--sparkle"], /USAGE: unknown option '--sparkle'/],
    [["transform", "fitted.json", "trips.csv", "-o", "x.csv", "--format", "xlsx"], /argument 'xlsx' is invalid\. Expected one of parquet, csv, ndjson, arrow, arrows/],
    [["transform", "fitted.json", "trips.csv", "-o", "x.csv", "--batch-rows", "0"], /'0' is invalid\. Expected a whole number from 1 to/],
    [["transform", "fitted.json", "trips.csv", "-o", "x.csv", "--threads", "-1"], /'-1' is invalid|argument missing/],
    [["transform", "fitted.json", "trips.csv", "-o", "x.csv", "--cast", "zip"], /Expected COLUMN=TYPE, such as zip=VARCHAR/],
    [["parity", "fitted.json", "trips.csv", "--sample", "1.5"], /'1\.5' is invalid/],
    [["fit", "features.mjs", "trips.csv"], /USAGE: fit: say where the fitted spec goes \(-o FILE\)/],
    [["fit", "fitted.json", "trips.csv", "-o", "x.json"], /USAGE: fitted\.json is fitted already/],
    [["explain", "trips.csv"], /USAGE: trips\.csv: a spec is a fitted \.json file or a module/],
  ])("%j", async (args, message) => {
    const { code, stdout, stderr } = await cli.run(args);
    expect(stderr).toMatch(message);
    expect(stderr).not.toContain("    at ");
    expect([code, stdout]).toEqual([2, ""]);
  });

  test("no command: the help, on standard error", async () => {
    const { code, stdout, stderr } = await cli.run([]);
    expect([code, stdout]).toEqual([2, ""]);
    expect(stderr).toContain("Usage: skewless");
  });

  test("--stack, or DEBUG, adds the stack trace", async () => {
    const args = ["explain", "missing.json"];
    for (const run of [cli.run([...args, "--stack"]), cli.run(args, { env: { DEBUG: "1" } })]) {
      const { code, stderr } = await run;
      expect(code).toBe(2);
      expect(stderr).toMatch(/^skewless: INVALID_SPEC: missing\.json: there is no such file\n/);
      expect(stderr).toMatch(/\n {4}at .*spec-file/);
    }
  });
});

describe("explain", () => {
  test("prints the plan", async () => {
    const { code, stdout, stderr } = await cli.run(["explain", "fitted.json"]);
    expect([code, stderr]).toEqual([0, ""]);
    expect(stdout).toMatch(/^inputs\n {2}pickup: timestamp\[ms\]\n/);
    expect(stdout).toMatch(/= log1p\(distance\) : float64/);
    expect(stdout).toMatch(/\noutputs\n {2}hour_sin: float32/);
  });

  test("--mermaid draws it", async () => {
    const { code, stdout } = await cli.run(["explain", "fitted.json", "--mermaid"]);
    expect(code).toBe(0);
    expect(stdout).toMatch(/^flowchart LR\n {2}r0\(\["pickup: timestamp\[ms\]"\]\)/);
  });

  test("of features that are not fitted says how to fit them", async () => {
    const { code, stderr } = await cli.run(["explain", "features.mjs"]);
    expect(code).toBe(2);
    expect(stderr).toMatch(/^skewless: NOT_FITTED: features\.mjs: standardScaler .*`skewless fit features\.mjs DATA -o fitted\.json`/);
  });
});

describe("inspect", () => {
  test("a fitted spec", async () => {
    const { code, stdout } = await cli.run(["inspect", "fitted.json"]);
    expect(code).toBe(0);
    const { fingerprint } = JSON.parse(readFileSync(join(cli.project, "fitted.json"), "utf8")) as { fingerprint: string };
    expect(stdout).toContain(`fingerprint ${fingerprint}\n`);
    expect(stdout).toMatch(/\n {2}passengers +int32 +nullable\n/);
    expect(stdout).toMatch(/\n {2}distance +standardScaler +log1p\(distance\) +count +8\n/);
    expect(stdout).toMatch(/\n {2}log1p +\d+ +1\n/);
    expect(stdout).toContain("\noutputs (5)\n");
  });

  test("a fitted spec as JSON", async () => {
    const shown = JSON.parse((await cli.run(["inspect", "fitted.json", "--json"])).stdout) as Record<string, never>;
    const file = readFileSync(join(cli.project, "fitted.json"));
    expect(shown).toMatchObject({
      kind: "spec",
      fitted: true,
      bytes: file.length,
      fingerprint: (JSON.parse(file.toString()) as { fingerprint: string }).fingerprint,
      inputs: [
        { name: "pickup", type: "timestamp[ms]", nullable: false, used: true },
        { name: "distance", type: "float64", nullable: false, used: true },
        { name: "passengers", type: "int32", nullable: true, used: true },
        { name: "zone", type: "utf8", nullable: false, used: true },
      ],
      steps: [{ transform: "standardScaler", column: "log1p(distance)", features: ["distance"] }],
    });
    const trips = example("trips.csv").trim().split("\n").slice(1).map((line) => Math.log1p(Number(line.split(",")[2])));
    const mean = trips.reduce((sum, x) => sum + x) / trips.length;
    const state = shown["state"] as unknown as { statistic: string; value: number }[];
    expect(state.find(({ statistic }) => statistic === "mean")?.value).toBeCloseTo(mean, 12);
  });

  test("a module that is not fitted yet", async () => {
    const { code, stdout } = await cli.run(["inspect", "features.mjs"]);
    expect(code).toBe(0);
    expect(stdout).toMatch(/\n {2}distance +float32 +standardScaler +standardScaler\(log1p\(distance\)\)\n/);
    expect(stdout).toMatch(/\n {2}airport +float32 +- +startsWith\(zone, "A"\)\n/);
    expect(stdout).toContain("Fit it with: skewless fit features.mjs DATA -o fitted.json");
  });

  test("a table: schema, rows, and how to declare its columns", async () => {
    const { code, stdout } = await cli.run(["inspect", "trips.csv"]);
    expect(code).toBe(0);
    expect(stdout).toMatch(/^trips\.csv: csv, 313 B, 8 rows, 5 columns\n/);
    expect(stdout).toMatch(/\n {2}pickup +Timestamp<us, no zone> +t\.timestamp\("us"\)\n/);
    expect(stdout).toMatch(/\n {2}distance +Float64 +t\.float64\(\)\n/);
  });

  test("a table on standard input, as JSON", async () => {
    const bytes = tableToIPC(tableFromArrays({ a: new Float32Array(3), b: BigInt64Array.of(1n, 2n, 3n) }), "stream");
    const { code, stdout } = await cli.run(["inspect", "-", "--input-format", "arrows", "--json"], { stdin: bytes });
    expect(code).toBe(0);
    expect(JSON.parse(stdout)).toEqual({
      kind: "data",
      path: "-",
      format: "arrows",
      rows: 3,
      columns: [
        { name: "a", type: "Float32", input: "t.float32()" },
        { name: "b", type: "Int64", input: "t.int64()" },
      ],
    });
  });

  test("a .json file that holds rows is a table", async () => {
    cli.file("rows.json", '[{"a": 1}, {"a": 2}]');
    expect((await cli.run(["inspect", "rows.json"])).stdout).toMatch(/^rows\.json: ndjson, 20 B, 2 rows, 1 columns\n/);
  });
});

describe("a spec file that is not what was saved", () => {
  const spoiled = (change: (spec: Record<string, unknown>) => void): string => {
    const spec = JSON.parse(readFileSync(join(cli.project, "fitted.json"), "utf8")) as Record<string, unknown>;
    change(spec);
    const text = JSON.stringify(spec);
    return cli.file(`spoiled-${createHash("sha256").update(text).digest("hex").slice(0, 8)}.json`, text);
  };

  test.each<[string, (spec: Record<string, unknown>) => void, RegExp]>([
    ["a changed state", (spec) => ((spec["steps"] as { state: { mean: number } }[])[0]!.state.mean = 0), /FINGERPRINT_MISMATCH: .*changed after it was saved/],
    ["another version of a function", (spec) => ((spec["plan"] as { nodes: { version?: number }[] }).nodes.find((node) => node.version !== undefined)!.version = 99), /SEMANTICS_CHANGED: .*99/],
    ["an unknown function", (spec) => ((spec["plan"] as { nodes: { call?: string }[] }).nodes.find((node) => node.call === "sin")!.call = "sine"), /UNKNOWN_FUNCTION: .*"?sine"?/],
    ["no plan", (spec) => delete spec["plan"], /INVALID_(SPEC|PLAN): /],
    ["another format", (spec) => (spec["format"] = "other"), /INVALID_SPEC: .*format/],
  ])("%s", async (_, change, message) => {
    const { code, stdout, stderr } = await cli.run(["transform", spoiled(change), "trips.csv", "-o", "-", "--format", "csv"]);
    expect(stderr).toMatch(message);
    expect([code, stdout]).toEqual([2, ""]);
  });

  test("text that is not JSON", async () => {
    cli.file("cut.json", readFileSync(join(cli.project, "fitted.json"), "utf8").slice(0, 300));
    const { code, stderr } = await cli.run(["explain", "cut.json"]);
    expect(stderr).toMatch(/^skewless: INVALID_SPEC: cut\.json is not JSON/);
    expect(code).toBe(2);
  });
});
