// The add-on's functions called directly, as nobody should: wrong arguments, foreign objects, damaged bytes and
// buffers. Each must answer with an error; a crash ends the test run.
import { describe, expect, test } from "vitest";
import { createRequire } from "node:module";
import { defineFeatures, t, type Plan } from "../../src/index.js";
import { addon, type Addon, type NativeBatchOptions, type NativeBatchResult, type NativeColumn, type NativePlan, type NativeRowRunner } from "../../src/native.js";
import { encodePlan } from "../../src/plan/encode.js";

const native = addon();
const loose = native as unknown as Record<keyof Addon, (...args: unknown[]) => unknown>;

function planOf(): Plan {
  return defineFeatures({
    inputs: { x: t.float64(), s: t.utf8().nullable(), l: t.list(t.float64()), at: t.timestamp("ms", "Europe/Paris"), b: t.bool() },
    features: ({ x, s, l, at, b }) => ({ x: x.add(1), n: s.length(), sum: l.sum(), hour: at.hour(), b, in: x.isIn([1, 2]), bucket: s.hashBucket(7), name: s.as("utf8"), cat: s.categoryIndex(["a", "b"]) }),
  }).compile().plan;
}
const plan = planOf();
const bytes = encodePlan(plan);
const compiled = native.compile(bytes, "baseline");

/** An Error, of whatever kind; never a value. */
function refused(body: () => unknown): Error {
  let value: unknown;
  try {
    value = body();
  } catch (error) {
    expect(error).toBeInstanceOf(Error);
    return error as Error;
  }
  throw new Error(`no error, but ${String(value)}`);
}

const junk: readonly unknown[] = [undefined, null, 0, -1, 1.5, NaN, 2 ** 53, 10n, "", "plan", true, Symbol("s"), {}, [], () => 1, new Date(), new Uint8Array(0), new ArrayBuffer(8), new Map(), new Proxy({}, {})];

describe("wrong arguments", () => {
  test("compile", () => {
    refused(() => loose.compile());
    for (const value of junk) {
      refused(() => loose.compile(value, "baseline"));
      refused(() => loose.compile(bytes, value));
    }
    for (const view of [new Uint16Array(bytes.buffer, 0, 4), new DataView(bytes.buffer), new Int8Array(bytes)]) refused(() => loose.compile(view, "baseline"));
    refused(() => loose.compile(bytes, "sse9"));
    refused(() => loose.compile(bytes, "x".repeat(1_000_000)));
  });
  test("rowRunner", () => {
    refused(() => loose.rowRunner());
    for (const value of junk) refused(() => loose.rowRunner(value, 1));
    for (const capacity of [undefined, null, 0, 1025, NaN, "1", {}, Infinity]) refused(() => loose.rowRunner(compiled, capacity));
  });
  test("batch and batchAsync", () => {
    const columns = [null, null, null, null, null];
    const control = new Int32Array(2);
    for (const run of [loose.batch, (...args: unknown[]) => loose.batchAsync(...args, control)]) {
      refused(() => run());
      for (const value of junk) {
        refused(() => run(value, columns, 0, { threads: 1 }));
        refused(() => run(compiled, value, 0, { threads: 1 }));
        if (value !== 0) refused(() => run(compiled, columns, value, { threads: 1 }));
        refused(() => run(compiled, columns, 0, value));
        refused(() => run(compiled, [value, value, value, value, value], 1, { threads: 1 }));
        refused(() => run(compiled, columns, 0, { threads: value }));
      }
      refused(() => run(compiled, [], 0, { threads: 1 }));
      refused(() => run(compiled, [...columns, null], 0, { threads: 1 }));
    }
    for (const value of junk) refused(() => loose.batchAsync(compiled, columns, 0, { threads: 1 }, value));
    refused(() => loose.batchAsync(compiled, goodColumns(), 2, { threads: 1 }, new Int32Array(1)));
    refused(() => loose.batchAsync(compiled, goodColumns(), 2, { threads: 1 }, new Uint32Array(2)));
  });
  test("foreign objects do not pass for a plan", () => {
    const runner = native.rowRunner(compiled, 1);
    // An external of Node's own, where there is one.
    const foreign: unknown[] = [runner, runner.exchange, runner.runVector, native, Object.create(compiled), createRequire(import.meta.url)];
    for (const value of foreign) {
      refused(() => loose.rowRunner(value, 1));
      refused(() => loose.batch(value, [], 0, { threads: 1 }));
    }
    // A plan has no members, and nothing can be hung on a copy of it.
    expect(Object.keys(compiled)).toEqual([]);
  });
  test("properties that throw", () => {
    const own = new Error("of the getter");
    const column = {
      get type(): number {
        throw own;
      },
    };
    expect(() => loose.batch(compiled, [column, column, column, column, column], 1, { threads: 1 })).toThrow(own);
    expect(() =>
      loose.batch(compiled, goodColumns(), 2, {
        get threads(): number {
          throw own;
        },
      }),
    ).toThrow(own);
  });
});

