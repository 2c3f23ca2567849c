import { expect, it } from "vitest";
import { formatValue, metricOf, snapshotName, snapshotWords } from "../../src/pages/routing/metrics.js";

it.each([
  [7.8, "%", "7.8 %"],
  [100, "%", "100 %"],
  [1.99123, "%", "1.99 %"],
  [1061, "ms", "1,061 ms"],
  [0.2, "ms", "0.2 ms"],
  [1463.7, "ms", "1,464 ms"],
  [67, "", "67"],
  [0.0077, "$/min", "$0.0077"],
  [0.00007, "$/min", "$0.00007"],
  [0.01125, "$/min", "$0.01125"],
  [0.3, "$/min", "$0.30"],
  [0, "$/min", "$0.00"],
  [1.5, "$/min", "$1.50"],
  [null, "ms", "–"],
] as const)("%s in %s reads %s", (value, unit, text) => {
  expect(formatValue(value, unit)).toBe(text);
});

it("a metric of a later gateway says what its name says", () => {
  expect(metricOf("wer_pct").better).toBe("lower");
  expect(metricOf("task_success_pct").better).toBe("higher");
  expect(metricOf("new_p99_ms")).toMatchObject({ unit: "ms", better: "lower" });
  expect(metricOf("mos")).toMatchObject({ name: "mos", unit: "", better: "higher" });
});

it("a snapshot is known by name and date", () => {
  expect(snapshotName("published_2026-04-25_d3831f333288")).toBe("published, 2026-04-25");
  expect(snapshotName("declared-embedded_9adb078b49e3")).toBe("declared-embedded");
  expect(snapshotName("my_own")).toBe("my_own");
});

it("the gateway's own snapshots are explained", () => {
  expect(snapshotWords("declared_d354cb82feff")).toBe("usable, never measured");
  expect(snapshotWords("declared-embedded_9adb078b49e3")).toBe("own engines, never measured");
  expect(snapshotWords("embedded_2026-11-21_8f5bab365bea")).toBe("own engines");
  expect(snapshotWords("published_2026-04-25_d3831f333288")).toBe("");
});
