// The add-on's functions for models called directly, as nobody should: wrong arguments, foreign handles, tensors that lie.
// Each must answer with an error; a crash ends the test run.
import { describe, expect, test } from "vitest";
import { addon, type Addon, type NativeOrtOptions } from "../../src/native.js";
import { loadLibrary } from "../../src/scorer/onnxruntime/library.js";
import { nativeSessionOptions } from "../../src/scorer/onnxruntime/session-options.js";
import { dense, identities, loop, TYPES, NUMBERS } from "../support/onnx-models.js";

const native = addon();
const loose = native as unknown as Record<keyof Addon, (...args: unknown[]) => unknown>;
const options = nativeSessionOptions();
const library = loadLibrary().handle;
const session = native.ortSession(library, dense(), options);
const tensor = (dims: readonly number[] = [1, 4]): { type: number; dims: readonly number[]; data: Float32Array } => ({ type: 1, dims, data: new Float32Array(dims.reduce((a, b) => a * b, 1)) });

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

const junk: readonly unknown[] = [undefined, null, 0, -1, 1.5, NaN, 2 ** 53, 10n, "", "x", true, Symbol("s"), {}, [], () => 1, new Date(), new Uint8Array(0), new ArrayBuffer(8), new Map(), new Proxy({}, {})];

