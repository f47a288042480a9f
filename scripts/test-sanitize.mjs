// Builds the native tests, the fuzzers and the add-on with AddressSanitizer and UndefinedBehaviorSanitizer, then runs
// the native tests, the tests that hand the add-on foreign or random data, and the fuzzers for a while.
//
//   node scripts/test-sanitize.mjs [--seconds N, of each fuzzer; default 20] [--seed N]
import { spawnSync } from "node:child_process";
import { existsSync, readdirSync, realpathSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { build, configure, root, run, runTests } from "./native-tests.mjs";

if (process.platform !== "linux") {
  console.log("sanitizers: skipped, they are set up for Linux only");
  process.exit(0);
}

const args = process.argv.slice(2);
const valueOf = (name, fallback) => (args.includes(name) ? args[args.indexOf(name) + 1] : fallback);
const seconds = valueOf("--seconds", "20");
const seed = valueOf("--seed", "");

const require = createRequire(import.meta.url);
const folder = join(root, "build", "sanitize");
const headers = [require("node-api-headers").include_dir, require("node-addon-api").include_dir].map((path) => realpathSync(path));
configure(folder, ["-DSKEWLESS_SANITIZE=ON", "-DSKEWLESS_TESTS=ON", "-DSKEWLESS_FUZZ=ON", `-DCMAKE_JS_INC=${headers.join(";")}`]);
build(folder);

const environment = {
  UBSAN_OPTIONS: "print_stacktrace=1",
  // Refused memory is an answer that the code must handle, not an error of its own.
  ASAN_OPTIONS: "allocator_may_return_null=1:detect_stack_use_after_return=1",
};

const { passed, failed } = runTests(folder, { env: environment });
console.log(`native tests under sanitizers: ${passed} passed, ${failed} failed`);
if (failed > 0 || passed === 0) process.exit(1);

// Node is not built with a sanitizer, so the runtime must be loaded before it; its own leaks are not our matter.
const libasan = spawnSync("g++", ["-print-file-name=libasan.so"], { encoding: "utf8" }).stdout?.trim();
if (libasan === undefined || !existsSync(libasan)) {
  console.error("libasan.so was not found beside g++");
  process.exit(1);
}
const wanted = ["test/boundary", "test/equivalence"].filter((path) => existsSync(join(root, path)) && readdirSync(join(root, path)).length > 0);
const vitest = spawnSync(process.execPath, [join(root, "node_modules", "vitest", "vitest.mjs"), "run", "--testTimeout=240000", ...wanted], {
  cwd: root,
  stdio: "inherit",
  env: {
    ...process.env,
    ...environment,
    ASAN_OPTIONS: `${environment.ASAN_OPTIONS}:detect_leaks=0`,
    LD_PRELOAD: libasan,
    SKEWLESS_ADDON: join(folder, "skewless.node"),
    // Fewer random cases: instrumented code takes several times as long.
    SKEWLESS_SANITIZED: "1",
  },
});

for (const fuzzer of ["plan_fuzz", "arrow_fuzz", "model_fuzz"]) {
  run(join(folder, fuzzer), [seconds, ...(seed === "" ? [] : [seed])], { cwd: folder, env: { ...process.env, ...environment } });
}
if (vitest.status !== 0) {
  console.error("tests failed under the sanitizers");
  process.exit(1);
}
console.log("sanitizers: nothing found");
