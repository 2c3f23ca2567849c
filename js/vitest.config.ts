import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    projects: [
      { test: { name: "client", include: ["client/test/**/*.test.ts"] } },
      { test: { name: "sdk", include: ["sdk/test/**/*.test.ts"] } },
      {
        oxc: { jsx: { runtime: "automatic", importSource: "preact" } },
        test: { name: "console", include: ["console/test/**/*.test.{ts,tsx}"] },
      },
      {
        test: {
          name: "e2e",
          include: ["e2e/test/**/*.test.ts"],
          // One gateway, one browser and two cores: one file after the other.
          fileParallelism: false,
          testTimeout: 60_000,
          hookTimeout: 120_000,
        },
      },
      {
        test: {
          name: "bench",
          include: ["e2e/bench/**/*.bench.ts"],
          fileParallelism: false,
          testTimeout: 1_800_000,
          hookTimeout: 120_000,
        },
      },
    ],
  },
});
