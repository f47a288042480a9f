// `skewless serve` as a process: its address, signals, tokens, exit codes, and what comes over a socket.
import type { ChildProcess } from "node:child_process";
import { connect } from "node:net";
import { readdirSync, symlinkSync } from "node:fs";
import { join, resolve } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { makePackage, type CliPackage, type Run } from "./cli-package.js";
import { SERVICE } from "./server-service.js";

let cli: CliPackage;
beforeAll(async () => {
  cli = await makePackage();
  cli.file("service.mjs", SERVICE);
  // What the module imports beside the package.
  cli.file("package.json", '{ "type": "module" }');
  symlinkSync(resolve(import.meta.dirname, "../../node_modules/apache-arrow"), join(cli.project, "node_modules/apache-arrow"));
});
afterAll(() => cli.remove());

interface Started {
  readonly url: string;
  readonly child: ChildProcess;
  readonly ended: Promise<Run>;
}

async function start(args: readonly string[] = [], env: Readonly<Record<string, string>> = {}): Promise<Started> {
  let child: ChildProcess | undefined;
  let ended: Promise<Run> | undefined;
  const url = await new Promise<string>((resolve, reject) => {
    let text = "";
    ended = cli.run(["serve", "service.mjs", "--port", "0", ...args], {
      env,
      onStart: (started) => {
        child = started;
        started.stdout?.on("data", (chunk: Buffer) => {
          text += chunk.toString();
          const found = /listening on (http:\S+)/.exec(text)?.[1];
          if (found !== undefined) resolve(found);
        });
      },
    });
    void ended.then((run) => reject(new Error(`ended with ${run.code}: ${run.stderr}`)));
  });
  return { url, child: child as ChildProcess, ended: ended as unknown as Promise<Run> };
}

const predict = (url: string, headers: Readonly<Record<string, string>> = {}): Promise<Response> =>
  fetch(`${url}/v1/predict`, { method: "POST", headers: { "content-type": "application/json", ...headers }, body: '{"servingKeys":{"card_id":2},"requestParameters":{"amount":40}}' });

test.each([["SIGTERM", 143], ["SIGINT", 130]] as const)("%s answers what is under way, writes the log and ends with %i", async (signal, code) => {
  const log = `log-${signal}`;
  const { url, child, ended } = await start([], { LOOKUP_MILLIS: "400", LOG: log });
  const answer = predict(url);
  await new Promise((resolve) => setTimeout(resolve, 150));
  child.kill(signal);
  await new Promise((resolve) => setTimeout(resolve, 50));
  // Not ready, or no longer listening.
  expect(await fetch(`${url}/v2/health/ready`).then(({ status }) => status, () => 503)).toBe(503);
  const response = await answer;
  expect(response.status).toBe(200);
  expect(((await response.json()) as { prediction: number }).prediction).toBe(0.75);
  const run = await ended;
  expect(run.stderr).toBe("");
  expect(run.code).toBe(code);
  // The log was closed: its segment is whole and under its final name.
  expect(readdirSync(`${cli.project}/${log}`).length).toBeGreaterThan(0);
});

test("with a delay it says not ready first; what takes too long is cut off", async () => {
  const { url, child, ended } = await start(["--drain-delay", "400", "--close-timeout", "300"], { LOOKUP_MILLIS: "3000" });
  const lost = predict(url).then(({ status }) => status, () => "cut");
  await new Promise((resolve) => setTimeout(resolve, 100));
  const began = Date.now();
  child.kill("SIGTERM");
  await new Promise((resolve) => setTimeout(resolve, 100));
  expect((await fetch(`${url}/v2/health/ready`)).status).toBe(503);
  expect((await fetch(`${url}/v2/health/live`)).status).toBe(200);
  const refused = await predict(url);
  expect(refused.status).toBe(503);
  expect(await lost).toBe("cut");
  expect(Date.now() - began).toBeLessThan(2500);
  child.kill("SIGTERM");
  expect((await ended).code).toBe(143);
});

test("tokens come from a file; an empty one opens nothing", async () => {
  cli.file("tokens.txt", "first-token-1234\n\n  second-token-5678\n");
  cli.file("empty.txt", "\n");
  const { url, child, ended } = await start(["--token-file", "tokens.txt"]);
  expect((await predict(url)).status).toBe(401);
  expect((await predict(url, { authorization: "Bearer second-token-5678" })).status).toBe(200);
  child.kill("SIGTERM");
  expect((await ended).code).toBe(143);
  for (const args of [["--token-file", "empty.txt"], ["--token-file", "missing.txt"], ["--export", "nothing"], ["--export", "broken"], ["--port", "99999"]]) {
    const run = await cli.run(["serve", "service.mjs", "--port", "0", ...args]);
    expect([args, run.code]).toEqual([args, 2]);
    expect(run.stderr).toMatch(/^skewless: (USAGE|INVALID_MODULE): /);
  }
});

test("a port that is taken is an error, not a crash", async () => {
  const { url, child, ended } = await start();
  const run = await cli.run(["serve", "service.mjs", "--port", new URL(url).port]);
  expect(run.code).toBe(2);
  expect(run.stderr).toMatch(/^skewless: USAGE: .*cannot listen/);
  child.kill("SIGTERM");
  await ended;
});

/** Sends bytes and gives what comes back until the end. */
function raw(url: string, bytes: string | Buffer): Promise<string> {
  return new Promise((done) => {
    let text = "";
    const socket = connect(Number(new URL(url).port), "127.0.0.1", () => socket.write(bytes));
    const timer = setTimeout(() => socket.destroy(), 3000);
    socket.on("data", (chunk: Buffer) => (text += chunk.toString("latin1")));
    socket.on("error", () => undefined);
    socket.on("close", () => {
      clearTimeout(timer);
      done(text);
    });
  });
}

test("what is no request, has too many headers or never ends is refused, and the server lives on", async () => {
  const { url, child, ended } = await start();
  const head = "POST /v1/predict HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Type: application/json\r\n";
  const cases: readonly (readonly [string | Buffer, RegExp])[] = [
    ["nonsense\r\n\r\n", /^HTTP\/1.1 400 /],
    [Buffer.from([0, 1, 2, 255, 254, 13, 10, 13, 10]), /^HTTP\/1.1 400 /],
    [`${head}${Array.from({ length: 3000 }, (_, i) => `X-Bomb-${i}: ${"y".repeat(30)}\r\n`).join("")}\r\n`, /^HTTP\/1.1 431 /],
    [`GET /${"x".repeat(100_000)} HTTP/1.1\r\nHost: x\r\n\r\n`, /^HTTP\/1.1 431 /],
    [`${head}Content-Length: -5\r\n\r\n`, /^HTTP\/1.1 400 /],
    [`${head}Content-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n`, /^HTTP\/1.1 400 /],
    [`${head}Content-Length: 99999999999\r\n\r\n`, /^HTTP\/1.1 413 /],
    [`${head}Transfer-Encoding: chunked\r\n\r\nfffff\r\n${"[".repeat(0xfffff)}\r\nfffff\r\n${"[".repeat(0xfffff)}\r\n0\r\n\r\n`, /^HTTP\/1.1 413 /],
    [`GET /../../../../etc/passwd HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n`, /^HTTP\/1.1 40[04] /],
  ];
  for (const [bytes, expected] of cases) expect(await raw(url, bytes)).toMatch(expected);
  expect((await predict(url)).status).toBe(200);
  child.kill("SIGTERM");
  const run = await ended;
  expect([run.code, run.stderr]).toEqual([143, ""]);
});
