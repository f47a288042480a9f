// Bytes of rows and keys: hostile ones, their order, their size.
import { describe, expect, test } from "vitest";
import { SkewlessError } from "../../src/errors.js";
import type { FeatureGroup } from "../../src/online/group.js";
import { codecOf } from "../../src/online/store/group-codec.js";
import { CHECKSUM_AT, checksum } from "../../src/online/store/layout.js";
import { memoryStore } from "../../src/online/store/memory.js";
import { schemaFromDescriptor, schemaOf } from "../../src/online/store/schema.js";
import type { StoredRow } from "../../src/online/store/store.js";
import { t, type AnyInputType } from "../../src/types/input-type.js";

const group = {
  name: "g",
  keys: { k: t.int64() },
  features: { a: t.float64(), s: t.utf8().nullable(), l: t.list(t.utf8()), f: t.fixedSizeList(t.float32(), 3), n: t.list(t.int64()), b: t.bool() },
} satisfies FeatureGroup;
const values = { a: 1.5, s: "text", l: ["one", null, "three"], f: [1, null, 3], n: [1n, 2n], b: true };
const codec = codecOf(group);
const row = codec.encode({ keys: {}, values, eventTime: 12 }, 0).bytes;

function decode(bytes: Buffer, length = bytes.length): StoredRow | undefined {
  return codec.reader(undefined).read(new DataView(bytes.buffer, bytes.byteOffset, bytes.length), bytes, length, 0, () => undefined);
}
/** Makes the checksum right again, as a forger would. */
function sealed(bytes: Buffer): Buffer {
  bytes.writeUInt32LE(checksum(new DataView(bytes.buffer, bytes.byteOffset, bytes.length), bytes.length), CHECKSUM_AT);
  return bytes;
}
let seed = 20241124;
const random = (below: number): number => Math.floor(((seed = (seed * 48271) % 2147483647) / 2147483647) * below);

describe("rows", () => {
  test("are read where they lie, whatever is around them", () => {
    const around = Buffer.alloc(row.length + 100, 0xee);
    row.copy(around, 13);
    expect(decode(around.subarray(13), row.length)).toEqual(decode(row));
    expect(decode(row)?.values).toStrictEqual({ ...values, n: BigInt64Array.of(1n, 2n) });
  });

  test("every changed bit and every cut is found", () => {
    for (let bit = 0; bit < row.length * 8; bit++) {
      const bytes = Buffer.from(row);
      bytes[bit >> 3] = (bytes[bit >> 3] as number) ^ (1 << (bit & 7));
      expect(() => decode(bytes)).toThrow(expect.objectContaining({ code: "STORE_CORRUPT" }) as Error);
    }
    for (let length = 0; length < row.length; length++) {
      expect(() => decode(row.subarray(0, length))).toThrow(expect.objectContaining({ code: "STORE_CORRUPT" }) as Error);
    }
    expect(() => decode(Buffer.concat([row, Buffer.alloc(4)]))).toThrow(expect.objectContaining({ code: "STORE_CORRUPT" }) as Error);
  });

  test("forged bytes of a right checksum give values or STORE_CORRUPT, and never memory that they only claim", () => {
    let refused = 0;
    for (let i = 0; i < 20_000; i++) {
      const bytes = Buffer.from(row);
      for (let n = 0; n <= random(4); n++) {
        // Offsets and counts are what matters: whole words of extremes.
        const at = 24 + 4 * random((row.length - 24) / 4);
        if (random(2) === 0) bytes.writeUInt32LE([0, 1, 0x7fffffff, 0x80000000, 0xffffffff, row.length][random(6)] as number, at);
        else bytes[at + random(4)] = random(256);
      }
      try {
        decode(sealed(bytes));
      } catch (error) {
        refused++;
        expect(error).toBeInstanceOf(SkewlessError);
        expect((error as SkewlessError).code).toBe("STORE_CORRUPT");
      }
    }
    expect(refused).toBeGreaterThan(5000);
    for (let i = 0; i < 20_000; i++) {
      const bytes = Buffer.from(Array.from({ length: 4 * random(40) }, () => random(256)));
      expect(() => decode(bytes)).toThrow(expect.objectContaining({ code: "STORE_CORRUPT" }) as Error);
    }
  });

  test("text that is no UTF-8, a list of another length, an event time that is no number", () => {
    const at = row.indexOf("text");
    const broken = Buffer.from(row);
    broken[at] = 0xff;
    expect(() => decode(sealed(broken))).toThrow(/not UTF-8/);
    const replaced = codec.encode({ keys: {}, values: { ...values, s: "a\ufffdb" }, eventTime: 1 }, 0).bytes;
    expect(decode(replaced)?.values["s"]).toBe("a\ufffdb");
    const time = Buffer.from(row);
    time.writeDoubleLE(NaN, 16);
    expect(() => decode(sealed(time))).toThrow(/event time/);
    const other = { ...group, features: { ...group.features, f: t.fixedSizeList(t.float32(), 4) } };
    expect(() => codecOf(other).encode({ keys: {}, values }, 3)).toThrow(expect.objectContaining({ code: "WRONG_TYPE", path: ["f"], row: 3 }) as Error);
  });

  test("are compact: slots, 24 bytes, null bits and a descriptor kept apart", () => {
    const ten: FeatureGroup = { name: "t", keys: { k: t.int64() }, features: Object.fromEntries(Array.from({ length: 10 }, (_, i) => [`f${i}`, t.float64()])) };
    expect(codecOf(ten).encode({ keys: {}, values: Object.fromEntries(Array.from({ length: 10 }, (_, i) => [`f${i}`, i])) }, 0).bytes).toHaveLength(24 + 4 + 80);
  });
});

