// Time-outs, the hedged try and the circuit breaker, on a store that does as it is told.
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { InputError, OnlineError } from "../../src/errors.js";
import { guardStore, type GuardedStore, type GuardOptions } from "../../src/online/store/guard.js";
import type { LookupResult, OnlineStore } from "../../src/online/store/store.js";

interface Call {
  resolve(result: LookupResult): void;
  reject(error: unknown): void;
}
let calls: Call[];
let answer: (() => LookupResult) | undefined;
const rejections: unknown[] = [];
const note = (error: unknown): void => void rejections.push(error);

const pending = <Result>(): Promise<Result> => new Promise<Result>((resolve, reject) => calls.push({ resolve: resolve as never, reject }));
const store: OnlineStore = {
  kind: "fake",
  get: () => (answer === undefined ? pending<LookupResult>() : answer()),
  put: () => pending(),
  delete: () => pending(),
  ping: () => pending(),
  close: () => Promise.resolve(),
};
const down = (): OnlineError => new OnlineError("STORE_UNAVAILABLE", "down");
const result = (n: number): LookupResult => [[{ values: { n }, eventTime: 0 }]];
/** The outcome of a get: its value's number or its error's code. */
const outcome = async (guarded: GuardedStore): Promise<unknown> => {
  try {
    return (await guarded.get([]))[0]?.[0]?.values["n"];
  } catch (error) {
    return (error as OnlineError).code;
  }
};
const breaker = { failures: 3, windowMillis: 100, openMillis: 50, halfOpenProbes: 2 };

beforeEach(() => {
  calls = [];
  answer = undefined;
  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout", "performance"] });
  process.on("unhandledRejection", note);
});
afterEach(async () => {
  expect(vi.getTimerCount()).toBe(0);
  vi.useRealTimers();
  await new Promise((resolve) => setTimeout(resolve, 2));
  process.off("unhandledRejection", note);
  expect(rejections.splice(0)).toEqual([]);
});

describe("time-outs", () => {
  test("an answer in time, an answer too late, an error too late", async () => {
    const guarded = guardStore(store, { timeoutMillis: 10 });
    const inTime = outcome(guarded);
    await vi.advanceTimersByTimeAsync(9);
    calls[0]?.resolve(result(1));
    expect(await inTime).toBe(1);
    const late = [outcome(guarded), outcome(guarded)];
    await vi.advanceTimersByTimeAsync(10);
    calls[1]?.resolve(result(2));
    calls[2]?.reject(down());
    expect(await Promise.all(late)).toEqual(["STORE_TIMEOUT", "STORE_TIMEOUT"]);
    expect(guarded.counters).toEqual({ calls: 3, failures: 2, timeouts: 2, refused: 0, hedges: 0, hedgeWins: 0, opened: 0 });
    expect(guarded.state).toBe("closed");
  });

  test("a store that answers at once gets no timer and no promise, its errors are its own", () => {
    const guarded = guardStore(store, { timeoutMillis: 10, hedgeAfterMillis: 1, breaker });
    answer = () => result(5);
    expect(guarded.get([])).toEqual(result(5));
    expect(vi.getTimerCount()).toBe(0);
    answer = () => {
      throw new InputError("WRONG_TYPE", "a bad key");
    };
    for (let i = 0; i < 10; i++) expect(() => guarded.get([])).toThrow(/a bad key/);
    expect(guarded.state).toBe("closed");
    answer = () => {
      throw new Error("a bug");
    };
    expect(() => guarded.get([])).toThrow(expect.objectContaining({ code: "STORE_UNAVAILABLE" }) as Error);
  });

  test("writes and pings have their own", async () => {
    const guarded = guardStore(store, { timeoutMillis: 10, writeTimeoutMillis: 100 });
    const codes: unknown[] = [];
    const code = (error: unknown): number => codes.push((error as OnlineError).code);
    const all = [guarded.put({} as never, []), guarded.delete({} as never, []), guarded.ping()].map((promise) => (promise as Promise<unknown>).catch(code));
    await vi.advanceTimersByTimeAsync(10);
    expect(codes).toEqual(["STORE_TIMEOUT"]);
    await vi.advanceTimersByTimeAsync(90);
    expect(codes).toEqual(["STORE_TIMEOUT", "STORE_TIMEOUT", "STORE_TIMEOUT"]);
    await Promise.all(all);
    await guarded.close();
    expect(() => guarded.get([])).toThrow(expect.objectContaining({ code: "CLOSED" }) as Error);
    await expect(guarded.put({} as never, [])).rejects.toMatchObject({ code: "CLOSED" });
    await expect(guarded.ping()).rejects.toMatchObject({ code: "CLOSED" });
  });
});

