import {
  Binary,
  BinaryView,
  Dictionary,
  Field,
  Int32,
  RecordBatchStreamWriter,
  Schema,
  Table,
  Utf8,
  Utf8View,
  tableToIPC,
  vectorFromArray,
} from "apache-arrow";
import { execFileSync } from "node:child_process";
import { createWriteStream, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Readable, Writable } from "node:stream";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { decodeLz4Frame } from "../../src/io/arrow-compression.js";
import { copyBits, countOnes, getBit, setBits } from "../../src/io/bits.js";
import { createTable, readTable } from "../../src/io/index.js";

let directory = "";
beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), "skewless-io-arrow-"));
});
afterAll(() => rmSync(directory, { recursive: true, force: true }));
const at = (name: string) => join(directory, name);
const table = () =>
  new Table({
    a: vectorFromArray([1, null, 3], new Int32()),
    t: vectorFromArray(["x", null, "é"], new Utf8()),
  });
const rows = (read: Table) =>
  read.toArray().map((row) => Object.values(row.toJSON() as Record<string, unknown>));

async function withStdin<T>(bytes: Uint8Array, work: () => Promise<T>): Promise<T> {
  const original = Object.getOwnPropertyDescriptor(process, "stdin") as PropertyDescriptor;
  const pieces = Array.from({ length: Math.ceil(bytes.length / 7) }, (_, i) =>
    bytes.subarray(i * 7, i * 7 + 7),
  );
  Object.defineProperty(process, "stdin", { configurable: true, value: Readable.from(pieces) });
  try {
    return await work();
  } finally {
    Object.defineProperty(process, "stdin", original);
  }
}

describe("standard input and output", () => {
  test.each(["parquet", "csv", "ndjson", "arrow", "arrows"] as const)(
    "%s comes in portions, and no copy stays behind",
    async (format) => {
      const sink = await createTable(at(`in.${format}`), table().schema);
      await sink.write(table());
      await sink.close();
      const before = readdirSync(tmpdir()).filter((name) => /^skewless-\w{6}$/.test(name)).length;
      const read = await withStdin(readFileSync(at(`in.${format}`)), () => readTable("-", { format }));
      expect(rows(read).map(([a, t]) => [a === null ? null : Number(a), t])).toEqual([
        [1, "x"],
        [null, null],
        [3, "é"],
      ]);
      expect(readdirSync(tmpdir()).filter((name) => /^skewless-\w{6}$/.test(name)).length).toBe(before);
    },
  );

  test.each(["parquet", "csv", "ndjson", "arrow", "arrows"] as const)("%s goes out whole", async (format) => {
    const pieces: Buffer[] = [];
    const output = new Writable({
      write: (piece: Buffer, _encoding, done) => (pieces.push(Buffer.from(piece)), done()),
    });
    const original = Object.getOwnPropertyDescriptor(process, "stdout") as PropertyDescriptor;
    Object.defineProperty(process, "stdout", { configurable: true, value: output });
    try {
      const sink = await createTable("-", table().schema, { format });
      await sink.write(table());
      await sink.close();
    } finally {
      Object.defineProperty(process, "stdout", original);
    }
    writeFileSync(at(`out.${format}`), Buffer.concat(pieces));
    expect((await readTable(at(`out.${format}`))).numRows).toBe(3);
  });

  test.skipIf(process.platform === "win32")("a named pipe is read as a file is", async () => {
    execFileSync("mkfifo", [at("pipe.csv")]);
    createWriteStream(at("pipe.csv")).end("a,b\n1,x\n");
    expect(rows(await readTable(at("pipe.csv")))).toEqual([[1n, "x"]]);
  });
});

