// How columns of CSV and NDJSON become the declared inputs: exactly, or not at all.
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { tableFromIPC } from "apache-arrow";
import { castFor, type TextFormat } from "../../src/cli/text-casts.js";
import { t, type AnyInputType } from "../../src/types/input-type.js";
import { makePackage, type CliPackage } from "./cli-package.js";

let cli: CliPackage;
beforeAll(async () => {
  cli = await makePackage();
});
afterAll(() => cli.remove());

interface Column {
  /** The declaration. */
  readonly type: string;
  /** The feature of the input `x`. */
  readonly feature: string;
  readonly csv: readonly string[];
  readonly json: readonly unknown[];
  /** What the feature's Arrow column must hold. */
  readonly expected: readonly unknown[];
}

const utc = (year: number, month: number, day: number, hour = 0, minute = 0, second = 0): bigint => BigInt(Date.UTC(year, month - 1, day, hour, minute, second));
const march = utc(2024, 3, 1, 8, 15);

const COLUMNS: Record<string, Column> = {
  float64: { type: "t.float64()", feature: "x.as('float64')", csv: ["1", "-2"], json: [1, -2], expected: [1, -2] },
  fraction: { type: "t.float64()", feature: "x.as('float64')", csv: ["0.1", "1e300"], json: [0.1, 1e300], expected: [0.1, 1e300] },
  float32: { type: "t.float32()", feature: "x.as('float64')", csv: ["0.1", "3"], json: [0.1, 3], expected: [Math.fround(0.1), 3] },
  int8: { type: "t.int8()", feature: "x.as('float64')", csv: ["-128", "127"], json: [-128, 127], expected: [-128, 127] },
  int32: { type: "t.int32()", feature: "x.as('float64')", csv: ["-2147483648", "7"], json: [-2147483648, 7], expected: [-2147483648, 7] },
  uint16: { type: "t.uint16()", feature: "x.as('float64')", csv: ["0", "65535"], json: [0, 65535], expected: [0, 65535] },
  // As programs write a column of whole numbers that has gaps.
  whole: { type: "t.int32()", feature: "x.as('float64')", csv: ["5.0", "1e3"], json: [5, 1000.5 * 2 - 1001], expected: [5, 1000] },
  int64: { type: "t.int64()", feature: "x.as('int64')", csv: ["9007199254740993", "-9223372036854775808"], json: [], expected: [9007199254740993n, -9223372036854775808n] },
  zip: { type: "t.utf8()", feature: "x.as('utf8')", csv: ["007", "042"], json: ["007", "042"], expected: ["007", "042"] },
  number: { type: "t.utf8()", feature: "x.as('utf8')", csv: ["12", "1.50"], json: [12, 1.5], expected: ["12", "1.50"] },
  dateText: { type: "t.utf8()", feature: "x.as('utf8')", csv: ["2024-03-01", "2024-03-02"], json: ["2024-03-01", "2024-03-02"], expected: ["2024-03-01", "2024-03-02"] },
  bool: { type: "t.bool()", feature: "x.as('bool')", csv: ["true", "False"], json: [true, false], expected: [true, false] },
  zeroOne: { type: "t.bool()", feature: "x.as('bool')", csv: ["0", "1"], json: [], expected: [false, true] },
  seconds: { type: "t.timestamp('s')", feature: "x.as('timestamp')", csv: ["2024-03-01 08:15:00", "1969-12-31 23:59:59"], json: ["2024-03-01T08:15:00Z", "1969-12-31T23:59:59Z"], expected: [march / 1000n, -1n] },
  millis: { type: "t.timestamp('ms')", feature: "x.as('timestamp')", csv: ["2024-03-01 08:15:00.123", "2024-03-01T08:15:00"], json: ["2024-03-01T08:15:00.123Z", "2024-03-01T08:15:00"], expected: [march + 123n, march] },
  micros: { type: "t.timestamp('us')", feature: "x.as('timestamp')", csv: ["2024-03-01 08:15:00.123456", "2024-03-01 08:15:00"], json: ["2024-03-01T08:15:00.123456", "2024-03-01T08:15:00"], expected: [march * 1000n + 123456n, march * 1000n] },
  nanos: { type: "t.timestamp('ns')", feature: "x.as('timestamp')", csv: ["2024-03-01 08:15:00.123456789", "2024-03-01 08:15:00"], json: ["2024-03-01T08:15:00.123456789", "2024-03-01T08:15:00"], expected: [march * 1000000n + 123456789n, march * 1000000n] },
  offset: { type: "t.timestamp('ms')", feature: "x.as('timestamp')", csv: ["2024-03-01T10:15:00+02:00", "2024-03-01T08:15:00Z"], json: ["2024-03-01T10:15:00+02:00", "2024-03-01T03:15:00.5-05:00"], expected: [march, march] },
  zoned: { type: "t.timestamp('ms', 'Europe/Paris')", feature: "x.as('timestamp')", csv: ["2024-03-01 08:15:00", ""], json: ["2024-03-01T08:15:00Z", null], expected: [march, null] },
  midnight: { type: "t.timestamp('ms')", feature: "x.as('timestamp')", csv: ["2024-03-01", "2024-03-02"], json: ["2024-03-01", "2024-03-02"], expected: [utc(2024, 3, 1), utc(2024, 3, 2)] },
  ticks: { type: "t.timestamp('ms')", feature: "x.as('timestamp')", csv: ["1709280900123", "-1"], json: [1709280900123, -1], expected: [1709280900123n, -1n] },
  day: { type: "t.date32()", feature: "x.as('timestamp')", csv: ["1970-01-02", "2024-03-01"], json: ["1970-01-02", "2024-03-01"], expected: [1, 19783] },
  millisDay: { type: "t.date64()", feature: "x.as('timestamp')", csv: ["1970-01-02", "2024-03-01"], json: ["1970-01-02", "2024-03-01"], expected: [86_400_000n, utc(2024, 3, 1)] },
  numbers: { type: "t.list(t.float64())", feature: "x.sum().as('float64')", csv: ['"[1, 2.5]"', '"[]"'], json: [[1, 2.5], []], expected: [3.5, 0] },
  whole32: { type: "t.list(t.int32())", feature: "x.sum().as('float64')", csv: ['"[1, 2]"', '"[-3]"'], json: [[1, 2], [-3]], expected: [3, -3] },
  embedding: { type: "t.fixedSizeList(t.float32(), 2)", feature: "x.sum().as('float64')", csv: ['"[1, 2]"', '"[0.5, 0]"'], json: [[1, 2], [0.5, 0]], expected: [3, 0.5] },
  times: { type: "t.list(t.timestamp('ms'))", feature: "x.max().as('timestamp')", csv: ['"[2024-03-01 10:15:00+02:00, 2024-03-01 07:00:00]"', '"[]"'], json: [["2024-03-01T10:15:00+02:00", "2024-03-01T07:00:00Z"], []], expected: [march, null] },
  words: { type: "t.list(t.utf8())", feature: "x.size().as('float64')", csv: ['"[a, b]"', '"[c]"'], json: [["a", "b"], ["c"]], expected: [2, 1] },
  nothing: { type: "t.int32()", feature: "x.as('float64')", csv: ["", ""], json: [null, null], expected: [null, null] },
  noTime: { type: "t.timestamp('ms')", feature: "x.as('timestamp')", csv: ["", ""], json: [null, null], expected: [null, null] },
};
// What differs between the formats on purpose: JSON's numbers have one spelling, and offsets were chosen anew.
const JSON_EXPECTED: Record<string, readonly unknown[]> = { number: ["12", "1.5"], whole: [5, 1000], offset: [march, march + 500n] };

