// Long runs, not part of `npm test`: npm run test:stress, for SKEWLESS_STRESS_SECONDS (default 60).
import { defineConfig } from "vitest/config";

export default defineConfig({
  test: { include: ["test/stress/**/*.test.ts"], testTimeout: 0, fileParallelism: false },
});
