import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    include: ["test/**/*.test.ts"],
    // Long runs have a configuration of their own: npm run test:stress.
    exclude: ["test/stress/**", "**/node_modules/**"],
    testTimeout: 60_000,
  },
});
