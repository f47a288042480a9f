import { spawnSync } from "node:child_process";
import { benchFolder, PEERS } from "./environment.mjs";

/** Peers that are not there. */
export function missingPeers() {
  return PEERS.filter(({ version }) => version() === undefined).map(({ subject }) => subject);
}

/** Whether `npm ci` brings a peer. */
export function isInstallable(peer) {
  return PEERS.some(({ subject, installed }) => subject === peer && installed);
}

/** Installs bench/package.json as its lockfile says. */
export function installPeers(log) {
  log("The peers are not installed yet: running `npm ci` in bench/ (about 200 MB, once).");
  // The lockfile names the peers' packages for 64-bit Linux, which npm refuses elsewhere unless it is forced.
  const force = process.platform === "linux" && process.arch === "x64" ? [] : ["--force"];
  const { status } = spawnSync("npm", ["ci", "--no-audit", "--no-fund", ...force], {
    cwd: benchFolder,
    stdio: ["ignore", 2, "inherit"],
    shell: process.platform === "win32",
  });
  if (status !== 0) log(`\`npm ci\` in bench/ failed with ${status}.`);
}
