import type { AttemptsPoint, UsagePoint, UsageSeries } from "@spekoai/sdk";
import { describe, expect, it } from "vitest";
import {
  attemptLayers,
  attemptsRows,
  costLayers,
  dayRows,
  failureRate,
  metricName,
  metricsOf,
  perDay,
  providersOf,
  quantityLayers,
  quantityText,
  totals,
  usageRows,
} from "../../src/pages/usage/figures.js";

const DAYS = ["2026-03-13", "2026-03-14"];
const ALL = { provider: "", metric: "llm_tokens" };

function used(provider: string, date: string, changes: Partial<UsagePoint> = {}): UsagePoint {
  return {
    date,
    provider,
    type: "llm",
    metric: "llm_tokens",
    keySource: "MANAGED",
    quantity: 10,
    cost: 0.5,
    costMicroUsd: "500000",
    calls: 2,
    ...changes,
  };
}

function tried(provider: string, date: string, served: number, failed = 0, cancelled = 0): AttemptsPoint {
  return { date, provider, made: served + failed + cancelled, served, failed, cancelled };
}

function series(usage: UsagePoint[], attempts: AttemptsPoint[] = []): UsageSeries {
  return { from: "", to: "", by: "day", currency: "USD", usage, attempts };
}

const SERIES = series(
  [
    used("openai", "2026-03-13"),
    used("openai", "2026-03-14", { keySource: "BYOK", cost: 0, costMicroUsd: "0" }),
    used("openai", "2026-03-14", { metric: "tts_characters", type: "tts", quantity: 7, costMicroUsd: "1" }),
    used("acme", "2026-03-14", { quantity: 3, cost: 2, costMicroUsd: "2000000" }),
  ],
  [tried("openai", "2026-03-13", 5, 1), tried("openai", "2026-03-14", 2, 0, 1), tried("umbra", "2026-03-14", 0, 4)],
);

it("vendors without usage are vendors, too", () => {
  expect(providersOf(SERIES)).toEqual(["acme", "openai", "umbra"]);
});

it("metrics stand in the order of the pipeline", () => {
  const found = metricsOf(
    series(["tts_characters", "stt_seconds", "llm_tokens"].map((metric) => used("a", "", { metric }))),
  );
  expect(found).toEqual(["stt_seconds", "llm_tokens", "tts_characters"]);
});

describe("layers", () => {
  it("of cost have a value for each day", () => {
    expect(costLayers(SERIES, DAYS, ALL)).toEqual([
      { id: "acme", name: "acme", values: [0, 2] },
      { id: "openai", name: "openai", values: [0.5, 0.5] },
    ]);
  });

  it("of a quantity are of one metric, whoever's key it was", () => {
    expect(quantityLayers(SERIES, DAYS, ALL).map(({ values }) => values)).toEqual([
      [0, 3],
      [10, 10],
    ]);
    expect(quantityLayers(SERIES, DAYS, { provider: "openai", metric: "tts_characters" })).toEqual([
      { id: "openai", name: "openai", values: [0, 7] },
    ]);
  });

  it("of attempts are how they ended", () => {
    expect(attemptLayers(SERIES, DAYS, ALL)).toEqual([
      { id: "served", name: "served", values: [5, 2] },
      { id: "failed", name: "failed", values: [1, 4] },
      { id: "cancelled", name: "cancelled", values: [0, 1] },
    ]);
  });
});

describe("tables", () => {
  it("of usage begin with the dearest, and tell sources of keys apart", () => {
    const rows = usageRows(SERIES, ALL);
    expect(rows.map(({ provider, metric, keySource, cost }) => [provider, metric, keySource, cost])).toEqual([
      ["acme", "llm_tokens", "MANAGED", "2000000"],
      ["openai", "llm_tokens", "MANAGED", "500000"],
      ["openai", "tts_characters", "MANAGED", "1"],
      ["openai", "llm_tokens", "BYOK", "0"],
    ]);
  });

  it("add up exactly, beyond what a number holds", () => {
    const large = series([1, 2].map(() => used("a", "2026-03-14", { costMicroUsd: "9007199254740993" })));
    expect(usageRows(large, ALL)[0]?.cost).toBe("18014398509481986");
    expect(totals(large, ALL).cost).toBe("18014398509481986");
  });

  it("of attempts begin with whoever was asked most", () => {
    expect(attemptsRows(SERIES, ALL)).toEqual([
      { provider: "openai", made: 9, served: 7, failed: 1, cancelled: 1 },
      { provider: "umbra", made: 4, served: 0, failed: 4, cancelled: 0 },
    ]);
    expect(attemptsRows(SERIES, { ...ALL, provider: "umbra" })).toHaveLength(1);
  });

  it("of days have every day, the latest first", () => {
    expect(dayRows(SERIES, ["2026-03-12", ...DAYS], ALL)).toEqual([
      { day: "2026-03-14", cost: "2000001", quantity: 13, made: 7, served: 2, failed: 4, cancelled: 1 },
      { day: "2026-03-13", cost: "500000", quantity: 10, made: 6, served: 5, failed: 1, cancelled: 0 },
      { day: "2026-03-12", cost: "0", quantity: 0, made: 0, served: 0, failed: 0, cancelled: 0 },
    ]);
  });
});

it("the whole is the sum of its days", () => {
  expect(totals(SERIES, ALL)).toEqual({ cost: "2500001", made: 13, served: 7, failed: 5, cancelled: 1 });
});

it("a mean is a whole number of micro-USD", () => {
  expect([perDay("2500001", 2), perDay("0", 30), perDay("5", 0)]).toEqual(["1250000", "0", "5"]);
});

it.each([
  [{ served: 0, failed: 0 }, "–"],
  [{ served: 10, failed: 0 }, "0 %"],
  [{ served: 199, failed: 1 }, "0.5 %"],
  [{ served: 1, failed: 3 }, "75 %"],
])("a failure rate of %o is %s", (counts, text) => {
  expect(failureRate(counts)).toBe(text);
});

it("what is counted has words", () => {
  expect(metricName("stt_seconds")).toBe("Speech to text (seconds)");
  expect(metricName("later_things")).toBe("later_things");
  expect(quantityText(1250, "llm_tokens")).toBe("1,250 tokens");
  expect(quantityText(12.34, "stt_seconds")).toBe("12.3 s");
  expect(quantityText(5, "later_things")).toBe("5");
});