describe("wrong arguments", () => {
  test("ortLibrary", () => {
    for (const value of junk) refused(() => loose.ortLibrary(value));
    refused(() => loose.ortLibrary());
    refused(() => loose.ortLibrary("/dev/null"));
    refused(() => loose.ortLibrary("x".repeat(1_000_000)));
  });
  test("ortSession", () => {
    for (const value of [...junk, session.handle]) {
      refused(() => loose.ortSession(value, dense(), options));
      refused(() => loose.ortSession(library, value, options));
      refused(() => loose.ortSession(library, dense(), value));
    }
    for (const key of Object.keys(options) as (keyof NativeOrtOptions)[]) {
      for (const value of junk) {
        if (typeof value === typeof options[key] && !(typeof value === "number" && !(value >= 0 && value <= 99 && Number.isInteger(value)))) continue;
        if (Array.isArray(options[key]) && Array.isArray(value)) continue;
        refused(() => loose.ortSession(library, dense(), { ...options, [key]: value }));
      }
    }
    refused(() => loose.ortSession(library, dense(), { ...options, freeDimensions: ["N", "3"] }));
    refused(() => loose.ortSession(library, dense(), { ...options, config: ["a", 3] }));
    refused(() => loose.ortSession(library, new Uint16Array(dense().buffer.slice(0, 8)), options));
  });
  test("ortRun and ortRunAsync", () => {
    const rows = new Int32Array(new SharedArrayBuffer(4));
    const run = [(...args: unknown[]) => loose.ortRun(...args, 0), (...args: unknown[]) => loose.ortRunAsync(...args, { threads: 1, chunkRows: 0 }, rows)];
    for (const call of run) {
      for (const value of [...junk, library]) {
        refused(() => call(value, [tensor()]));
        refused(() => call(session.handle, value));
        refused(() => call(session.handle, [value]));
        refused(() => call(session.handle, [{ ...tensor(), dims: value }]));
        refused(() => call(session.handle, [{ ...tensor(), data: value }]));
        refused(() => call(session.handle, [{ ...tensor(), type: value }]));
        refused(() => call(session.handle, [{ ...tensor(), dims: [1, value] }]));
      }
      refused(() => call(session.handle, [tensor(), tensor()]));
      // Sizes that the data do not have, or whose product overflows.
      for (const dims of [[2, 4], [1, 3], [2 ** 40, 2 ** 40], [2 ** 40, 2 ** 40, 0, 4], Array<number>(300).fill(1), [4]]) {
        if (dims.includes(0)) continue;
        const error = refused(() => {
          const result = call(session.handle, [{ type: 1, dims, data: new Float32Array(4) }]);
          // One axis too few is for ONNX Runtime to find.
          if (dims.length === 1) throw new Error("later", { cause: (result as { promise?: Promise<unknown> }).promise?.catch(() => undefined) });
        });
        expect(error.message).not.toBe("");
      }
      refused(() => call(session.handle, [{ type: 1, dims: [1, 4], data: new Uint8Array(4) }]));
      refused(() => call(session.handle, [{ type: 1, dims: [1, 2], data: new Float64Array(4) }]));
      refused(() => call(session.handle, [{ type: 8, dims: [1, 4], data: ["a", "b", "c"] }]));
      refused(() => call(session.handle, [{ type: 8, dims: [1, 4], data: ["a", "b", "c", 4] }]));
      const moved = new Float32Array(4);
      structuredClone(moved, { transfer: [moved.buffer] });
      refused(() => call(session.handle, [{ type: 1, dims: [1, 4], data: moved }]));
    }
    for (const value of [undefined, null, -1, NaN, "1", 1e13]) refused(() => loose.ortRun(session.handle, [tensor()], value));
    for (const value of junk) {
      refused(() => loose.ortRunAsync(session.handle, [tensor()], value, rows));
      refused(() => loose.ortRunAsync(session.handle, [tensor()], { threads: 1, chunkRows: 0 }, value));
      if (value !== 0) refused(() => loose.ortRunAsync(session.handle, [tensor()], { threads: 1, chunkRows: value }, rows));
      refused(() => loose.ortRunAsync(session.handle, [tensor()], { threads: value, chunkRows: 0 }, rows));
    }
    refused(() => loose.ortRunAsync(session.handle, [tensor()], { threads: 1, chunkRows: 0 }, new Int32Array(0)));
  });
  test("tensors of another type or shape than the model's", async () => {
    for (const type of TYPES) {
      if (type === "float32") continue;
      const data = { float64: new Float64Array(4), float16: new Uint16Array(4), int8: new Int8Array(4), uint8: new Uint8Array(4), int16: new Int16Array(4), uint16: new Uint16Array(4), int32: new Int32Array(4), uint32: new Uint32Array(4), int64: new BigInt64Array(4), uint64: new BigUint64Array(4), bool: new Uint8Array(4), string: ["a", "b", "c", "d"] }[type];
      const wrong = { type: NUMBERS[type], dims: [1, 4], data };
      refused(() => native.ortRun(session.handle, [wrong], 0));
      refused(() => native.ortRun(session.handle, [wrong], 1_000_000));
      await expect(native.ortRunAsync(session.handle, [wrong], { threads: 1, chunkRows: 0 }, new Int32Array(1)).promise).rejects.toThrow();
    }
    for (const dims of [[], [4], [1, 1, 4], [4, 1], [1, 0]]) {
      const wrong = tensor(dims);
      refused(() => native.ortRun(session.handle, [wrong], 0));
    }
    // Splitting needs rows.
    refused(() => native.ortRunAsync(session.handle, [{ type: 1, dims: [], data: new Float32Array(1) }], { threads: 1, chunkRows: 1 }, new Int32Array(1)));
  });
  test("ortRowModel and rowModelFunctions", () => {
    const good = { dims: [1, 4], controlFlow: false, labels: [[]] };
    const model = native.ortRowModel(session.handle, good);
    for (const value of [...junk, library]) {
      refused(() => loose.ortRowModel(value, good));
      refused(() => loose.ortRowModel(session.handle, value));
      refused(() => loose.ortRowModel(session.handle, { ...good, dims: value }));
      refused(() => loose.ortRowModel(session.handle, { ...good, dims: [1, value] }));
      refused(() => loose.ortRowModel(session.handle, { ...good, labels: value }));
      if (typeof value !== "boolean") refused(() => loose.ortRowModel(session.handle, { ...good, controlFlow: value }));
      refused(() => loose.rowModelFunctions(value));
    }
    for (const dims of [[1, 5], [4], [1, 1, 4], [1, 0], [2 ** 24, 2 ** 24], [2 ** 24, 2]]) refused(() => loose.ortRowModel(session.handle, { ...good, dims }));
    const runner = native.rowModelFunctions(model.handle);
    expect(runner.run()).toBe(0);
    const within = runner.runWithin as (...args: unknown[]) => number;
    for (const value of junk) if (value !== 1.5) refused(() => within(value));
    refused(() => within());
    expect(runner.run()).toBe(0);
  });
});