describe("the hedged try", () => {
  const options: GuardOptions = { timeoutMillis: 20, hedgeAfterMillis: 5 };

  test("is made after its time; the first answer counts, whichever it is", async () => {
    const guarded = guardStore(store, options);
    for (const winner of [0, 1]) {
      calls = [];
      const found = outcome(guarded);
      await vi.advanceTimersByTimeAsync(4);
      expect(calls).toHaveLength(1);
      await vi.advanceTimersByTimeAsync(1);
      expect(calls).toHaveLength(2);
      calls[winner]?.resolve(result(winner));
      expect(await found).toBe(winner);
      calls[1 - winner]?.reject(down());
    }
    expect(guarded.counters).toMatchObject({ hedges: 2, hedgeWins: 1, failures: 0 });
  });

  test("is made at once after a failure, and once", async () => {
    const guarded = guardStore(store, options);
    const found = outcome(guarded);
    calls[0]?.reject(down());
    await vi.advanceTimersByTimeAsync(0);
    expect(calls).toHaveLength(2);
    calls[1]?.resolve(result(7));
    expect(await found).toBe(7);
    const failed = outcome(guarded);
    calls[2]?.reject(down());
    await vi.advanceTimersByTimeAsync(0);
    calls[3]?.reject(down());
    expect(await failed).toBe("STORE_UNAVAILABLE");
    expect(calls).toHaveLength(4);
  });

  test("is not made for requests that are wrong, and ends with the time-out", async () => {
    const guarded = guardStore(store, options);
    const wrong = outcome(guarded);
    calls[0]?.reject(new InputError("WRONG_TYPE", "a bad key"));
    expect(await wrong).toBe("WRONG_TYPE");
    expect(calls).toHaveLength(1);
    const late = outcome(guarded);
    await vi.advanceTimersByTimeAsync(20);
    expect(await late).toBe("STORE_TIMEOUT");
    expect(guarded.counters).toMatchObject({ hedges: 1, timeouts: 1, failures: 1 });
  });

  test("one try failing leaves the other", async () => {
    const guarded = guardStore(store, options);
    const found = outcome(guarded);
    await vi.advanceTimersByTimeAsync(5);
    calls[0]?.reject(down());
    await vi.advanceTimersByTimeAsync(5);
    calls[1]?.resolve(result(9));
    expect(await found).toBe(9);
  });
});

