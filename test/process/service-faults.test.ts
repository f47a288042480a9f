// Twenty thousand requests while the stores are killed, paused and removed at random (a million: test/stress).
import { describe, expect, test } from "vitest";
import { hasRedis } from "./redis-server.js";
import { describeRun, runFaults } from "./service-faults.js";

describe.skipIf(!hasRedis)("a service whose stores fail at random", () => {
  test("answers every request in time and logs every answer", async () => {
    const seed = Number(process.env["SKEWLESS_SEED"] ?? Date.now() % 2 ** 31);
    console.log(`SKEWLESS_SEED=${seed}`);
    const report = await runFaults({ requests: 20_000, burst: 50, pauseMillis: 15, seed });
    console.log(describeRun(report));
    expect(report.predictions).toBeGreaterThan(1000);
    expect(report.fallbacks["store"]).toBeGreaterThan(0);
    expect(Object.values(report.errors).length).toBeGreaterThan(0);
    expect(report.heap).toBeLessThan(8);
    expect(report.resident).toBeLessThan(80);
  });
});
