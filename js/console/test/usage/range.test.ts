import { describe, expect, it } from "vitest";
import { askedFor, daysOf, longDay, RANGES, rangeName, shortDay } from "../../src/pages/usage/range.js";

const NOW = Date.parse("2026-03-14T23:30:00-05:00"); // the 15th in UTC

describe("the days", () => {
  it("end with today, in UTC", () => {
    expect(daysOf("7", NOW)).toEqual([
      "2026-03-09",
      "2026-03-10",
      "2026-03-11",
      "2026-03-12",
      "2026-03-13",
      "2026-03-14",
      "2026-03-15",
    ]);
    expect(daysOf("30", NOW)).toHaveLength(30);
    expect(daysOf("90", NOW)).toHaveLength(90);
  });

  it("are those of this month so far, or of the whole last one", () => {
    const month = daysOf("month", NOW);
    expect([month[0], month.at(-1)]).toEqual(["2026-03-01", "2026-03-15"]);
    const last = daysOf("last-month", NOW);
    expect([last[0], last.at(-1), last.length]).toEqual(["2026-02-01", "2026-02-28", 28]);
    const january = daysOf("last-month", Date.parse("2026-01-01T00:00:00Z"));
    expect([january[0], january.at(-1)]).toEqual(["2025-12-01", "2025-12-31"]);
  });

  it.each(RANGES)("of %s follow each other, whatever day it is", (range) => {
    for (let now = Date.parse("2024-01-15T12:00:00Z"); now < Date.parse("2024-12-31"); now += 9 * 86_400_000) {
      const days = daysOf(range, now);
      expect(days.length).toBeGreaterThan(0);
      days.slice(1).forEach((day, index) => {
        expect(Date.parse(day) - Date.parse(days[index] ?? "")).toBe(86_400_000);
      });
    }
  });
});

it("the gateway is asked for all of the first and of the last day", () => {
  expect(askedFor(["2026-03-14", "2026-03-15"])).toEqual({
    from: "2026-03-14T00:00:00.000Z",
    to: "2026-03-15T23:59:59.999Z",
  });
});

it("days and ranges have names", () => {
  expect([shortDay("2026-03-14"), longDay("2026-03-14")]).toEqual(["14 Mar", "14 March 2026"]);
  expect(new Set(RANGES.map(rangeName)).size).toBe(RANGES.length);
});