function specOf(columns: readonly (readonly [string, Column])[]): string {
  const inputs = columns.map(([name, column]) => `${name}: ${column.type}.nullable()`).join(", ");
  const features = columns.map(([name, column]) => `f_${name}: ((x) => ${column.feature})(inputs.${name})`).join(", ");
  return `import { defineFeatures, t } from "skewless";\nexport default defineFeatures({ inputs: { ${inputs} }, features: (inputs) => ({ ${features} }) });`;
}

async function compute(format: TextFormat, columns: readonly (readonly [string, Column])[], text: string): Promise<Record<string, unknown[]>> {
  cli.file(`${format}.mjs`, specOf(columns));
  const { code, bytes, stderr } = await cli.run(["transform", `${format}.mjs`, "-", "--input-format", format, "-o", "-", "--format", "arrows", "-q"], { stdin: text });
  expect([code, stderr]).toEqual([0, ""]);
  const table = tableFromIPC(bytes);
  return Object.fromEntries(
    table.schema.fields.map(({ name }) => {
      const data = table.getChild(name)?.data[0];
      // Ticks as they are stored; the library's own getter would round them.
      const raw = /^(Timestamp|Date|Int)/.test(String(data?.type)) ? (data?.values as ArrayLike<unknown>) : undefined;
      return [name.slice(2), Array.from({ length: table.numRows }, (_, i) => (data?.getValid(i) === true ? (raw?.[i] ?? table.getChild(name)?.get(i)) : null))];
    }),
  );
}

