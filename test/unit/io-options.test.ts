// Casts that follow the detected types, and closing that is given up.
import { makeVector, Table } from "apache-arrow";
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { createTable, readTable } from "../../src/io/index.js";

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "skewless-io-"));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

test("a function of the detected types gives the casts", async () => {
  const path = join(folder, "in.csv");
  writeFileSync(path, "a,b,c\n1,x,2024-03-01\n2,y,2024-03-02\n");
  const seen: [string, string][] = [];
  const table = await readTable(path, {
    casts: (detected) => {
      seen.push(...detected);
      return { a: "DOUBLE" };
    },
  });
  expect(seen).toEqual([["a", "BIGINT"], ["b", "VARCHAR"], ["c", "DATE"]]);
  expect(table.schema.fields.map((field) => String(field.type))).toEqual(["Float64", "Utf8", "Date32<DAY>"]);
});

test("a cast of one NDJSON column leaves the offsets of another's times alone", async () => {
  const path = join(folder, "in.ndjson");
  writeFileSync(path, '{"x":1,"at":"2024-03-01T10:15:00.5+02:00"}\n');
  for (const options of [{}, { casts: { x: "DOUBLE" } }]) {
    const table = await readTable(path, options);
    expect(String(table.getChild("at")?.type)).toBe("Timestamp<MICROSECOND>");
    const ticks = table.getChild("at")?.data[0]?.values as BigInt64Array;
    expect(ticks[0]).toBe(BigInt(Date.UTC(2024, 2, 1, 8, 15, 0, 500)) * 1000n);
  }
});

describe.each(["parquet", "csv", "ndjson"])("closing a %s table", (format) => {
  test.each(["before", "while"])("with a signal that fires %s it is written", async (when) => {
    const own = mkdtempSync(join(folder, `${format}-`));
    const rows = makeVector(Float64Array.from({ length: 200_000 }, (_, i) => Math.sin(i)));
    const table = new Table({ a: rows, b: rows, c: rows });
    const controller = new AbortController();
    const sink = await createTable(join(own, `out.${format}`), table.schema, { signal: controller.signal });
    await sink.write(table);
    const reason = new Error("enough");
    if (when === "before") controller.abort(reason);
    const closing = sink.close();
    if (when === "while") controller.abort(reason);
    await expect(closing).rejects.toBe(reason);
    expect(readdirSync(own)).toEqual([]);
  });
});
