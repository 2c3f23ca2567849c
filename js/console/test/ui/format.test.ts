import { describe, expect, it } from "vitest";
import { absoluteTime, count, dollars, duration, relativeTime } from "../../src/ui/format.js";

describe("relativeTime", () => {
  const now = Date.UTC(2026, 0, 15);
  const ago = (seconds: number): string => relativeTime(now - seconds * 1000, now);

  it("grows with the distance", () => {
    expect([0, 9, 30, 100, 3600, 86_400, 3 * 86_400, 60 * 86_400, 800 * 86_400].map(ago)).toEqual([
      "just now",
      "just now",
      "30 seconds ago",
      "2 minutes ago",
      "1 hour ago",
      "yesterday",
      "3 days ago",
      "2 months ago",
      "2 years ago",
    ]);
  });

  it("never says 60 minutes or 24 hours", () => {
    for (let seconds = 10; seconds < 2 * 86_400; seconds += 37) {
      expect(ago(seconds)).not.toMatch(/^(60 seconds|60 minutes|24 hours|0 )/);
    }
  });

  it("knows the future", () => {
    expect(relativeTime(now + 600_000, now)).toBe("in 10 minutes");
  });
});

it("writes absolute times as local ones", () => {
  expect(absoluteTime(new Date(2026, 2, 9, 4, 5, 6).getTime())).toBe("2026-03-09 04:05:06");
});

describe("dollars", () => {
  it("is exact to the micro-USD, with two decimals at least", () => {
    const cases: [string, string][] = [
      ["0", "$0.00"],
      ["1", "$0.000001"],
      ["1250000", "$1.25"],
      ["1200000", "$1.20"],
      ["12345678", "$12.345678"],
      ["-1500000", "−$1.50"],
      ["1234567000000", "$1,234,567.00"],
      ["9007199254740993000001", "$9,007,199,254,740,993.000001"],
    ];
    for (const [micro, words] of cases) {
      expect(dollars(micro)).toBe(words);
    }
  });

  it("shows a dash for what is no amount", () => {
    for (const wrong of ["", "1.5", "abc", "1e6"]) {
      expect(dollars(wrong)).toBe("–");
    }
  });
});

it("writes lengths of time in the unit that fits", () => {
  expect([0, 320.4, 999, 1440, 59_940, 59_990, 125_000, 3_660_000].map(duration)).toEqual([
    "0 ms",
    "320 ms",
    "999 ms",
    "1.4 s",
    "59.9 s",
    "1 min 0 s",
    "2 min 5 s",
    "1 h 1 min",
  ]);
});

it("counts", () => {
  expect([count(1, "model"), count(0, "model"), count(1200, "entry", "entries")]).toEqual([
    "1 model",
    "0 models",
    "1,200 entries",
  ]);
});
