import { Registry } from "prom-client";
import { expect, test } from "vitest";
import { fill, make, request } from "./service-support.js";
import { TestStore } from "./view-support.js";

/** Samples of the text format: name with labels → value. */
async function scrape(registry: Registry): Promise<Map<string, number>> {
  const lines = (await registry.metrics()).split("\n").filter((line) => line !== "" && !line.startsWith("#"));
  return new Map(lines.map((line) => [line.slice(0, line.lastIndexOf(" ")), Number(line.slice(line.lastIndexOf(" ") + 1))]));
}

test("metrics of two models in one registry, read when it is scraped", async () => {
  const store = fill(new TestStore());
  const registry = new Registry();
  const first = await make({ store, name: "m", version: "1", fallback: 0, breaker: { failures: 1, windowMillis: 1000, openMillis: 60_000, halfOpenProbes: 1 } });
  const second = await make({ store: fill(new TestStore()), name: "m", version: "2" });
  await Promise.all([first.register(registry), second.register(registry)]);
  for (let i = 0; i < 10; i++) await first.predict(request(i));
  await second.predict(request(999)).catch(() => undefined);
  store.failure = new Error("down");
  await first.predict(request());
  const samples = await scrape(registry);
  const of = (name: string, labels: string): number | undefined => samples.get(`${name}{${labels}}`);
  expect(of("skewless_requests_total", 'model="m",version="1"')).toBe(11);
  expect(of("skewless_predictions_total", 'model="m",version="1"')).toBe(10);
  expect(of("skewless_fallbacks_total", 'model="m",version="1",reason="store"')).toBe(1);
  expect(of("skewless_errors_total", 'model="m",version="2",code="MISSING_FEATURE"')).toBe(1);
  expect(of("skewless_store_breaker_state", 'model="m",version="1",store="test-0"')).toBe(2);
  expect(of("skewless_requests_in_flight", 'model="m",version="1"')).toBe(0);

  const { total } = first.stats().steps;
  const name = "skewless_request_duration_seconds";
  const bucket = (le: string): number | undefined => samples.get(`${name}_bucket{model="m",version="1",step="total",le="${le}"}`) ?? samples.get(`${name}_bucket{le="${le}",model="m",version="1",step="total"}`);
  expect(bucket("+Inf")).toBe(11);
  expect(of(`${name}_count`, 'model="m",version="1",step="total"')).toBe(11);
  expect(of(`${name}_sum`, 'model="m",version="1",step="total"')).toBeCloseTo(total.sum / 1e6, 9);
  expect(bucket("0.00025")).toBe(total.cumulative([250])[0]);
  const bounds = ["0.000005", "0.00001", "0.000025", "0.0001", "0.001", "0.05", "10", "+Inf"].map((le) => bucket(le));
  expect(bounds.every((value) => value !== undefined)).toBe(true);
  expect(bounds).toEqual([...bounds].sort((a, b) => (a as number) - (b as number)));

  // Twice the same, as the counters are not added up.
  expect((await scrape(registry)).get('skewless_requests_total{model="m",version="1"}')).toBe(11);
  await first.close();
  const after = [...(await scrape(registry)).keys()];
  expect(after.some((key) => key.includes('version="1"'))).toBe(false);
  expect(after.some((key) => key.includes('version="2"'))).toBe(true);
  await second.close();
});

test("a registry of its own", async () => {
  await using service = await make();
  await service.predict(request());
  const { registry } = await service.metrics();
  expect((await service.metrics()).registry).toBe(registry);
  expect((await scrape(registry)).get('skewless_requests_total{model="fraud",version="1"}')).toBe(1);
  const json = (await registry.getMetricsAsJSON()).map(({ name }) => name);
  expect(json).toContain("skewless_request_duration_seconds");
});
