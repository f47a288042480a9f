// `skewless transform`: formats, pipelines, columns, bad input, interruption.
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { DuckDBInstance } from "@duckdb/node-api";
import { Dictionary, Float64, Int32, Table, tableFromIPC, tableToIPC, Utf8, Vector, vectorFromArray, Bool } from "apache-arrow";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { makePackage, type CliPackage } from "./cli-package.js";

// Values that every output format spells alike, and results that can be worked out by hand.
const SPEC = `
import { defineFeatures, t } from "skewless";
export default defineFeatures({
  inputs: { a: t.float64(), n: t.int32().nullable(), s: t.utf8(), ok: t.bool(), unused: t.float64() },
  features: ({ a, n, s, ok }) => ({
    twice: a.mul(2),
    n: n.as("int32"),
    letters: s.length().as("int64"),
    text: s.upper().as("utf8"),
    ok: ok.as("bool"),
  }),
});`;
const HEAD = "id,a,n,s,ok";
const LINES = ["k1,0.5,7,ab,true", "k2,-2.25,,é,false", "k3,1000,-1,\"x,y\",true"];
const EXPECTED = [
  { id: "k1", twice: 1, n: 7, letters: 2, text: "AB", ok: true },
  { id: "k2", twice: -4.5, n: null, letters: 1, text: "É", ok: false },
  { id: "k3", twice: 2000, n: -1, letters: 3, text: "X,Y", ok: true },
];

let cli: CliPackage;
let inputs: Record<string, string>;

beforeAll(async () => {
  cli = await makePackage();
  cli.file("spec.mjs", SPEC);
  const table = new Table({
    id: vectorFromArray(["k1", "k2", "k3"], new Dictionary(new Utf8(), new Int32())) as Vector,
    a: vectorFromArray([0.5, -2.25, 1000], new Float64()),
    n: vectorFromArray([7, null, -1], new Int32()),
    s: vectorFromArray(["ab", "é", "x,y"], new Utf8()),
    ok: vectorFromArray([true, false, true], new Bool()),
  });
  const parquet = join(cli.project, "in.parquet");
  await sql(`COPY (SELECT * REPLACE (n::INTEGER AS n) FROM read_csv('${cli.file("in.csv", `${[HEAD, ...LINES].join("\n")}\n`)}')) TO '${parquet}'`);
  const rows = [
    { id: "k1", a: 0.5, n: 7, s: "ab", ok: true },
    { id: "k2", a: -2.25, s: "é", ok: false },
    { id: "k3", a: 1000, n: -1, s: "x,y", ok: true },
  ];
  inputs = {
    parquet,
    csv: join(cli.project, "in.csv"),
    ndjson: cli.file("in.ndjson", rows.map((row) => `${JSON.stringify(row)}\n`).join("")),
    arrow: cli.file("in.arrow", tableToIPC(table, "file")),
    arrows: cli.file("in.arrows", tableToIPC(table, "stream")),
  };
});
afterAll(() => cli.remove());

async function sql(text: string): Promise<Record<string, unknown>[]> {
  const instance = await DuckDBInstance.create(":memory:");
  const connection = await instance.connect();
  try {
    return (await connection.runAndReadAll(text)).getRowObjectsJS();
  } finally {
    connection.closeSync();
    instance.closeSync();
  }
}

/** A table as plain rows, read by other programs than the one that wrote it. */
async function rowsOf(path: string, format: string): Promise<unknown[]> {
  if (format === "arrow" || format === "arrows") return tableFromIPC(readFileSync(path)).toArray().map((row) => plain((row as { toJSON(): object }).toJSON()));
  if (format === "ndjson") return readFileSync(path, "utf8").trim().split("\n").map((line) => JSON.parse(line) as unknown);
  if (format === "csv") {
    expect(readFileSync(path, "utf8").split("\n")[0]).toBe("id,twice,n,letters,text,ok");
    return (await sql(`SELECT * FROM read_csv('${path}', header = true)`)).map(plain);
  }
  return (await sql(`SELECT * FROM read_parquet('${path}')`)).map(plain);
}

function plain(row: object): Record<string, unknown> {
  return Object.fromEntries(Object.entries(row).map(([key, value]) => [key, typeof value === "bigint" ? Number(value) : (value as unknown)]));
}

