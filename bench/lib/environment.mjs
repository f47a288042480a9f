import { existsSync, readFileSync } from "node:fs";
import { availableParallelism, cpus, loadavg, release, totalmem, type } from "node:os";
import { fileURLToPath } from "node:url";
import { redisServerVersion } from "./online-redis.mjs";
import { findXgboost } from "./xgboost.mjs";
import { findSklearn } from "./sklearn.mjs";

const bench = new URL("../", import.meta.url);

/** Version of a package that bench/ or the root package has installed; undefined where it is missing. */
export function installedVersion(name) {
  for (const folder of [bench, new URL("../", bench)]) {
    const file = new URL(`node_modules/${name}/package.json`, folder);
    if (existsSync(file)) return JSON.parse(readFileSync(file, "utf8")).version;
  }
  return undefined;
}

/** What the figures were measured on, a line each. */
export function describeMachine(isa) {
  const [cpu] = cpus();
  return [
    `machine   ${cpu?.model.trim() ?? "unknown CPU"}, ${availableParallelism()} cores, ${(totalmem() / 2 ** 30).toFixed(0)} GiB`,
    `system    ${type()} ${release()}, Node ${process.versions.node}, V8 ${process.versions.v8}`,
    `kernels   ${isa}`,
    `peers     ${PEERS.map(({ subject, version }) => `${subject} ${version() ?? "MISSING"}`).join(", ")}`,
    `load      ${loadavg()
      .map((x) => x.toFixed(2))
      .join(" ")} before the run`,
  ];
}

/** Who is compared with. What is `installed` comes with bench/package.json, the rest is used where it is there. */
export const PEERS = [
  { subject: "polars", installed: true, version: () => installedVersion("nodejs-polars") },
  { subject: "duckdb", installed: true, version: () => installedVersion("@duckdb/node-api") },
  { subject: "scikit-learn", installed: false, version: () => findSklearn()?.version },
  // A development dependency of the package itself.
  { subject: "onnxruntime-node", installed: false, version: () => installedVersion("onnxruntime-node") },
  { subject: "redis-server", installed: false, version: redisServerVersion },
  { subject: "xgboost", installed: false, version: () => findXgboost()?.version },
];

export const benchFolder = fileURLToPath(bench);
