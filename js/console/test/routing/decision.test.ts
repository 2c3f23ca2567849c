import type { StackEntry, StackView } from "@spekoai/sdk";
import { describe, expect, it } from "vitest";
import { calledFirst } from "../../src/api/ranking.js";
import { bySnapshot, decision, type Ranked, stateWords } from "../../src/pages/routing/decision.js";

function entry(providerId: string, facts: Partial<StackEntry> = {}): StackEntry {
  return { providerId, modelId: "m", score: 0.5, scoresRunId: "run", usable: true, health: "closed", ...facts };
}

const NOTHING: StackView = {
  intent: { language: "en", region: "global", optimizeFor: "balanced" },
  scoresRunId: null,
  stt: null,
  llm: null,
  tts: null,
  s2s: null,
  filtered_out: [],
  notes: [],
};

describe("who is called first", () => {
  it("is the first who is usable and whose breaker is not open", () => {
    expect(calledFirst([entry("a", { usable: false }), entry("b", { health: "open" }), entry("c")])).toBe(2);
    expect(calledFirst([entry("a", { health: "half_open" }), entry("b")])).toBe(0);
  });

  it("is the first usable one where every breaker is open, and nobody where nobody is usable", () => {
    expect(calledFirst([entry("a", { usable: false }), entry("b", { health: "open" })])).toBe(1);
    expect(calledFirst([entry("a", { usable: false })])).toBe(-1);
    expect(calledFirst([])).toBe(-1);
  });
});

describe("a decision", () => {
  it("ranks the primary before the runners-up", () => {
    const stack = { ...NOTHING, llm: { ...entry("a", { usable: false }), runnersUp: [entry("b"), entry("c")] } };
    const llm = decision(stack)[1];
    expect(llm?.ranking.map(({ rank, providerId, called }) => [rank, providerId, called])).toEqual([
      [1, "a", false],
      [2, "b", true],
      [3, "c", false],
    ]);
  });

  it("has every layer, also those without anybody", () => {
    expect(decision(NOTHING).map(({ layer, ranking }) => [layer, ranking.length])).toEqual([
      ["stt", 0],
      ["llm", 0],
      ["tts", 0],
      ["s2s", 0],
    ]);
  });

  it("shows the axes that any candidate has, also where the first was never measured", () => {
    const axes = [
      { name: "wer_pct", raw: 3, norm: 1, weight: 0.5 },
      { name: "usd_per_minute", raw: null, norm: 0.5, weight: 0.2 },
    ];
    const stack = { ...NOTHING, stt: { ...entry("a", { axes: [] }), runnersUp: [entry("b", { axes })] } };
    expect(decision(stack)[0]?.axes).toEqual([
      { name: "wer_pct", weight: 0.5 },
      { name: "usd_per_minute", weight: 0.2 },
    ]);
  });

  it("gives notes and those left out to their layer", () => {
    const left = {
      modality: "tts" as const,
      providerId: "p",
      modelId: "m",
      mode: "batch",
      reason: "no data",
      scoresRunId: "r",
    };
    const stack = { ...NOTHING, filtered_out: [left], notes: ["s2s: no rows: fell back", "for all: x"] };
    const [stt, , tts, s2s] = decision(stack);
    expect(tts?.leftOut).toEqual([left]);
    expect(stt?.leftOut).toEqual([]);
    expect(s2s?.notes).toEqual(["no rows: fell back", "for all: x"]);
    expect(stt?.notes).toEqual(["for all: x"]);
  });
});

it("a chain is one ranking per snapshot after the other", () => {
  const ranked = (providerId: string, scoresRunId: string): Ranked => ({
    ...entry(providerId, { scoresRunId }),
    rank: 1,
    called: false,
  });
  const groups = bySnapshot([ranked("a", "one"), ranked("b", "one"), ranked("c", "two")]);
  expect(groups.map(({ id, entries }) => [id, entries.map(({ providerId }) => providerId)])).toEqual([
    ["one", ["a", "b"]],
    ["two", ["c"]],
  ]);
  expect(bySnapshot([])).toEqual([]);
});

it.each([
  [{ usable: true, health: "closed" }, "Yes, healthy", "ok"],
  [{ usable: true, health: "half_open" }, "Yes, probing", "warn"],
  [{ usable: true, health: "open" }, "Last, breaker open", "danger"],
  [{ usable: true, health: "resting" }, "Yes, resting", "warn"],
  [{ usable: false, health: "closed", reason: "NO_CREDENTIAL" }, "No key", "neutral"],
  [{ usable: false, health: "open", reason: "NEW_ONE" }, "NEW_ONE, breaker open", "neutral"],
  [{ usable: false, health: "closed" }, "Not usable", "neutral"],
])("%o is told as %s", (state, words, tone) => {
  expect(stateWords(state)).toEqual({ words, tone });
});