describe("formats", () => {
  const formats = ["parquet", "csv", "ndjson", "arrow", "arrows"];
  test.each(formats)("%s in, NDJSON out; every input gives the same rows", async (format) => {
    const { code, stdout, stderr } = await cli.run(["transform", "spec.mjs", inputs[format]!, "-o", "-", "--format", "ndjson", "--keep", "id"]);
    expect([code, stderr]).toEqual([0, expect.stringMatching(/^3 rows in \d+\.\d\d s \([\d,]+ rows\/s\)\n$/)]);
    expect(stdout.trim().split("\n").map((line) => JSON.parse(line) as unknown)).toEqual(EXPECTED);
  });

  test.each(formats)("CSV in, %s out", async (format) => {
    const output = join(cli.project, `out.${format}`);
    const { code, stderr } = await cli.run(["transform", "spec.mjs", "in.csv", "-o", `out.${format}`, "--keep", "id"]);
    expect([code, stderr]).toEqual([0, expect.stringContaining(`wrote out.${format} (`)]);
    expect(await rowsOf(output, format)).toEqual(EXPECTED);
  });

  test.each(["csv", "ndjson", "arrow", "arrows", "parquet"])("%s through standard input and output", async (format) => {
    const { code, stdout, stderr } = await cli.run(
      ["transform", "spec.mjs", "-", "--input-format", format, "-o", "-", "--format", "csv", "--keep", "id", "--quiet"],
      { stdin: readFileSync(inputs[format]!) },
    );
    expect([code, stderr]).toEqual([0, ""]);
    expect(stdout).toBe("id,twice,n,letters,text,ok\nk1,1.0,7,2,AB,true\nk2,-4.5,,1,É,false\nk3,2000.0,-1,3,\"X,Y\",true\n");
  });

  test("the same bits whatever the batch size, threads and instruction set", async () => {
    const lines = Array.from({ length: 5000 }, (_, i) => `k${i},${Math.sin(i)},${i % 7 === 0 ? "" : i},s${i},${i % 2 === 0}`);
    cli.file("many.csv", `${[HEAD, ...lines].join("\n")}\n`);
    const run = async (args: string[]): Promise<unknown[]> => {
      const { code, bytes } = await cli.run(["transform", "spec.mjs", "many.csv", "-o", "-", "--format", "arrows", "-q", ...args]);
      expect(code).toBe(0);
      const table = tableFromIPC(bytes);
      expect(table.numRows).toBe(5000);
      return table.toArray().map((row) => plain((row as { toJSON(): object }).toJSON()));
    };
    const one = await run(["--threads", "1", "--isa", "baseline"]);
    expect(one[4999]).toEqual({ twice: Math.fround(2 * Math.sin(4999)), n: 4999, letters: 5, text: "S4999", ok: false });
    expect(await run(["--threads", "2", "--batch-rows", "777"])).toEqual(one);
  });

  test("other separators and texts for missing values", async () => {
    cli.file("semicolons.txt", "a;n;s;ok\n1;NA;x;true\n");
    const { stdout, code } = await cli.run(["transform", "spec.mjs", "semicolons.txt", "--input-format", "csv", "--delimiter", ";", "--null-text", "NA", "-o", "-", "--format", "ndjson"]);
    expect([code, stdout]).toEqual([0, '{"twice":2.0,"n":null,"letters":1,"text":"X","ok":true}\n']);
    cli.file("tabs.tsv", "a\tn\ts\tok\n1\t2\tx\ttrue\n");
    const tabs = await cli.run(["transform", "spec.mjs", "tabs.tsv", "-o", "-", "--format", "ndjson", "-q"]);
    expect([tabs.code, tabs.stderr, tabs.stdout]).toEqual([0, "", '{"twice":2.0,"n":2,"letters":1,"text":"X","ok":true}\n']);
  });
});

