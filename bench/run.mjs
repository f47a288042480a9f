// npm run bench -- [--suite NAME ...] [--json FILE] [--quick] [--list] [--no-install]
import { existsSync, readdirSync, writeFileSync } from "node:fs";
import { loadavg } from "node:os";
import { parseArgs } from "node:util";
import { describeMachine } from "./lib/environment.mjs";
import { installPeers, isInstallable, missingPeers } from "./lib/peers.mjs";
import { printFigures, printTargets, verdict } from "./lib/report.mjs";
import { runSuite } from "./lib/run-suite.mjs";

const USAGE = `npm run bench -- [options]
  --suite NAME   Run this suite only; may be repeated. All by default.
  --json FILE    Write the figures as a JSON array of {suite, case, subject, unit, value, p99?, p999?, rows?}.
  --quick        Fewer rounds and rows: minutes become seconds, and the figures less certain.
  --list         Print suites, cases and subjects.
  --no-install   Do not install missing peers; what needs them is left out, and says so.`;

const write = (line) => process.stdout.write(`${line}\n`);
// Progress goes beside the tables, so that standard output holds the result alone.
const log = (line) => process.stderr.write(`${line}\n`);

function fail(message) {
  log(message);
  process.exit(2);
}

function parse() {
  try {
    return parseArgs({
      options: {
        suite: { type: "string", multiple: true },
        json: { type: "string" },
        quick: { type: "boolean", default: false },
        list: { type: "boolean", default: false },
        "no-install": { type: "boolean", default: false },
        help: { type: "boolean", short: "h", default: false },
      },
    }).values;
  } catch (error) {
    return fail(`${error.message}\n${USAGE}`);
  }
}

const ORDER = ["row", "row-small", "batch", "threads", "crossover", "memory", "fit", "transform-sklearn", "score", "online"];

async function loadSuites(names) {
  const known = readdirSync(new URL("cases/", import.meta.url))
    .filter((file) => file.endsWith(".mjs"))
    .map((file) => file.slice(0, -".mjs".length))
    .sort((a, b) => ORDER.indexOf(a) - ORDER.indexOf(b));
  const unknown = (names ?? []).find((name) => !known.includes(name));
  if (unknown !== undefined) fail(`unknown suite ${JSON.stringify(unknown)}; there are ${known.join(", ")}`);
  const chosen = known.filter((name) => names === undefined || names.includes(name));
  return Promise.all(chosen.map(async (name) => (await import(`./cases/${name}.mjs`)).default));
}

const args = parse();
if (args.help) {
  write(USAGE);
  process.exit(0);
}
if (!existsSync(new URL("../dist/index.js", import.meta.url))) fail("dist/ is missing: run `npm ci` or `npm run build` first");
const suites = await loadSuites(args.suite);

if (args.list) {
  for (const suite of suites) {
    write(`${suite.name}: ${suite.title}`);
    for (const { name, processes } of suite.cases) write(`  ${name}: ${Object.keys(processes).join(", ")}`);
  }
  process.exit(0);
}

const needed = new Set(suites.flatMap(({ cases }) => cases.flatMap(({ processes }) => Object.values(processes).map(({ peer }) => peer))));
const lacking = () => missingPeers().filter((peer) => needed.has(peer));
if (lacking().some(isInstallable) && !args["no-install"]) installPeers(log);
const missing = lacking();
if (missing.some(isInstallable)) log(`MISSING PEERS: ${missing.join(", ")}. Run \`npm ci --prefix bench\`; without them there is nothing to compare with.`);
if (missing.includes("scikit-learn")) log("scikit-learn is not there (python3-sklearn; $PYTHON names another Python): the comparisons with it are left out.");
if (missing.includes("xgboost")) log("XGBoost is not there (python3-xgboost; $PYTHON names another Python): the comparisons with it are left out.");

if (missing.includes("redis-server")) log("redis-server is not there (apt-get install redis-server): the comparison with a bare Redis client is left out.");

const { chosenIsa } = await import("../dist/native.js");
const isa = process.env.SKEWLESS_ISA ?? chosenIsa();
for (const line of describeMachine(isa)) write(line);
if (loadavg()[0] > 0.5) write("The machine is busy with other work: times are too long and ratios uncertain.");
if (args.quick) write("quick run: fewer rounds and rows, the figures are indications");

const rows = [];
const targets = [];
const failed = [];
for (const suite of suites) {
  log(`running ${suite.name} …`);
  const options = { quick: args.quick, missing };
  let figures;
  try {
    figures = await runSuite(suite, options, log);
  } catch (error) {
    // The other suites' figures are still worth having.
    failed.push(suite.name);
    log(`${suite.name} FAILED: ${error.message}`);
    continue;
  }
  printFigures(suite, figures, write);
  rows.push(...figures.toRows());
  const own = suite.targets(figures);
  if (own.length > 0) {
    write("");
    printTargets(own, suite.targets(figures.best), write);
  }
  targets.push(...own);
}

if (args.json !== undefined) {
  writeFileSync(args.json, `[\n${rows.map((row) => `  ${JSON.stringify(row)}`).join(",\n")}\n]\n`);
}
const count = (wanted) => targets.filter((target) => verdict(target) === wanted).length;
write(`\n${count("met")} targets met, ${count("MISSED")} missed, ${count("not measured")} not measured`);
if (failed.length > 0) {
  log(`FAILED SUITES: ${failed.join(", ")}`);
  process.exitCode = 1;
}
if (missing.some(isInstallable)) {
  log(`MISSING PEERS: ${missing.join(", ")}. The comparisons with them were NOT made.`);
  process.exitCode = 1;
}
