import { Field, Float64, Int32, List, RecordBatch, Schema, Struct, Table, TimeMillisecond, Timestamp, TimeUnit, Utf8, makeData, vectorFromArray } from "apache-arrow";
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from "vitest";
import { TableError, createTable, formatOf, openTable, readTable } from "../../src/io/index.js";
const formats = ["parquet", "csv", "ndjson", "arrow", "arrows"];
let directory = "";
beforeAll(() => {
    directory = mkdtempSync(join(tmpdir(), "skewless-io-errors-"));
});
afterAll(() => rmSync(directory, { recursive: true, force: true }));
const at = (name) => join(directory, name);
const table = new Table({
    id: vectorFromArray(Array.from({ length: 5000 }, (_, i) => i), new Int32()),
    text: vectorFromArray(Array.from({ length: 5000 }, (_, i) => `some text of row ${i}`), new Utf8()),
});
async function write(path) {
    const sink = await createTable(path, table.schema);
    await sink.write(table);
    await sink.close();
}
async function failure(work) {
    try {
        await work;
    }
    catch (error) {
        if (error instanceof TableError)
            return error;
        throw error;
    }
    throw new Error("it did not fail");
}
describe("formatOf", () => {
    test("goes by the extension or the explicit name", () => {
        const cases = { "a.parquet": "parquet", "a.PQ": "parquet", "a.csv": "csv", "a.tsv": "csv", "a.ndjson": "ndjson",
            "a.jsonl": "ndjson", "a.json": "ndjson", "a.arrow": "arrow", "a.feather": "arrow", "a.ipc": "arrow", "a.arrows": "arrows" };
        for (const [path, format] of Object.entries(cases))
            expect(formatOf(path)).toBe(format);
        expect(formatOf("-", "CSV")).toBe("csv");
        expect(formatOf("a.csv", "parquet")).toBe("parquet");
    });
    test.each([["a.xlsx", undefined], ["a", undefined], ["-", undefined], ["a.csv", "excel"]])("%s as %s is unknown", (path, explicit) => {
        try {
            formatOf(path, explicit);
            expect.unreachable();
        }
        catch (error) {
            expect(error).toBeInstanceOf(TableError);
            expect(error).toMatchObject({ code: "UNKNOWN_FORMAT", path });
            expect(error.message).toContain("parquet, csv, ndjson, arrow, arrows");
        }
    });
});
describe("files that are not what they should be", () => {
    test.each(formats)("a missing %s file", async (format) => {
        const path = at(`missing.${format}`);
        expect(await failure(openTable(path))).toMatchObject({ code: "FILE_NOT_FOUND", path });
    });
    test.each(formats)("a directory in place of a %s file", async (format) => {
        const path = at(`directory.${format}`);
        mkdirSync(path);
        expect((await failure(openTable(path))).code).toBe("READ_FAILED");
        expect((await failure(createTable(path, table.schema))).code).toBe("WRITE_FAILED");
    });
    test.each(["parquet", "csv", "arrow", "arrows"])("an empty %s file", async (format) => {
        writeFileSync(at(`nothing.${format}`), "");
        expect((await failure(readTable(at(`nothing.${format}`)))).code).toBe("MALFORMED_FILE");
    });
    test.each(["parquet", "ndjson", "arrow", "arrows"])("text in place of %s", async (format) => {
        writeFileSync(at(`words.${format}`), "this is only text, and there is quite a lot of it\n".repeat(100));
        expect((await failure(readTable(at(`words.${format}`)))).code).toBe("MALFORMED_FILE");
    });
    test.each(["parquet", "ndjson", "arrow", "arrows"])("a %s file cut anywhere", async (format) => {
        await write(at(`whole.${format}`));
        const whole = readFileSync(at(`whole.${format}`));
        const path = at(`cut.${format}`);
        // Inside the last line of text, or anywhere in binary formats but at the stream's final marker.
        const cuts = format === "ndjson" ? [10, whole.length - 5] : [1, 5, 9, 100, whole.length >> 1, whole.length - 30, whole.length - 9];
        for (const cut of cuts) {
            writeFileSync(path, whole.subarray(0, cut));
            expect((await failure(readTable(path))).code, `cut at ${cut}`).toBe("MALFORMED_FILE");
        }
    });
    test.each(["parquet", "arrow", "arrows"])("a %s file with wrong bytes is read or refused", async (format) => {
        await write(at(`good.${format}`));
        const good = readFileSync(at(`good.${format}`));
        const path = at(`wrong.${format}`);
        let seed = 12345;
        const random = (below) => (seed = (seed * 1103515245 + 12345) & 0x7fffffff) % below;
        for (let i = 0; i < 60; i++) {
            const wrong = Buffer.from(good);
            const near = Math.min(600, wrong.length);
            for (let k = 0; k < 4; k++)
                wrong[k % 2 === 0 ? random(near) : wrong.length - 1 - random(near)] = random(256);
            writeFileSync(path, wrong);
            await readTable(path).catch((error) => {
                expect(error).toBeInstanceOf(TableError);
                expect(error.code).toMatch(/^(MALFORMED_FILE|UNSUPPORTED_TYPE|UNSUPPORTED_VALUE|DUPLICATE_COLUMN|OUT_OF_MEMORY)$/);
            });
        }
    });
    test("a CSV table with ragged lines, an open quote, or another encoding", async () => {
        for (const text of ["a,b\n1,2\n3\n", "a,b\n1,2\n3,4,5\n", 'a,b\n"1,2\n3,4\n', Buffer.from("a\nx\xe9y\n", "latin1")]) {
            writeFileSync(at("ragged.csv"), text);
            const { code, message } = await failure(readTable(at("ragged.csv")));
            expect(code).toBe("MALFORMED_FILE");
            expect(message).not.toContain("ignore_errors");
        }
    });
    test("an old Feather file says so", async () => {
        writeFileSync(at("old.feather"), "FEA1 and more bytes than eight FEA1");
        expect((await failure(openTable(at("old.feather")))).message).toContain("version 1");
    });
});
describe("options and SQL", () => {
    test.each(formats)("an unknown column of a %s table, with those that exist", async (format) => {
        await write(at(`known.${format}`));
        const { code, message } = await failure(openTable(at(`known.${format}`), { columns: ["ID"] }));
        expect(code).toBe("UNKNOWN_COLUMN");
        expect(message).toContain('its columns are "id", "text"');
        expect((await failure(openTable(at(`known.${format}`), { columns: ["id", "id"] }))).code).toBe("DUPLICATE_COLUMN");
    });
    test.each(["id >", "id = 1); SELECT 1; --", "missing = 1", "no_such_function(id)", "text::INT > 1", "1 = 1) --"])("where: %s", async (where) => {
        await write(at("where.parquet"));
        expect((await failure(readTable(at("where.parquet"), { where }))).code).toBe("INVALID_SQL");
    });
    test("orderBy that is no order, a second statement", async () => {
        await write(at("order.parquet"));
        for (const orderBy of ["missing", "id DESC; DROP TABLE x", "id LIMIT LIMIT"]) {
            expect((await failure(readTable(at("order.parquet"), { orderBy }))).code).toBe("INVALID_SQL");
        }
    });
    test("values out of range", async () => {
        await write(at("options.csv"));
        for (const options of [{ limit: -1 }, { limit: 1.5 }, { batchRows: 0 }, { threads: 0 }, { columns: [] }, { where: " " }, { memoryLimit: "much" },
            { casts: { id: "INT) FROM x --" } }]) {
            expect((await failure(openTable(at("options.csv"), options))).code).toBe("INVALID_OPTION");
        }
        expect((await failure(openTable(at("options.csv"), { casts: { nothing: "INT" } }))).code).toBe("UNKNOWN_COLUMN");
        expect((await failure(openTable(at("options.csv"), { casts: { id: "NO_SUCH_TYPE" } }))).code).toBe("INVALID_SQL");
    });
    test.each([{ where: "id = 1" }, { orderBy: "id" }, { casts: { id: "INT" } }])("%o is refused for Arrow", async (options) => {
        await write(at("plain.arrow"));
        expect((await failure(openTable(at("plain.arrow"), options))).code).toBe("INVALID_OPTION");
    });
    test("types without a counterpart name the column, the type and the way out", async () => {
        writeFileSync(at("time.csv"), "a,t\n1,12:30:00\n");
        const { code, message } = await failure(openTable(at("time.csv")));
        expect(code).toBe("UNSUPPORTED_TYPE");
        expect(message).toContain('column "t" has the type TIME');
        expect(message).toContain('{"t":"VARCHAR"}');
        expect((await readTable(at("time.csv"), { columns: ["a"] })).numRows).toBe(1);
        const huge = await failure(openTable(at("time.csv"), { columns: ["a"], casts: { a: "HUGEINT" } }));
        expect(huge.message).toContain('column "a" has the type HUGEINT');
        writeFileSync(at("nested.ndjson"), '{"a":{"x":1}}\n');
        expect((await failure(openTable(at("nested.ndjson")))).code).toBe("UNSUPPORTED_TYPE");
    });
    test("infinite dates are refused, not passed on as numbers", async () => {
        writeFileSync(at("infinite.csv"), "d\n2020-01-01\ninfinity\n");
        expect((await failure(readTable(at("infinite.csv"), { casts: { d: "DATE" } }))).code).toBe("UNSUPPORTED_VALUE");
        expect((await failure(readTable(at("infinite.csv"), { casts: { d: "TIMESTAMP" } }))).code).toBe("UNSUPPORTED_VALUE");
        expect((await readTable(at("infinite.csv"), { casts: { d: "DATE" }, where: "isfinite(d)" })).numRows).toBe(1);
    });
});
describe("aborting", () => {
    test.each(formats)("before and while a %s table is read", async (format) => {
        await write(at(`abort.${format}`));
        await expect(openTable(at(`abort.${format}`), { signal: AbortSignal.abort(new Error("no")) })).rejects.toThrow("no");
        const controller = new AbortController();
        const source = await openTable(at(`abort.${format}`), { signal: controller.signal, batchRows: 10 });
        let rows = 0;
        const reading = (async () => {
            for await (const batch of source) {
                rows += batch.numRows;
                if (rows === 10)
                    controller.abort(new Error("enough"));
            }
        })();
        // Rows that were read before may still come; a table of several thousand must not come whole.
        await expect(reading).rejects.toThrow("enough");
        expect(rows).toBeLessThan(5000);
    });
    test("a long query is interrupted", async () => {
        await write(at("long.parquet"));
        const controller = new AbortController();
        const where = "id = (SELECT count(*) FROM range(100000000000) a, range(1000000) b)";
        const source = await openTable(at("long.parquet"), { signal: controller.signal, where });
        setTimeout(() => controller.abort(new Error("too long")), 50);
        await expect((async () => { for await (const _ of source)
            ; })()).rejects.toThrow("too long");
    });
    test("a source is read once, and may be closed early and twice", async () => {
        for (const format of formats) {
            await write(at(`once.${format}`));
            const source = await openTable(at(`once.${format}`), { batchRows: 100 });
            for await (const batch of source) {
                expect(batch.numRows).toBe(100);
                break;
            }
            await source.close();
            await source.close();
            expect((await failure((async () => { for await (const _ of source)
                ; })())).code).toBe("CLOSED");
        }
    });
});
describe("what cannot be written", () => {
    const schemaOf = (...fields) => new Schema(fields);
    test.each(formats)("another schema than the sink's, to %s", async (format) => {
        const sink = await createTable(at(`schema.${format}`), table.schema);
        const other = new Table({ id: vectorFromArray([1], new Float64()), text: vectorFromArray(["x"], new Utf8()) });
        const { code, message } = await failure(sink.write(other));
        expect(code).toBe("SCHEMA_MISMATCH");
        expect(message).toContain("id: Int32");
        await sink.abort();
        expect(readdirSync(directory).filter((name) => name.includes("schema.") && name.endsWith(".tmp"))).toEqual([]);
    });
    test.each(formats)("buffers that are too short or offsets that lie, to %s", async (format) => {
        const bad = [
            makeData({ type: new Utf8(), length: 3, nullCount: 0, valueOffsets: Int32Array.of(0, 1, 99, 3), data: new Uint8Array(3) }),
            makeData({ type: new Utf8(), length: 3, nullCount: 0, valueOffsets: Int32Array.of(0, 1), data: new Uint8Array(3) }),
            makeData({ type: new Int32(), length: 3, nullCount: 0, data: Int32Array.of(1) }),
            makeData({ type: new Int32(), length: 30, nullCount: 5, nullBitmap: new Uint8Array(1), data: new Int32Array(30) }),
            makeData({ type: new List(new Field("item", new Int32())), length: 1, nullCount: 0, valueOffsets: Int32Array.of(0, 9),
                child: makeData({ type: new Int32(), length: 2, nullCount: 0, data: new Int32Array(2) }) }),
        ];
        for (const child of bad) {
            if (format === "csv" && child.type instanceof List)
                continue;
            const schema = schemaOf(new Field("a", child.type, true));
            const sink = await createTable(at(`bad.${format}`), schema);
            const data = makeData({ type: new Struct(schema.fields), length: child.length, nullCount: 0, children: [child] });
            expect((await failure(sink.write(new RecordBatch(schema, data)))).code).toBe("UNSUPPORTED_VALUE");
            await sink.abort();
        }
    });
    test("types, names, text that is not UTF-8, timestamps beyond the range", async () => {
        const time = schemaOf(new Field("a", new TimeMillisecond(), true));
        for (const format of ["parquet", "csv", "ndjson"]) {
            expect((await failure(createTable(at(`t.${format}`), time))).code).toBe("UNSUPPORTED_TYPE");
            const twice = schemaOf(new Field("a", new Int32()), new Field("A", new Int32()));
            expect((await failure(createTable(at(`t.${format}`), twice))).code).toBe("DUPLICATE_COLUMN");
            expect((await failure(createTable(at(`t.${format}`), schemaOf()))).code).toBe("INVALID_OPTION");
        }
        const one = async (child) => {
            const schema = schemaOf(new Field("a", child.type, true));
            const sink = await createTable(at("value.parquet"), schema);
            const data = makeData({ type: new Struct(schema.fields), length: child.length, nullCount: 0, children: [child] });
            const error = await failure(sink.write(new RecordBatch(schema, data)));
            await sink.abort();
            return error.code;
        };
        const text = (...bytes) => makeData({ type: new Utf8(), length: 2, nullCount: 0, valueOffsets: Int32Array.of(0, 1, bytes.length), data: Uint8Array.from(bytes) });
        expect(await one(text(0x61, 0xff))).toBe("UNSUPPORTED_VALUE");
        expect(await one(text(0xc3, 0xa9))).toBe("UNSUPPORTED_VALUE");
        const stamp = (unit, zone, value) => makeData({ type: new Timestamp(unit, zone), length: 1, nullCount: 0, data: BigInt64Array.of(value) });
        expect(await one(stamp(TimeUnit.MICROSECOND, null, 2n ** 63n - 1n))).toBe("UNSUPPORTED_VALUE");
        expect(await one(stamp(TimeUnit.NANOSECOND, "UTC", 1n))).toBe("UNSUPPORTED_VALUE");
        expect(await one(stamp(TimeUnit.SECOND, "UTC", 2n ** 62n))).toBe("UNSUPPORTED_VALUE");
    });
    test.each(formats)("into a directory that does not exist, to %s", async (format) => {
        expect((await failure(createTable(at(`no/such/place.${format}`), table.schema))).code).toBe("WRITE_FAILED");
    });
    test.skipIf(process.getuid?.() === 0)("without permission", async () => {
        mkdirSync(at("locked"));
        chmodSync(at("locked"), 0o500);
        expect((await failure(createTable(at("locked/t.csv"), table.schema))).code).toBe("WRITE_FAILED");
    });
});
describe("without the optional package", () => {
    afterEach(() => {
        vi.doUnmock("@duckdb/node-api");
        vi.resetModules();
    });
    test("Parquet names it and the command, Arrow does not need it", async () => {
        await write(at("peer.arrow"));
        await write(at("peer.parquet"));
        vi.resetModules();
        vi.doMock("@duckdb/node-api", () => {
            throw new Error("Cannot find package '@duckdb/node-api'");
        });
        const io = await import("../../src/io/index.js");
        await expect(io.openTable(at("peer.parquet"))).rejects.toMatchObject({
            code: "MISSING_PEER",
            message: expect.stringContaining("reading Parquet needs the optional package @duckdb/node-api; run `npm install @duckdb/node-api`"),
        });
        await expect(io.createTable(at("peer2.csv"), table.schema)).rejects.toMatchObject({ code: "MISSING_PEER" });
        expect((await io.readTable(at("peer.arrow"))).numRows).toBe(5000);
    });
});
