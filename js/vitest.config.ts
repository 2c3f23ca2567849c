import { defineConfig } from "vitest/config";

/** Milliseconds: other tests may have the processor, and how fast something is is measured in benchmarks. */
const PATIENCE = 60_000;
const PATIENT = { testTimeout: PATIENCE, hookTimeout: PATIENCE, expect: { poll: { timeout: PATIENCE / 2 } } };

export default defineConfig({
  test: {
    projects: [
      { test: { name: "client", include: ["client/test/**/*.test.ts"], ...PATIENT } },
      { test: { name: "sdk", include: ["sdk/test/**/*.test.ts"], ...PATIENT } },
      {
        oxc: { jsx: { runtime: "automatic", importSource: "preact" } },
        test: { name: "console", include: ["console/test/**/*.test.{ts,tsx}"], ...PATIENT },
      },
      {
        test: {
          name: "e2e",
          include: ["e2e/test/**/*.test.ts"],
          // One gateway, one browser and two cores: one file after the other.
          fileParallelism: false,
          ...PATIENT,
          testTimeout: 4 * PATIENCE,
          hookTimeout: 4 * PATIENCE,
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