test("every function survives any arguments", () => {
  const views = [Float64Array.of(1, NaN, 3), Int32Array.of(0, 1, 2, 3), new BigInt64Array(3), Uint8Array.of(255), new Float32Array(2), new Float64Array(0), new Uint8Array(new ArrayBuffer(16), 3, 9)];
  const gone = Float64Array.of(1, 2, 3);
  structuredClone(gone.buffer, { transfer: [gone.buffer] });
  const values: readonly unknown[] = [...junk, ...views, gone, 1, 3, 8, 1000, 2 ** 31, 2 ** 40, -(2 ** 31), compiled, goodColumns(), goodColumns()[0], goodColumns()[1], { type: 10, length: 3, values: views[0] }, views.map((view) => [view]), "float64", "int64", "utf8"];
  let seed = 1;
  const pick = (): unknown => {
    seed = (Math.imul(seed, 1664525) + 1013904223) >>> 0;
    return values[(seed >>> 8) % values.length];
  };
  const names = Object.keys(native).filter((name) => typeof loose[name as keyof Addon] === "function");
  expect(names).toContain("compile");
  for (const name of names) {
    for (let i = 0; i < (name === "catalogue" ? 10 : 3000); i++) {
      const args = Array.from({ length: i % 7 }, pick);
      try {
        const result: unknown = loose[name as keyof Addon](...args);
        if (result instanceof Promise) result.catch(() => undefined);
      } catch (error) {
        expect(error).toBeInstanceOf(Error);
      }
    }
  }
});

describe("plan bytes", () => {
  test("cut at every byte", () => {
    for (let end = 0; end < bytes.length; end++) {
      expect((refused(() => native.compile(bytes.slice(0, end), "baseline")) as { code?: string }).code).toBe("INVALID_PLAN");
    }
    const longer = new Uint8Array(bytes.length + 1);
    longer.set(bytes);
    expect((refused(() => native.compile(longer, "baseline")) as { code?: string }).code).toBe("INVALID_PLAN");
  });
  test("every byte turned: an error with a code, or a plan that runs", () => {
    let refusals = 0;
    for (let at = 0; at < bytes.length; at++) {
      for (const mask of [0x01, 0x80, 0xff]) {
        const turned = bytes.slice();
        turned[at] = (turned[at] as number) ^ mask;
        let damaged: NativePlan;
        try {
          damaged = native.compile(turned, "baseline");
        } catch (error) {
          expect((error as { code?: string }).code).toMatch(/^(INVALID_PLAN|INVALID_PARAMETER|UNKNOWN_FUNCTION|SEMANTICS_CHANGED|OUT_OF_MEMORY)$/);
          refusals++;
          continue;
        }
        const runner = native.rowRunner(damaged, 2);
        runner.runVector();
        runner.runValues();
        try {
          runner.runRows(2);
        } catch (error) {
          // another type of output than float32
          expect(error).toBeInstanceOf(TypeError);
        }
      }
    }
    expect(refusals).toBeGreaterThan(bytes.length);
  });
  test("outputs without end", () => {
    // Two million outputs of one input: their vectors would not fit 32-bit offsets of an exchange buffer.
    const count = 2_000_000;
    const many = new Uint8Array(8 + 4 + 2 + 4 + 4 + count * 5);
    const view = new DataView(many.buffer);
    view.setUint32(0, 0x4c504b53, true);
    view.setUint32(4, 1, true);
    view.setUint32(8, 1, true);
    view.setUint32(18, count, true);
    const wide = native.compile(many, "baseline");
    refused(() => native.rowRunner(wide, 1024));
  });
  test("in a detached or shared buffer", () => {
    const gone = bytes.slice();
    structuredClone(gone.buffer, { transfer: [gone.buffer] });
    refused(() => native.compile(gone, "baseline"));
    const shared = new Uint8Array(new SharedArrayBuffer(bytes.length));
    shared.set(bytes);
    native.rowRunner(native.compile(shared, "baseline"), 1);
  });
});