describe("schemas", () => {
  test("of the same stored types are the same: nullability and zones change nothing", () => {
    const make = (features: Record<string, AnyInputType>): string => schemaOf({ name: "x", keys: { k: t.int64() }, features }).id;
    const plain = make({ a: t.timestamp("ms"), l: t.list(t.timestamp("ns")) });
    expect(make({ a: t.timestamp("ms", "Europe/Paris").nullable(), l: t.list(t.timestamp("ns", "UTC")) })).toBe(plain);
    expect(make({ a: t.timestamp("us"), l: t.list(t.timestamp("ns")) })).not.toBe(plain);
    expect(make({ l: t.list(t.timestamp("ns")), a: t.timestamp("ms") })).not.toBe(plain);
  });

  test("are read back from their descriptors only", () => {
    const schema = schemaOf(group);
    expect(schemaFromDescriptor(schema.id, schema.descriptor)).toEqual({ ...schema, types: expect.anything() as unknown });
    for (const text of ["", "{}", "[1]", '[["a"]]', '[["a","nonsense"]]', '[["a","float64"]]', "[".repeat(1e5)]) expect(schemaFromDescriptor(schema.id, text)).toBeUndefined();
  });
});

describe("keys", () => {
  test("compare as bytes as their tuples do", () => {
    const order = { name: "o", keys: { i: t.int64(), s: t.utf8(), d: t.date32() }, features: {} } satisfies FeatureGroup;
    const key = codecOf(order).key;
    const integers = [-(2n ** 63n), -(2n ** 53n), -4294967297, -4294967296, -256, -1, 0, 1, 255, 4294967295, 4294967296, 2 ** 53 - 1, 2n ** 53n, 2n ** 63n - 1n];
    const texts = ["", "\0", "\0\0", "\0a", "\u0001", "a", "a\0", "a\0b", "a\u0001", "aa", "b", "é", "ﬀ", "𝄞"];
    const dates = [-5, 0, 7];
    const keys = integers.flatMap((i) => texts.flatMap((s) => dates.map((d) => key.bytes({ i, s, d }))));
    for (let n = 1; n < keys.length; n++) expect(Buffer.compare(keys[n - 1] as Buffer, keys[n] as Buffer)).toBe(-1);
    expect(key.text({ i: 5, s: "é", d: 0 })).toBe(key.bytes({ i: 5n, s: "é", d: new Date(3_600_000) }).toString("latin1"));
  });

  test("types that cannot be keys, names that cannot be groups'", () => {
    for (const type of [t.float64(), t.float32(), t.list(t.int64())]) expect(() => codecOf({ name: "g", keys: { k: type }, features: {} })).toThrow(expect.objectContaining({ code: "INVALID_DEFINITION" }) as Error);
    expect(() => codecOf({ name: "", keys: { k: t.int64() }, features: {} })).toThrow(/name/);
    expect(() => codecOf({ name: "\ud800", keys: { k: t.int64() }, features: {} })).toThrow(/surrogate/);
    expect(() => codecOf({ name: "g", keys: {}, features: {} })).toThrow(/keys/);
    expect(() => codecOf({ name: "g", keys: { k: t.int64() }, features: {}, ttlSeconds: 0 })).toThrow(/time to live/);
    // What every object inherits is no key.
    expect(() => codecOf({ name: "g", keys: { toString: t.utf8() }, features: {} }).key.bytes({})).toThrow(expect.objectContaining({ code: "MISSING_INPUT" }) as Error);
  });
});

describe("the bounded memory store", () => {
  test("drops what was used longest ago", async () => {
    const store = memoryStore({ maxRows: 3 });
    const put = (k: number): Promise<unknown> => store.put(group, [{ keys: { k }, values }]);
    const has = (k: number): boolean => store.get([{ group, keys: [{ k }] }])[0]?.[0] !== undefined;
    for (const k of [1, 2, 3]) await put(k);
    expect(has(1)).toBe(true);
    await put(4);
    expect([2, 3, 1, 4].map(has)).toEqual([false, true, true, true]);
    await put(3);
    await put(5);
    expect([1, 3, 4, 5].map(has)).toEqual([false, true, true, true]);
    expect(store.size).toBe(3);
    for (const maxRows of [0, -1, 1.5, NaN]) expect(() => memoryStore({ maxRows })).toThrow(expect.objectContaining({ code: "INVALID_PARAMETER" }) as Error);
  });

  test("purges what has expired", async () => {
    const store = memoryStore();
    const short = { ...group, ttlSeconds: 1 };
    await store.put(short, [1, 2, 3].map((k) => ({ keys: { k }, values, eventTime: k === 2 ? 5 : Date.now() })));
    expect(store.size).toBe(3);
    expect(await store.purge()).toBe(1);
    expect(store.size).toBe(2);
  });
});