describe("handles at odd times", () => {
  test("after close", () => {
    const closed = native.ortSession(library, dense(), options);
    const model = native.ortRowModel(closed.handle, { dims: [1, 4], controlFlow: false, labels: [[]] });
    const runner = native.rowModelFunctions(model.handle);
    expect(runner.run()).toBe(0);
    native.ortClose(closed.handle);
    native.ortClose(closed.handle);
    const CLOSED = 3;
    expect(runner.run()).toBe(CLOSED);
    expect(runner.runWithin(1000)).toBe(CLOSED);
    new Float32Array(model.block).fill(1);
    for (const call of [
      () => native.ortRun(closed.handle, [tensor()], 0),
      () => native.ortRunAsync(closed.handle, [tensor()], { threads: 1, chunkRows: 0 }, new Int32Array(1)),
      () => native.ortRowModel(closed.handle, { dims: [1, 4], controlFlow: false, labels: [[]] }),
    ]) {
      expect((refused(call) as { code?: string }).code).toBe("CLOSED");
    }
    for (const value of [...junk, library]) refused(() => loose.ortClose(value));
  });
  test("inputs that close the session while they are read", async () => {
    for (const deadline of [0, 1_000_000]) {
      const own = native.ortSession(library, dense(), options);
      const trap = {
        type: 1,
        dims: [1, 4],
        get data() {
          native.ortClose(own.handle);
          return new Float32Array(4);
        },
      };
      try {
        native.ortRun(own.handle, [trap], deadline);
      } catch (error) {
        expect((error as { code?: string }).code).toBe("CLOSED");
      }
    }
    const own = native.ortSession(library, dense(), options);
    const { promise } = native.ortRunAsync(
      own.handle,
      [
        {
          type: 1,
          get dims() {
            native.ortClose(own.handle);
            return [1, 4];
          },
          data: new Float32Array(4),
        },
      ],
      { threads: 1, chunkRows: 0 },
      new Int32Array(1),
    );
    expect((await promise)[0]?.dims).toEqual([1, 3]);
  });
  test("cancel before, during, after, and often", async () => {
    const run = native.ortRunAsync(session.handle, [tensor([50_000, 4])], { threads: 2, chunkRows: 100 }, new Int32Array(new SharedArrayBuffer(4)));
    for (let i = 0; i < 100; i++) run.cancel();
    await run.promise.catch((error: unknown) => {
      expect((error as { code?: string }).code).toMatch(/^(ABORTED|RUNTIME_ERROR)$/);
    });
    run.cancel();
    expect(native.ortRun(session.handle, [tensor()], 0)[0]?.dims).toEqual([1, 3]);
  });
  test("ranges of rows for a model that has none", async () => {
    const looping = native.ortSession(library, loop(), options);
    const run = native.ortRunAsync(looping.handle, [{ type: 1, dims: [3, 1], data: new Float32Array(3) }], { threads: 2, chunkRows: 1 }, new Int32Array(1));
    const [sum] = await run.promise.catch((error: unknown) => {
      expect((error as { code?: string }).code).toBe("RUNTIME_ERROR");
      return [undefined];
    });
    expect(sum === undefined || sum.dims[0] === 3).toBe(true);
  });
  test("texts that are not well-formed, and many", () => {
    const texts = native.ortSession(library, identities(["string"], ["N"]), options);
    const data = ["\ud800", "a\udfff", "\u0000", ...Array.from({ length: 10_000 }, (_, i) => String(i))];
    const [out] = native.ortRun(texts.handle, [{ type: 8, dims: [data.length], data }], 0);
    expect((out?.data as readonly string[]).slice(0, 4)).toEqual(["\ufffd", "a\ufffd", "\u0000", "0"]);
  });
});
