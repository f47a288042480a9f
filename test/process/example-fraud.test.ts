// `npm run example:fraud` in its short mode, in a folder of its own: what it prints is what it did.
import { spawnSync } from "node:child_process";
import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, describe, expect, test } from "vitest";
import { hasRedis } from "./redis-server.js";

const demo = fileURLToPath(new URL("../../examples/fraud/demo.mjs", import.meta.url));
const folder = mkdtempSync(join(tmpdir(), "skewless-fraud-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const number = (text: string): number => Number(text.replaceAll(",", ""));

describe("the fraud example", () => {
  const { status, stdout, stderr } = spawnSync(process.execPath, [demo, "--short"], { cwd: folder, encoding: "utf8", timeout: 120_000 });
  const match = (pattern: RegExp): RegExpExecArray => {
    const found = pattern.exec(stdout);
    if (found === null) throw new Error(`no ${String(pattern)} in:\n${stdout}\n${stderr}`);
    return found;
  };

  test("runs to its end", () => {
    expect(stderr).toBe(hasRedis ? "" : expect.stringContaining("redis-server is not installed"));
    expect(status).toBe(0);
    match(/results in out\/fraud; done in [\d.]+ s/);
  });

  test("serves every request, with latencies of each step", () => {
    expect(number((match(/^([\d,]+) requests over HTTP/m)[1] as string))).toBe(2750);
    for (const step of ["lookup", "transform", "score", "log", "total", "HTTP, by the client"]) {
      match(new RegExp(`^  ${step} +[\\d.]+ (µs|ms) +[\\d.]+ (µs|ms) +[\\d.]+ (µs|ms)$`, "m"));
    }
  });

  test("finds fraud that it was not trained on", () => {
    const [, auc, precision] = match(/AUC ([\d.]+); at the threshold 0\.5: precision ([\d.]+) %/);
    expect(Number(auc)).toBeGreaterThan(0.95);
    expect(Number(precision)).toBeGreaterThan(50);
  });

  test.skipIf(!hasRedis)("answers while its store is paused, killed and empty", () => {
    const row = (name: string): readonly string[] => match(new RegExp(`^  ${name.replace(/[()]/g, "\\$&")}  +(.*)$`, "m"))[1]?.split(/ {2,}/) ?? [];
    const numbers = (name: string): { all: number; fresh: number; fallback: string; errors: number } => {
      const [all, fresh, , fallback, errors] = row(name) as [string, string, string, string, string];
      return { all: Number(all), fresh: Number(fresh), fallback, errors: Number(errors) };
    };
    const phases = ["redis runs", "paused (SIGSTOP)", "continued", "killed (SIGKILL)", "started, empty", "materialized again"];
    for (const name of phases) {
      const { all, errors } = numbers(name);
      expect(all, name).toBeGreaterThan(50);
      expect(errors, name).toBe(0);
    }
    expect(numbers("redis runs").fresh).toBe(numbers("redis runs").all);
    for (const name of ["paused (SIGSTOP)", "killed (SIGKILL)"]) {
      expect(numbers(name).fallback, name).toContain("(store)");
      expect(numbers(name).fresh, name).toBeLessThan(numbers(name).all / 5);
    }
    expect(numbers("materialized again").fresh).toBeGreaterThan(numbers("materialized again").all / 2);
    match(/breaker closed/);
  });

  test("logs every answer, and joins the log with the labels", () => {
    const [, rows, , frauds] = match(/the log joined with labels that came later: ([\d,]+) rows of (\d+) columns, ([\d,]+) of them fraud/);
    expect(number(rows as string)).toBe(2750);
    expect(number(frauds as string)).toBeGreaterThan(0);
    expect(readdirSync(join(folder, "out", "fraud", "log")).every((name) => name.endsWith(".arrows"))).toBe(true);
  });
});