function goodColumns(): NativeColumn[] {
  const common = { offset: 0, length: 2, validityOffset: 0 };
  return [
    { ...common, type: 10, values: Float64Array.of(1, 2) },
    { ...common, type: 12, values: Uint8Array.of(97, 98), offsets: Int32Array.of(0, 1, 2) },
    { ...common, type: 15, offsets: Int32Array.of(0, 1, 3), child: { ...common, length: 3, type: 10, values: Float64Array.of(1, 2, 3) } },
    { ...common, type: 3, values: BigInt64Array.of(0n, 1n) },
    { ...common, type: 11, values: Uint8Array.of(1) },
  ];
}
const run = (columns: readonly unknown[], rows = 2, options: NativeBatchOptions = { threads: 1 }): NativeBatchResult => native.batch(compiled, columns as NativeColumn[], rows, options);
/** Good columns with one changed. */
const changed = (index: number, change: Record<string, unknown>): unknown[] => goodColumns().map((column, i) => (i === index ? { ...column, ...change } : column));

describe("columns", () => {
  test("that are good", () => {
    expect(run(goodColumns()).failure).toBeUndefined();
  });
  const huge = [2 ** 40, 2 ** 41, 2 ** 53 - 1];
  test("with numbers out of range", () => {
    for (const index of [0, 1, 2, 3, 4]) {
      for (const value of [-1, 1.5, NaN, Infinity, 2 ** 53, "1", null, undefined, {}]) {
        for (const key of ["offset", "length", "type"]) refused(() => run(changed(index, { [key]: value })));
      }
      for (const value of [...(index === 4 ? [7, 8] : [1, 2]), 100, ...huge]) refused(() => run(changed(index, { offset: value })));
      for (const value of [0, 1, 3, ...huge]) refused(() => run(changed(index, { length: value })));
      for (const value of [18, 255, 256, 2 ** 32]) refused(() => run(changed(index, { type: value })));
      for (const value of [0, 5, ...huge]) refused(() => run(goodColumns(), 2 + value + 1));
    }
  });
  test("with validity too short or far away", () => {
    const validity = Uint8Array.of(0xff);
    for (const index of [0, 1, 2, 3, 4]) {
      expect(run(changed(index, { validity, validityOffset: 6 })).failure).toBeUndefined();
      for (const validityOffset of [7, 8, 1000, ...huge, -1, NaN, "0"]) refused(() => run(changed(index, { validity, validityOffset })));
      refused(() => run(changed(index, { validity: [255] })));
    }
  });
  test("with buffers too short, unaligned or of another kind", () => {
    for (const values of [Float64Array.of(1), new Uint8Array(15), new Uint8Array(new ArrayBuffer(24), 1, 16), [1, 2], "ab", new ArrayBuffer(16), new DataView(new ArrayBuffer(16))]) refused(() => run(changed(0, { values })));
    refused(() => run(changed(0, { values: undefined })));
    for (const offsets of [Int32Array.of(0, 1), new Uint8Array(11), new Uint8Array(new ArrayBuffer(16), 1, 12), undefined, []]) refused(() => run(changed(1, { offsets })));
    for (const offsets of [Int32Array.of(0, 1), undefined]) refused(() => run(changed(2, { offsets })));
    refused(() => run(changed(4, { values: new Uint8Array(0) })));
    refused(() => run(changed(1, { type: 13 }))); // large: int32 offsets are too few
  });
  test("with offsets that descend or lie outside: a failure with its row", () => {
    const failures = (index: number, offsets: readonly number[]): unknown => {
      const { failure } = run(changed(index, { offsets: Int32Array.from(offsets) }));
      return [failure?.code, failure?.row, failure?.input];
    };
    for (const index of [1, 2]) {
      expect(failures(index, [0, 2, 1])).toEqual(["INVALID_ARROW", 1, index]);
      expect(failures(index, [-1, 0, 1])).toEqual(["INVALID_ARROW", 0, index]);
      expect(failures(index, [0, 1, 1000])).toEqual(["INVALID_ARROW", 1, index]);
      expect(failures(index, [0, 1, 0x7fffffff])).toEqual(["INVALID_ARROW", 1, index]);
      expect(failures(index, [-0x80000000, 1, 2])).toEqual(["INVALID_ARROW", 0, index]);
    }
  });
  test("with children missing, too short, nested without end", () => {
    for (const child of [undefined, null, {}, { type: 10 }, { ...goodColumns()[0], values: new Float64Array(1), length: 3 }, { ...goodColumns()[1] }]) refused(() => run(changed(2, { child })));
    let deep: unknown = goodColumns()[0];
    for (let i = 0; i < 1000; i++) deep = { ...goodColumns()[2], child: deep };
    refused(() => run(changed(2, { child: deep })));
    const circle: Record<string, unknown> = { ...goodColumns()[2] };
    circle["child"] = circle;
    refused(() => run(changed(2, { child: circle })));
    for (const listSize of [2, 1000, 2 ** 31, 2 ** 40, -1, NaN, "1"]) refused(() => run(changed(2, { type: 16, listSize })));
  });
  test("with dictionaries that do not fit", () => {
    const dictionary = { type: 12, offset: 0, length: 2, validityOffset: 0, values: Uint8Array.of(97, 98), offsets: Int32Array.of(0, 1, 2) };
    const column = { type: 14, indexType: 2, values: Int32Array.of(0, 1), child: dictionary };
    expect(run(changed(1, column)).failure).toBeUndefined();
    for (const index of [2, -1, 0x7fffffff, -0x80000000]) {
      const { failure } = run(changed(1, { ...column, values: Int32Array.of(0, index) }));
      expect([failure?.code, failure?.row]).toEqual(["INVALID_ARROW", 1]);
    }
    for (const indexType of [8, 11, 14, 255, -1, "2", undefined]) refused(() => run(changed(1, { ...column, indexType })));
    refused(() => run(changed(1, { ...column, values: Int32Array.of(0) })));
    refused(() => run(changed(1, { ...column, child: undefined })));
    refused(() => run(changed(1, { ...column, child: { ...dictionary, offsets: Int32Array.of(0, 5, 2) } })));
    refused(() => run(changed(1, { ...column, child: { ...dictionary, values: Uint8Array.of(0xff, 0xff) } })));
    refused(() => run(changed(1, { ...column, child: { ...column } })));
    refused(() => run(changed(1, { ...column, child: goodColumns()[0] })));
  });
  test("in detached buffers", () => {
    for (const index of [0, 1, 2, 3, 4]) {
      const columns = goodColumns();
      const column = columns[index] as NativeColumn;
      const buffer = (column.offsets ?? column.values)?.buffer as ArrayBuffer;
      structuredClone(buffer, { transfer: [buffer] });
      refused(() => run(columns));
    }
  });
});

