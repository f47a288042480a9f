// Builds the native unit tests (native/test/*_test.cc) with warnings as errors and runs them by ctest.
//
//   node scripts/test-native.mjs [--only NAME-PATTERN] [--build-dir DIR] [-D...]
//
// The last line is `native tests: N passed, N failed`, one count a test program; exit code 1 when any failed.
import { join } from "node:path";
import { build, configure, root, runTests } from "./native-tests.mjs";

const args = process.argv.slice(2);
const valueOf = (name) => (args.includes(name) ? args[args.indexOf(name) + 1] : undefined);

const folder = valueOf("--build-dir") ?? join(root, "build", "native-tests");
configure(folder, ["-DSKEWLESS_TESTS=ON", ...args.filter((arg) => arg.startsWith("-D"))]);
build(folder);
const { passed, failed } = runTests(folder, { only: valueOf("--only") });
console.log(`native tests: ${passed} passed, ${failed} failed`);
process.exit(failed === 0 && passed > 0 ? 0 : 1);