describe("Arrow as others write it", () => {
  test("files and streams are told apart by their bytes", async () => {
    writeFileSync(at("stream.arrow"), tableToIPC(table(), "stream"));
    writeFileSync(at("file.arrows"), tableToIPC(table(), "file"));
    expect((await readTable(at("stream.arrow"))).numRows).toBe(3);
    expect((await readTable(at("file.arrows"))).numRows).toBe(3);
  });

  test("a stream without its final marker is whole, one without its last bytes is not", async () => {
    const bytes = tableToIPC(table(), "stream");
    writeFileSync(at("unmarked.arrows"), bytes.subarray(0, bytes.length - 8));
    expect((await readTable(at("unmarked.arrows"))).numRows).toBe(3);
    for (const missing of [1, 4, 5, 7, 9, 12, 40]) {
      writeFileSync(at("short.arrows"), bytes.subarray(0, bytes.length - missing));
      const cut = readTable(at("short.arrows"));
      if (missing === 4)
        expect((await cut.catch((e: unknown) => e)) instanceof Error || (await cut).numRows === 3).toBe(true);
      else await expect(cut, `without ${missing}`).rejects.toMatchObject({ code: "MALFORMED_FILE" });
    }
  });

  test("views become plain text and bytes, slices of them too", async () => {
    const texts = ["short", null, "a text of more than twelve bytes", "", "日本語のテキスト"];
    const bytes = texts.map((text) => (text === null ? null : new TextEncoder().encode(text)));
    const views = new Table({
      t: vectorFromArray(texts, new Utf8View()),
      b: vectorFromArray(bytes, new BinaryView()),
    });
    writeFileSync(at("views.arrow"), tableToIPC(views, "file"));
    const read = await readTable(at("views.arrow"), { batchRows: 2 });
    expect(read.schema.fields.map((f) => f.type.constructor)).toEqual([Utf8, Binary]);
    expect([...(read.getChild("t") ?? [])]).toEqual(texts);
    expect(
      [...(read.getChild("b") ?? [])].map((b: Uint8Array | null) => b && new TextDecoder().decode(b)),
    ).toEqual(texts);
    await expect(createTable(at("views2.arrow"), views.schema)).rejects.toMatchObject({
      code: "UNSUPPORTED_TYPE",
    });
  });

  test("dictionaries: shared, replaced in a stream, replaced in a file", async () => {
    const type = new Dictionary(new Utf8(), new Int32(), 7);
    const part = (...texts: (string | null)[]) =>
      new Table(new Schema([new Field("d", type, true)]), { d: vectorFromArray(texts, type) });
    const first = part("a", "b", null);
    const second = part("c", "a");
    const values = (read: Table) => [...(read.getChild("d") ?? [])];
    const stream = await createTable(at("dict.arrows"), first.schema);
    await stream.write(first);
    await stream.write(second);
    await stream.close();
    expect(values(await readTable(at("dict.arrows")))).toEqual(["a", "b", null, "c", "a"]);
    const file = await createTable(at("dict.arrow"), first.schema);
    await file.write(first);
    await file.write(first);
    await expect(file.write(second)).rejects.toMatchObject({ code: "SCHEMA_MISMATCH" });
    await file.abort();
    const parquet = await createTable(at("dict.parquet"), first.schema);
    await parquet.write(first);
    await parquet.write(second);
    await parquet.close();
    expect(values(await readTable(at("dict.parquet")))).toEqual(["a", "b", null, "c", "a"]);
  });

  test("metadata of the schema is kept", async () => {
    const schema = new Schema(table().schema.fields, new Map([["made by", "hand"]]));
    const sink = await createTable(at("meta.arrow"), schema);
    await sink.write(table());
    await sink.close();
    expect((await readTable(at("meta.arrow"))).schema.metadata.get("made by")).toBe("hand");
    const writer = new RecordBatchStreamWriter();
    writer.reset(undefined, schema);
    writer.close();
    writeFileSync(at("none.arrows"), await writer.toUint8Array());
    const none = await readTable(at("none.arrows"));
    expect([none.numRows, none.numCols]).toEqual([0, 2]);
  });
});

describe("LZ4 frames", () => {
  const frame = (flags: number, ...rest: number[]) =>
    Uint8Array.of(0x04, 0x22, 0x4d, 0x18, flags, 0x40, 0, ...rest);

  test("literals, an overlapping match, a stored block", () => {
    // "abc", then nine bytes from three back, then the literals "xyzzy" that every block ends with.
    const block = [0x35, 0x61, 0x62, 0x63, 3, 0, 0x50, 0x78, 0x79, 0x7a, 0x7a, 0x79];
    const packed = frame(0x40, block.length, 0, 0, 0, ...block, 2, 0, 0, 0x80, 0x21, 0x3f, 0, 0, 0, 0);
    expect(Buffer.from(decodeLz4Frame(packed)).toString()).toBe("abcabcabcabcxyzzy!?");
  });

  test("long literals and matches", () => {
    const literals = Array.from({ length: 300 }, (_, i) => i % 251);
    const block = [0xff, 255, 30, ...literals, 44, 1, 5, 0x10, 9];
    const unpacked = decodeLz4Frame(
      frame(0x40, block.length & 255, block.length >> 8, 0, 0, ...block, 0, 0, 0, 0),
    );
    expect(Array.from(unpacked)).toEqual([...literals, ...literals.slice(0, 24), 9]);
  });

  test("nonsense is refused", () => {
    expect(() => decodeLz4Frame(Uint8Array.of(1, 2, 3, 4, 5, 6, 7, 8))).toThrow("not an LZ4 frame");
    expect(() => decodeLz4Frame(frame(0x40, 9, 0, 0, 0, 1))).toThrow("truncated");
    expect(() => decodeLz4Frame(frame(0x40, 4, 0, 0, 0, 0x10, 0x61, 9, 0))).toThrow("before its beginning");
    expect(() => decodeLz4Frame(frame(0x40))).toThrow("truncated");
  });
});

test("bits at every alignment", () => {
  const source = Uint8Array.from({ length: 16 }, (_, i) => (i * 73 + 41) & 255);
  for (const from of [0, 1, 7, 8, 13]) {
    for (const to of [0, 3, 8, 9]) {
      for (const count of [0, 1, 7, 8, 9, 64, 70]) {
        const target = new Uint8Array(16);
        copyBits(source, from, target, to, count);
        for (let i = 0; i < 128; i++) {
          expect(getBit(target, i)).toBe(i >= to && i < to + count && getBit(source, from + i - to));
        }
        const ones = new Uint8Array(16);
        setBits(ones, to, count);
        expect(countOnes(ones, 128)).toBe(count);
        expect(countOnes(ones, to + count)).toBe(count);
      }
    }
  }
});
