// A million requests (SKEWLESS_STRESS_REQUESTS) while the stores are killed, paused and removed at random.
import { describe, expect, test } from "vitest";
import { hasRedis } from "../process/redis-server.js";
import { describeRun, runFaults } from "../process/service-faults.js";

const requests = Number(process.env["SKEWLESS_STRESS_REQUESTS"] ?? 1_000_000);

describe.skipIf(!hasRedis)("a service whose stores fail at random", () => {
  test(`${requests} requests are answered in time, logged, and leave memory where it was`, async () => {
    const seed = Number(process.env["SKEWLESS_SEED"] ?? Date.now() % 2 ** 31);
    console.log(`SKEWLESS_SEED=${seed}`);
    const report = await runFaults({ requests, burst: 200, pauseMillis: 5, seed });
    console.log(describeRun(report));
    expect(report.predictions).toBeGreaterThan(requests / 10);
    expect(report.fallbacks["store"]).toBeGreaterThan(0);
    expect(report.fallbacks["deadline"]).toBeGreaterThan(0);
    expect(report.heap).toBeLessThan(8);
    expect(report.resident).toBeLessThan(80);
  });
});