describe("every declared type", () => {
  test("from CSV", async () => {
    const columns = Object.entries(COLUMNS);
    // A column of its own keeps rows of empty fields from being empty lines.
    const lines = [0, 1].map((row) => [`r${row}`, ...columns.map(([, column]) => column.csv[row])].join(","));
    const result = await compute("csv", columns, `row,${columns.map(([name]) => name).join(",")}\n${lines.join("\n")}\n`);
    expect(result).toEqual(Object.fromEntries(columns.map(([name, column]) => [name, column.expected])));
  });

  test("from NDJSON", async () => {
    const columns = Object.entries(COLUMNS).filter(([, column]) => column.json.length > 0);
    const lines = [0, 1].map((row) => JSON.stringify(Object.fromEntries(columns.map(([name, column]) => [name, column.json[row]]))));
    const result = await compute("ndjson", columns, `${lines.join("\n")}\n`);
    const expected = { ...Object.fromEntries(columns.map(([name, column]) => [name, column.expected])), ...JSON_EXPECTED };
    expect(result).toEqual(expected);
  });
});

describe("nothing is rounded, cut or made up", () => {
  test.each<[string, string, TextFormat, string, RegExp]>([
    ["a fraction for an integer", "t.int32()", "csv", "x\n1\n2\n2.5\n", /NOT_AN_INTEGER: column "x", row 2: .*expected int32, received 2\.5/],
    ["a fraction for an integer in JSON", "t.int64()", "ndjson", '{"x":1}\n{"x":1.5}\n', /NOT_AN_INTEGER: column "x", row 1: .*expected int64, received 1\.5/],
    ["a fraction in a list of integers", "t.list(t.int32())", "csv", 'x\n"[1]"\n"[2, 3]"\n"[4, 4.5]"\n', /NOT_AN_INTEGER: column "x", row 2: .*received 4\.5/],
    ["an integer beyond the type", "t.int8()", "csv", "x\n127\n128\n", /MALFORMED_FILE: .*Line: 3[\s\S]*"128"/],
    ["an integer beyond the type in JSON", "t.uint8()", "ndjson", '{"x":256}\n', /MALFORMED_FILE: .*256/],
    ["a negative number for an unsigned", "t.uint32()", "csv", "x\n-1\n", /MALFORMED_FILE: -: Conversion Error: CSV Error on Line: 2; Original Line: -1; Error when converting column "x"\. Could not convert string "-1" to 'UINTEGER'; `--cast COLUMN=TYPE` sets a column's type\n$/],
    ["microseconds for milliseconds", "t.timestamp('ms')", "csv", "x\n2024-03-01 08:15:00.123\n2024-03-01 08:15:00.1234\n", /OUT_OF_RANGE: column "x", row 1: the time is finer than the declared input: expected whole milliseconds/],
    ["a time of day for a date", "t.date32()", "ndjson", '{"x":"2024-03-01T00:00:00Z"}\n{"x":"2024-03-01T08:15:00Z"}\n', /OUT_OF_RANGE: column "x", row 1: .*expected whole days/],
    ["no time at all", "t.timestamp('ms')", "csv", "x\n2024-03-01 08:15:00\nsoon\n", /MALFORMED_FILE: .*Line: 3[\s\S]*"soon"/],
    ["a fraction for a time", "t.timestamp('ms')", "csv", "x\n1.5\n", /SCHEMA_MISMATCH: column "x": .*expected timestamp\[ms\], received Float64/],
    ["no time in a list", "t.list(t.timestamp('ms'))", "csv", 'x\n"[2024-03-01 08:15:00, soon]"\n', /MALFORMED_FILE: .*Line: 2.*soon/],
    ["two for a boolean", "t.bool()", "csv", "x\n0\n2\n", /MALFORMED_FILE: .*"2"/],
    ["a number for a boolean in JSON", "t.bool()", "ndjson", '{"x":1}\n', /SCHEMA_MISMATCH: column "x": .*expected bool, received Int64/],
    ["an object for text", "t.utf8()", "ndjson", '{"x":{"a":1}}\n', /UNSUPPORTED_TYPE: .*"x" has the type STRUCT.*`--cast COLUMN=TYPE`/],
    ["a list of another length", "t.fixedSizeList(t.float64(), 2)", "ndjson", '{"x":[1,2]}\n{"x":[1]}\n', /MALFORMED_FILE: .*size/],
  ])("%s", async (_, type, format, text, message) => {
    cli.file("refused.mjs", `import { defineFeatures, t } from "skewless";\nexport default defineFeatures({ inputs: { x: ${type} }, features: ({ x }) => ({ f: x.isNull() }) });`);
    const { code, stdout, stderr } = await cli.run(["transform", "refused.mjs", "-", "--input-format", format, "-o", "-", "--format", "csv"], { stdin: text });
    expect(stderr).toMatch(message);
    expect([code, stdout]).toEqual([2, ""]);
  });

  test("a kept column is as the file has it, whatever becomes of the inputs", async () => {
    cli.file("keep.mjs", `import { defineFeatures, t } from "skewless";\nexport default defineFeatures({ inputs: { x: t.float64(), at: t.timestamp("ms") }, features: ({ x, at }) => ({ f: x, hour: at.hour() }) });`);
    const rows = [{ x: 1, at: "2024-03-01T10:15:00.5+02:00", seen: "2024-03-01T03:00:00.25-05:00" }].map((row) => `${JSON.stringify(row)}\n`).join("");
    const { code, stdout } = await cli.run(["transform", "keep.mjs", "-", "--input-format", "ndjson", "-o", "-", "--format", "csv", "--keep", "seen,at", "-q"], { stdin: rows });
    expect([code, stdout.replaceAll("+00", "")]).toEqual([0, "seen,at,f,hour\n2024-03-01 08:00:00.25,2024-03-01 08:15:00.5,1.0,8.0\n"]);
  });

  test("--cast overrides what the declaration says", async () => {
    cli.file("cast.mjs", `import { defineFeatures, t } from "skewless";\nexport default defineFeatures({ inputs: { x: t.float64() }, features: ({ x }) => ({ x }) });`);
    const { code, stdout } = await cli.run(["transform", "cast.mjs", "-", "--input-format", "ndjson", "-o", "-", "--format", "csv", "--cast", "x=DOUBLE", "-q"], { stdin: '{"x":"1.5"}\n' });
    expect([code, stdout]).toEqual([0, "x\n1.5\n"]);
  });
});

describe("castFor", () => {
  test.each<[AnyInputType, string, TextFormat, string | undefined]>([
    [t.float64(), "DOUBLE", "csv", undefined],
    [t.float64(), "BIGINT", "csv", "DOUBLE"],
    [t.float64(), "VARCHAR", "csv", "DOUBLE"],
    [t.float64(), "VARCHAR", "ndjson", undefined],
    [t.int64(), "BIGINT", "csv", undefined],
    [t.uint64(), "HUGEINT", "ndjson", "UBIGINT"],
    [t.int32(), "DOUBLE", "ndjson", undefined],
    [t.int32(), "JSON", "ndjson", "DOUBLE"],
    [t.utf8(), "BIGINT", "csv", "VARCHAR"],
    [t.utf8(), "BIGINT[]", "ndjson", undefined],
    [t.timestamp("ms"), "TIMESTAMP", "csv", undefined],
    [t.timestamp("ms"), "TIMESTAMP", "ndjson", "TIMESTAMP WITH TIME ZONE"],
    [t.timestamp("ns"), "TIMESTAMP", "csv", "TIMESTAMP_NS"],
    [t.timestamp("ms"), "BIGINT", "csv", undefined],
    [t.list(t.int32()), "BIGINT[]", "ndjson", "INTEGER[]"],
    [t.list(t.int32()), "JSON[]", "ndjson", "DOUBLE[]"],
    [t.list(t.float64()), "DOUBLE[]", "ndjson", undefined],
    [t.list(t.timestamp("ms")), "VARCHAR", "csv", "TIMESTAMP_NS[]"],
    [t.fixedSizeList(t.float32(), 3), "VARCHAR", "csv", "FLOAT[3]"],
  ])("%j from %s in %s", (input, detected, format, expected) => {
    expect(castFor(input, detected, format)).toBe(expected);
  });
});