describe("matrix", () => {
  const single = native.compile(encodePlan(defineFeatures({ inputs: { x: t.float64() }, features: ({ x }) => ({ x, y: x.add(1) }) }).compile().plan), "baseline");
  const columns = [goodColumns()[0]] as NativeColumn[];
  test("must hold the rows", () => {
    const fill = (matrix: unknown, firstRow: unknown = 0): unknown => loose.batch(single, columns, 2, { threads: 1, matrix, firstRow });
    const matrix = new Float32Array(6);
    fill(matrix, 1);
    expect([...matrix]).toEqual([0, 0, 1, 2, 2, 3]);
    for (const firstRow of [2, 100, 2 ** 40, 2 ** 53 - 1, -1, 0.5, NaN, "0", undefined === null ? 0 : {}]) refused(() => fill(matrix, firstRow));
    for (const other of [new Float32Array(3), new Float64Array(4), new Int32Array(4)]) refused(() => fill(other));
    const gone = new Float32Array(6);
    structuredClone(gone.buffer, { transfer: [gone.buffer] });
    refused(() => fill(gone));
  });
  test("is refused where an output is not float32", () => {
    refused(() => run(goodColumns(), 2, { threads: 1, matrix: new Float32Array(100), firstRow: 0 }));
  });
});

describe("a row runner", () => {
  const header = (runner: NativeRowRunner): Int32Array => new Int32Array(runner.exchange, 0, 8);
  const floats = native.compile(encodePlan({ ...plan, outputs: plan.outputs.filter((output) => output.type === "float32") }), "baseline");
  const make = (heap?: ArrayBuffer, of = floats): NativeRowRunner => {
    const runner = native.rowRunner(of, 4);
    if (heap !== undefined) runner.setHeap(heap);
    return runner;
  };
  const vectors = native.compile(encodePlan(defineFeatures({ inputs: { s: t.utf8(), l: t.list(t.utf8()) }, features: ({ s, l }) => ({ n: s.length(), l: l.size() }) }).compile().plan), "baseline");

  test("whose plan has other outputs than float32 runs no rows by batch kernels", () => {
    const runner = make(undefined, compiled);
    expect(refused(() => runner.runRows(1))).toBeInstanceOf(TypeError);
    expect(make().runRows(0)).toBe(true);
  });
  test.each([["float32", floats], ["mixed", compiled]] as const)("of %s outputs without a heap, with a tiny one, with garbage: a failure, never a crash", (_, of) => {
    for (const heap of [undefined, new ArrayBuffer(0), new ArrayBuffer(1), new ArrayBuffer(64)]) {
      const runner = make(heap, of);
      const words = new Uint32Array(runner.exchange);
      let seed = 1;
      for (let round = 0; round < 200; round++) {
        for (let i = 0; i < words.length; i++) {
          seed = (Math.imul(seed, 1664525) + 1013904223) >>> 0;
          words[i] = round % 4 === 0 ? seed : (seed >>> 8) % 80;
        }
        runner.runVector();
        if (runner.runValues()) runner.text(7);
        if (of === floats) runner.runRows(4);
      }
    }
  });
  test("texts and lists outside the heap name the input", () => {
    const runner = native.rowRunner(vectors, 1);
    runner.setHeap(new ArrayBuffer(16));
    const words = new Uint32Array(runner.exchange);
    const at = runner.layout.rows / 4;
    const cases: readonly [readonly number[], number][] = [
      [[17, 0, 0, 0, 0, 0, 0xffffffff], 1],
      [[0, 17, 0, 0, 0, 0, 0xffffffff], 1],
      [[0xffffffff, 0xffffffff, 0, 0, 0, 0, 0xffffffff], 1],
      [[0, 0, 0, 0, 0, 3, 0xffffffff], 2],
      [[0, 0, 0, 0, 4, 1, 0xffffffff], 2],
      [[0, 0, 0, 0, 0, 0x40000000, 0xffffffff], 2],
      [[0, 0, 0, 0, 0, 1, 16], 2],
    ];
    for (const [row, input] of cases) {
      words.set(row, at);
      expect(runner.runVector()).toBe(false);
      expect(header(runner)[3]).toBe(input);
      expect(runner.runRows(1)).toBe(false);
      expect(header(runner)[3]).toBe(input);
    }
    words.set([0, 1, 0, 0, 0, 0, 0xffffffff], at);
    expect(runner.runVector()).toBe(true);
  });
  test("null where the input is not nullable", () => {
    const runner = native.rowRunner(vectors, 1);
    new Uint8Array(runner.exchange)[runner.layout.rows + runner.layout.states] = 1;
    new Uint32Array(runner.exchange)[runner.layout.rows / 4 + 6] = 0xffffffff;
    expect(runner.runVector()).toBe(false);
    expect([...header(runner).subarray(2, 4)]).toEqual([1, 1]);
    expect(runner.runRows(1)).toBe(false);
    expect([...header(runner).subarray(2, 4)]).toEqual([1, 1]);
  });
  test("wrong arguments of its functions", () => {
    const runner = make();
    const any = runner as unknown as Record<string, (...args: unknown[]) => unknown>;
    for (const value of [...junk.filter((v) => v !== 0 && !(v instanceof ArrayBuffer)), 5, 2 ** 32]) {
      // A number is taken modulo 2^32, as Node-API does.
      if (typeof value !== "number" || value === 5) refused(() => any["runRows"]?.(value));
      refused(() => any["setHeap"]?.(value));
      expect(any["text"]?.(value)).toBe("");
    }
    for (const name of ["runRows", "setHeap"]) refused(() => any[name]?.());
    // Their `this` means nothing to them.
    expect(any["runVector"]?.call({})).toBeTypeOf("boolean");
  });
  test("lives as long as one of its functions", () => {
    let { runVector } = make(new ArrayBuffer(64));
    (globalThis as { gc?: () => void }).gc?.();
    expect(runVector()).toBeTypeOf("boolean");
    runVector = () => true;
  });
});