describe("the circuit breaker", () => {
  const fail = async (guarded: GuardedStore): Promise<unknown> => {
    const found = outcome(guarded);
    calls.pop()?.reject(down());
    return found;
  };
  const succeed = async (guarded: GuardedStore): Promise<unknown> => {
    const found = outcome(guarded);
    calls.pop()?.resolve(result(1));
    return found;
  };

  test("opens at the failures of one window, lets probes through, closes when they succeed", async () => {
    const changes: string[] = [];
    const guarded = guardStore(store, { timeoutMillis: 1000, breaker, onStateChange: (to, from) => changes.push(`${from} > ${to}`) });
    await fail(guarded);
    await fail(guarded);
    await vi.advanceTimersByTimeAsync(150);
    await fail(guarded);
    expect(guarded.state).toBe("closed");
    await succeed(guarded);
    await fail(guarded);
    await fail(guarded);
    expect(guarded.state).toBe("open");
    expect(calls).toHaveLength(0);
    expect(await outcome(guarded)).toBe("STORE_UNAVAILABLE");
    expect(calls).toHaveLength(0);
    await vi.advanceTimersByTimeAsync(49);
    expect(await outcome(guarded)).toBe("STORE_UNAVAILABLE");
    await vi.advanceTimersByTimeAsync(1);
    // Two probes at once, no third.
    const probes = [outcome(guarded), outcome(guarded)];
    expect(guarded.state).toBe("half-open");
    expect(await outcome(guarded)).toBe("STORE_UNAVAILABLE");
    expect(calls).toHaveLength(2);
    for (const call of calls) call.resolve(result(3));
    expect(await Promise.all(probes)).toEqual([3, 3]);
    expect(guarded.state).toBe("closed");
    // Failures of before are forgotten.
    calls = [];
    await fail(guarded);
    await fail(guarded);
    expect(guarded.state).toBe("closed");
    expect(changes).toEqual(["closed > open", "open > half-open", "half-open > closed"]);
    expect(guarded.counters).toMatchObject({ refused: 3, opened: 1 });
  });

  test("opens again at a probe's failure; late outcomes of other calls change nothing", async () => {
    const guarded = guardStore(store, { timeoutMillis: 1000, breaker });
    const slow = outcome(guarded);
    const old = calls.pop();
    for (let i = 0; i < 3; i++) await fail(guarded);
    await vi.advanceTimersByTimeAsync(50);
    const first = outcome(guarded);
    const firstCall = calls.pop();
    await fail(guarded);
    expect(guarded.state).toBe("open");
    await vi.advanceTimersByTimeAsync(50);
    await succeed(guarded);
    expect(guarded.state).toBe("half-open");
    // A probe of the round before and a call from before the opening.
    firstCall?.resolve(result(1));
    old?.reject(down());
    expect([await first, await slow]).toEqual([1, "STORE_UNAVAILABLE"]);
    expect(guarded.state).toBe("half-open");
    await succeed(guarded);
    expect(guarded.state).toBe("closed");
  });

  test("wrong requests and bad rows are no failures, as probes neither", async () => {
    const guarded = guardStore(store, { timeoutMillis: 1000, breaker });
    const bad = async (): Promise<unknown> => {
      const found = outcome(guarded);
      calls.pop()?.reject(new OnlineError("STORE_CORRUPT", "a bad row"));
      return found;
    };
    for (let i = 0; i < 10; i++) expect(await bad()).toBe("STORE_CORRUPT");
    expect(guarded.state).toBe("closed");
    for (let i = 0; i < 3; i++) await fail(guarded);
    await vi.advanceTimersByTimeAsync(50);
    for (let i = 0; i < 10; i++) expect(await bad()).toBe("STORE_CORRUPT");
    expect(guarded.state).toBe("half-open");
    await succeed(guarded);
    await succeed(guarded);
    expect(guarded.state).toBe("closed");
  });

  test("a listener that throws does no harm, options that make no sense are refused", async () => {
    const guarded = guardStore(store, {
      timeoutMillis: 1000,
      breaker: { ...breaker, failures: 1 },
      onStateChange: () => {
        throw new Error("the listener's own");
      },
    });
    expect(await fail(guarded)).toBe("STORE_UNAVAILABLE");
    expect(guarded.state).toBe("open");
    for (const wrong of [{ timeoutMillis: 0 }, { timeoutMillis: NaN }, { timeoutMillis: 1, hedgeAfterMillis: -1 }, { timeoutMillis: 1, writeTimeoutMillis: 0 }, { timeoutMillis: 1, breaker: { ...breaker, failures: 0 } }, { timeoutMillis: 1, breaker: { ...breaker, openMillis: NaN } }, { timeoutMillis: 1, breaker: { ...breaker, halfOpenProbes: 1.5 } }]) {
      expect(() => guardStore(store, wrong)).toThrow(expect.objectContaining({ code: "INVALID_PARAMETER" }) as Error);
    }
  });
});