describe("rows and columns", () => {
  test("--where, --order-by and --limit", async () => {
    const args = ["transform", "spec.mjs", "in.csv", "-o", "-", "--format", "csv", "--keep", "id"];
    const ids = async (more: string[]): Promise<string[]> => (await cli.run([...args, ...more])).stdout.trim().split("\n").slice(1).map((line) => line.split(",")[0] ?? "");
    expect(await ids(["--where", "a > 0"])).toEqual(["k1", "k3"]);
    expect(await ids(["--order-by", "a desc"])).toEqual(["k3", "k1", "k2"]);
    expect(await ids(["--order-by", "id desc", "--limit", "1"])).toEqual(["k3"]);
    expect(await ids(["--limit", "0"])).toEqual([]);
  });

  test("a predicate that is no SQL", async () => {
    const { code, stderr } = await cli.run(["transform", "spec.mjs", "in.csv", "-o", "-", "--format", "csv", "--where", "a >>"]);
    expect([code, stderr]).toEqual([2, expect.stringMatching(/^skewless: INVALID_SQL: in\.csv: /)]);
  });

  test("only the plan's columns are read: others may be of any type, and a declared one that no feature uses may be missing", async () => {
    const instance = `SELECT 1.0::DOUBLE AS a, 1::INTEGER AS n, 'x' AS s, true AS ok, INTERVAL 1 DAY AS odd`;
    await sql(`COPY (${instance}) TO '${join(cli.project, "odd.parquet")}'`);
    const { code, stdout } = await cli.run(["transform", "spec.mjs", "odd.parquet", "-o", "-", "--format", "csv"]);
    expect([code, stdout]).toEqual([0, "twice,n,letters,text,ok\n2.0,1,1,X,true\n"]);
  });

  test("--keep refuses a column that is missing, and one that a feature is named like", async () => {
    const run = (name: string) => cli.run(["transform", "spec.mjs", "in.csv", "-o", "-", "--format", "csv", "--keep", name]);
    expect(await run("nope")).toMatchObject({ code: 2, stdout: "", stderr: expect.stringMatching(/UNKNOWN_COLUMN: .*"nope"/) as string });
    expect(await run("n")).toMatchObject({ code: 2, stdout: "", stderr: expect.stringMatching(/USAGE: --keep n: a feature has this name/) as string });
  });

  test("no rows at all", async () => {
    cli.file("none.csv", `${HEAD}\n`);
    const { code, stdout, stderr } = await cli.run(["transform", "spec.mjs", "none.csv", "-o", "-", "--format", "csv"]);
    expect([code, stdout]).toEqual([0, "twice,n,letters,text,ok\n"]);
    expect(stderr).toMatch(/^0 rows in /);
  });
});

describe("bad input exits with 2, says what and where, and leaves no file", () => {
  test.each<[string, () => string[], RegExp]>([
    ["a missing file", () => ["nope.csv"], /^skewless: FILE_NOT_FOUND: nope\.csv: there is no such file\n$/],
    ["a directory", () => ["node_modules", "--input-format", "csv"], /^skewless: READ_FAILED: node_modules: this is a directory/],
    ["an unknown format", () => [cli.file("in.xyz", "a\n")], /^skewless: UNKNOWN_FORMAT: .*in\.xyz.*parquet, csv, ndjson, arrow, arrows/],
    ["standard input without a format", () => ["-"], /^skewless: UNKNOWN_FORMAT: standard input and output need a table format/],
    ["a missing column", () => [cli.file("short.csv", "a,s,ok\n1,x,true\n")], /UNKNOWN_COLUMN: .*no column "n".*the spec reads a: float64, n: int32, s: utf8, ok: bool/],
    ["a column of another type in Arrow", () => [cli.file("typed.arrow", tableToIPC(new Table({ a: vectorFromArray(["x"], new Utf8()), n: vectorFromArray([1], new Int32()), s: vectorFromArray(["x"], new Utf8()), ok: vectorFromArray([true], new Bool()) }), "file"))], /SCHEMA_MISMATCH: column "a": .*expected float64, received Utf8/],
    ["a text where a number is declared", () => [cli.file("text.csv", `${HEAD}\nk,1,1,x,true\nk,one,1,x,true\n`)], /MALFORMED_FILE: .*text\.csv.*Line: 3[\s\S]*"one"/],
    ["a null where none is declared", () => [cli.file("null.csv", `${HEAD}\nk,1,1,x,true\nk,,1,x,true\n`)], /NULL_INPUT: column "a", row 1: /],
    ["a CSV whose lines differ", () => [cli.file("ragged.csv", `${HEAD}\nk,1,1,x,true\nk,1,1\n`)], /MALFORMED_FILE: .*ragged\.csv/],
    ["an open quote", () => [cli.file("quote.csv", `${HEAD}\nk,1,1,"x,true\n`)], /MALFORMED_FILE: .*quote\.csv/],
    ["an empty CSV", () => [cli.file("empty.csv", "")], /MALFORMED_FILE: .*empty/],
    ["NDJSON that is no JSON", () => [cli.file("broken.ndjson", '{"a": 1\n')], /MALFORMED_FILE: .*broken\.ndjson/],
    ["text for a number in NDJSON", () => [cli.file("typed.ndjson", '{"a":"1","n":1,"s":"x","ok":true}\n')], /SCHEMA_MISMATCH: column "a": .*expected float64, received Utf8.*--cast a=DOUBLE/],
    ["a Parquet file that is none", () => [cli.file("fake.parquet", "PAR1 no")], /MALFORMED_FILE: .*fake\.parquet/],
    ["an Arrow file cut short", () => [cli.file("cut.arrow", readFileSync(inputs["arrow"]!).subarray(0, 400))], /MALFORMED_FILE: .*cut\.arrow/],
    ["SQL on Arrow", () => [inputs["arrow"]!, "--where", "a > 0"], /INVALID_OPTION: .*`--where` is for Parquet, CSV and NDJSON/],
  ])("%s", async (_, data, message) => {
    const { code, stdout, stderr } = await cli.run(["transform", "spec.mjs", ...data(), "-o", "bad-out.arrow"]);
    expect(stderr).toMatch(message);
    expect(stderr).not.toContain("    at ");
    expect([code, stdout]).toEqual([2, ""]);
    expect(readdirSync(cli.project).filter((name) => name.includes("bad-out"))).toEqual([]);
  });

  test("a row that a function fails on is counted over all batches", async () => {
    cli.file("divide.mjs", SPEC.replace(/features: [\s\S]*\}\),\n/, "features: ({ n }) => ({ q: n.toInt64().floorDiv(n.toInt64().sub(11n)) }),\n"));
    const { stderr: declared } = await cli.run(["explain", "divide.mjs"]);
    expect(declared).toBe("");
    cli.file("numbers.csv", `n\n${Array.from({ length: 20 }, (_, i) => i).join("\n")}\n`);
    const { code, stderr } = await cli.run(["transform", "divide.mjs", "numbers.csv", "-o", "-", "--format", "csv", "--batch-rows", "4"]);
    expect(stderr).toMatch(/^skewless: DIVISION_BY_ZERO: q, row 11: /);
    expect(code).toBe(2);
  });

  test("an output that cannot be written", async () => {
    const run = (output: string) => cli.run(["transform", "spec.mjs", "in.csv", "-o", output]);
    expect(await run("no/such/dir/out.csv")).toMatchObject({ code: 2, stderr: expect.stringMatching(/^skewless: WRITE_FAILED: no\/such\/dir\/out\.csv/) as string });
    expect(await run("out.xyz")).toMatchObject({ code: 2, stderr: expect.stringMatching(/^skewless: UNKNOWN_FORMAT: out\.xyz/) as string });
  });
});

