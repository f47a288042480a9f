// The pages' functions run in the browser.
/// <reference lib="dom" />
// The status and documentation pages in headless Chromium.
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import puppeteer, { type Browser, type Page } from "puppeteer-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { Server } from "../../src/index.js";
import { make, post, request, serve } from "../unit/server-support.js";

const chromium = ["/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"].find((path) => existsSync(path));
if (chromium === undefined) console.warn("skipped: the pages are not tested in a browser, as there is no chromium (apt-get install chromium)");
/** A folder that screenshots are written to, to look at. */
const shots = process.env["SKEWLESS_SCREENSHOTS"];

let app: Server;
let url: string;
let browser: Browser;
const profile = mkdtempSync(join(tmpdir(), "skewless-chromium-"));

beforeAll(async () => {
  if (chromium === undefined) return;
  const models = [{ name: "fraud", versions: { "1": await make({ fallback: 0.5 }), "2": await make({ version: "2" }) }, traffic: { "1": 75, "2": 25 }, shadow: "2" }];
  app = await serve({ models });
  url = await app.listen({ port: 0, host: "127.0.0.1" });
  browser = await puppeteer.launch({
    executablePath: chromium,
    userDataDir: profile,
    args: ["--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync"],
  });
}, 60_000);
afterAll(async () => {
  await browser?.close();
  await app?.close();
  rmSync(profile, { recursive: true, force: true, maxRetries: 5, retryDelay: 200 });
});

/** A page, and what must stay empty: complaints of the console and requests to elsewhere. */
async function open(path: string): Promise<{ readonly page: Page; readonly complaints: string[] }> {
  const page = await browser.newPage();
  await page.setViewport({ width: 1240, height: 1500 });
  const complaints: string[] = [];
  page.on("console", (message) => {
    if (message.type() === "error" || message.type() === "warn") complaints.push(message.text());
  });
  page.on("pageerror", (error) => complaints.push(String(error)));
  page.on("dialog", (dialog) => {
    complaints.push(dialog.message());
    void dialog.dismiss();
  });
  page.on("request", (sent) => {
    if (!sent.url().startsWith(`${url}/`) && !sent.url().startsWith("data:")) complaints.push(sent.url());
  });
  await page.goto(`${url}${path}`);
  return { page, complaints };
}

/** The number in the tile of a label, in one section. */
const tile = (page: Page, section: string, label: string): Promise<string | undefined> =>
  page.evaluate((at: string, text: string) => [...document.querySelectorAll(`${at} .tile`)].find((one) => one.querySelector("span")?.textContent?.startsWith(text))?.querySelector("b")?.textContent ?? undefined, section, label);

test.skipIf(chromium === undefined)("the status page shows models, counts, latencies and errors, refreshes itself, and runs nothing of a request's", async () => {
  for (let card = 0; card < 40; card++) await post(app, "/v1/predict", request(card % 20));
  for (let card = 0; card < 5; card++) await post(app, "/v1/models/fraud/versions/1/predict", request(1000 + card));
  const evil = `<img src=x onerror="alert(1)"><script>alert(2)</script>`;
  await post(app, "/v1/predict", { servingKeys: { card_id: evil, place_id: "oslo" }, requestParameters: { amount: 1, at: 0 } });
  await post(app, `/v1/models/${encodeURIComponent("<b>x</b>")}/predict`, request());
  const { page, complaints } = await open("/status");
  await page.waitForSelector("section[data-model]");
  expect(await page.$$eval("section[data-model]", (all) => all.map((one) => `${one.getAttribute("data-model")} ${one.getAttribute("data-version")}`))).toEqual(["fraud 1", "fraud 2"]);
  const first = '[data-version="1"]';
  const requests = Number(await tile(page, first, "requests"));
  expect(requests).toBeGreaterThan(5);
  expect(await tile(page, first, "fallbacks")).toBe("5");
  expect(await page.$eval(first, (one) => one.textContent)).toContain("bad-input");
  const steps = await page.$$eval(`${first} table:first-of-type tbody tr`, (rows) => rows.map((row) => row.querySelector("td")?.textContent));
  for (const step of ["lookup", "transform", "score", "log", "total"]) expect(steps).toContain(step);
  expect(await page.$$eval(`${first} svg rect:not(.base)`, (bars) => bars.length)).toBeGreaterThan(4);
  expect(await page.$eval('[data-version="2"]', (one) => one.textContent)).toContain("shadow against the returned answers");
  const errors = await page.$eval("#errors", (one) => one.textContent ?? "");
  expect(errors).toContain("INVALID_REQUEST");
  expect(errors).toContain("UNKNOWN_MODEL");
  expect(errors).toContain("<img src=x");
  expect(await page.$$eval("#errors img, #errors script, #errors b", (all) => all.length)).toBe(0);
  for (let card = 0; card < 10; card++) await post(app, "/v1/models/fraud/versions/1/predict", request(card));
  await page.waitForFunction((at: string, before: number) => Number(document.querySelector(`${at} .tile b`)?.textContent) === before + 10, { timeout: 10_000 }, first, requests);
  expect(await page.evaluate(() => document.getElementById("main")?.textContent)).not.toMatch(/\[object|undefined|NaN/);
  if (shots !== undefined) await page.screenshot({ path: `${shots}/status.png`, fullPage: true });
  expect(complaints).toEqual([]);
  await page.close();
}, 60_000);

test.skipIf(chromium === undefined)("the documentation shows every operation and its schemas", async () => {
  const { page, complaints } = await open("/docs");
  await page.waitForSelector("details[data-path]");
  const api = (await (await fetch(`${url}/openapi.json`)).json()) as { readonly paths: Readonly<Record<string, object>>; readonly components: { readonly schemas: object } };
  const shown = await page.$$eval("details[data-path]", (all) => all.map((one) => one.getAttribute("data-path") ?? ""));
  expect([...shown].sort()).toEqual(Object.keys(api.paths).sort());
  for (const name of Object.keys(api.components.schemas)) expect(await page.$(`[id="${name}"]`)).not.toBeNull();
  await page.evaluate(() => {
    const [first] = document.getElementsByTagName("details");
    if (first !== undefined) first.open = true;
  });
  expect(await page.evaluate(() => document.getElementById("main")?.textContent)).not.toMatch(/\[object|undefined/);
  if (shots !== undefined) await page.screenshot({ path: `${shots}/docs.png` });
  expect(complaints).toEqual([]);
  await page.close();
}, 60_000);
