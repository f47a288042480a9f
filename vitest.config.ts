import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    include: ["test/**/*.test.ts"],
    // Long runs: `npx vitest run --config vitest.config.ts --dir test/stress`.
    exclude: ["test/stress/**", "**/node_modules/**"],
    testTimeout: 60_000,
  },
});