test("without DuckDB the error names the package to install, and Arrow still works", async () => {
  const bare = await makePackage({ without: ["@duckdb"] });
  try {
    bare.file("spec.mjs", SPEC);
    bare.file("in.csv", `${HEAD}\n${LINES.join("\n")}\n`);
    bare.file("in.arrows", readFileSync(inputs["arrows"]!));
    const missing = await bare.run(["transform", "spec.mjs", "in.csv", "-o", "out.arrow"]);
    expect([missing.code, missing.stderr]).toEqual([2, expect.stringMatching(/^skewless: MISSING_PEER: reading CSV needs .*`npm install @duckdb\/node-api`/)]);
    const arrow = await bare.run(["transform", "spec.mjs", "in.arrows", "-o", "out.arrow", "--keep", "id"]);
    expect([arrow.code, await rowsOf(join(bare.project, "out.arrow"), "arrow")]).toEqual([0, EXPECTED]);
  } finally {
    bare.remove();
  }
});

describe("ending early", () => {
  test("a reader that goes away ends the command quietly", async () => {
    const lines = Array.from({ length: 60_000 }, (_, i) => `k,${i},${i},text ${i},true`);
    cli.file("long.csv", `${[HEAD, ...lines].join("\n")}\n`);
    for (const format of ["arrows", "csv"]) {
      const { code, stderr } = await cli.run(["transform", "spec.mjs", "long.csv", "-o", "-", "--format", format, "--batch-rows", "1000", "-q"], {
        onStart: (child) => child.stdout?.once("data", () => child.stdout?.destroy()),
      });
      expect([format, code, stderr]).toEqual([format, 0, ""]);
    }
  });

  test.each<[NodeJS.Signals, number]>([
    ["SIGINT", 130],
    ["SIGTERM", 143],
  ])("%s removes the partial output and exits with %d", async (signal, expected) => {
    const whole = readFileSync(inputs["arrows"]!);
    const { code, stderr } = await new Promise<{ code: number | null; stderr: string }>((done, fail) => {
      cli
        .run(["transform", "spec.mjs", "-", "--input-format", "arrows", "-o", "partial.arrow"], {
          // All but the end: the command waits for more.
          stdin: null,
          onStart(child) {
            child.stdin?.write(whole.subarray(0, whole.length - 8));
            const poll = setInterval(() => {
              if (!readdirSync(cli.project).some((name) => name.startsWith(".partial.arrow"))) return;
              clearInterval(poll);
              child.kill(signal);
            }, 20);
          },
        })
        .then(done, fail);
    });
    expect([code, stderr]).toEqual([expected, "skewless: interrupted\n"]);
    expect(readdirSync(cli.project).filter((name) => name.includes("partial"))).toEqual([]);
    expect(existsSync(join(cli.project, "partial.arrow"))).toBe(false);
  });
});
