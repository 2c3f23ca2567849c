import { describe, expect, it } from "vitest";
import { attribute, tally, total } from "../../src/pages/sessions/attribution.js";
import { waterfall } from "../../src/pages/sessions/waterfall.js";
import { at, attempt, CASCADE, cascadeTurn, stage } from "./turn_fixtures.js";

/** Turns that begin at 1 s and 8 s; the speech of each takes 2 s. */
const rows = waterfall([cascadeTurn(0, 1000), cascadeTurn(1, 8000)], CASCADE).rows;

function turnOf(modality: string, begins: number): number | "outside" | "engine" {
  const found = attribute(rows, [attempt(modality, begins)]);
  if (found.outside.length > 0) return "outside";
  return found.engine.length > 0 ? "engine" : found.turns.findIndex((calls) => calls.length > 0);
}

describe("a call belongs to", () => {
  it("the turn in which it began", () => {
    expect(turnOf("llm", 3300)).toBe(0);
    expect(turnOf("tts", 7900)).toBe(0);
    expect(turnOf("llm", 10_300)).toBe(1);
    expect(turnOf("tts", 60_000)).toBe(1);
  });

  it("the turn whose speech it recognises, also when it was opened a little early", () => {
    expect(turnOf("stt", 7800)).toBe(1);
    expect(turnOf("stt", 8100)).toBe(1);
    expect(turnOf("stt", 700)).toBe(0);
  });

  it("the answer that is still spoken when the user cuts in", () => {
    expect(turnOf("tts", 8500)).toBe(0);
    expect(turnOf("llm", 9900)).toBe(0);
    expect(turnOf("llm", 9960)).toBe(1);
  });

  it("the first turn even while its speech goes on", () => {
    expect(turnOf("llm", 1200)).toBe(0);
  });

  it("the greeting that it was made for", () => {
    const greeting = { index: 0, startedAt: at(900), interrupted: false, stages: [stage("first_audio", 2)] };
    const greeted = waterfall([greeting, cascadeTurn(1, 5000)], { ...CASCADE, greets: true }).rows;
    const found = attribute(greeted, [attempt("tts", 800), attempt("stt", 100)]);
    expect(found.turns[0]?.map(({ atMs }) => atMs)).toEqual([-100]);
    expect(found.outside).toHaveLength(1);
  });

  it("no turn when it was before all of them or its time cannot be read", () => {
    expect(turnOf("tts", 200)).toBe("outside");
    expect(attribute(rows, [{ ...attempt("llm", 0), startedAt: "x" }]).outside).toHaveLength(1);
  });

  it("the session when it is the engine itself", () => {
    expect(turnOf("s2s", 9000)).toBe("engine");
  });

  it("what came before, in a session that never had a turn", () => {
    const found = attribute([], [attempt("s2s", 0, "failed"), attempt("tts", 10)]);
    expect([found.engine.length, found.outside.length, found.turns]).toEqual([1, 1, []]);
  });
});

it("calls of a turn stand in order of time, with their place on its axis", () => {
  const found = attribute(rows, [attempt("tts", 3600), attempt("llm", 3400, "failed"), attempt("stt", 1050)]);
  expect(found.turns[0]?.map(({ attempt: { modality }, atMs }) => [modality, atMs])).toEqual([
    ["stt", -1950],
    ["llm", 400],
    ["tts", 600],
  ]);
});

it("overlapping calls of two turns are kept apart", () => {
  const overlapping = waterfall(
    [
      cascadeTurn(0, 0),
      { index: 1, startedAt: at(2500), interrupted: true, stages: [stage("speech_started", -300)] },
      { index: 2, startedAt: at(2600), interrupted: false, stages: [stage("llm_first_token", 5)] },
    ],
    CASCADE,
  ).rows;
  const calls = [
    attempt("stt", 60),
    attempt("llm", 2300),
    attempt("stt", 2550),
    attempt("tts", 2560),
    attempt("llm", 2601),
  ];
  const found = attribute(overlapping, calls);
  expect(found.turns.map((turn) => turn.map(({ attempt: { startedAt } }) => Date.parse(startedAt) % 60_000))).toEqual([
    [60, 2300, 2560],
    [2550],
    [2601],
  ]);
});

it("no call is lost and none is counted twice", () => {
  let state = 5;
  const random = (): number => {
    state = (state * 1_103_515_245 + 12_345) % 2_147_483_648;
    return state / 2_147_483_648;
  };
  for (let round = 0; round < 200; round++) {
    const turns = Array.from({ length: Math.floor(random() * 5) }, (_, index) =>
      cascadeTurn(index, Math.round(random() * 20_000)),
    );
    const calls = Array.from({ length: Math.floor(random() * 12) }, () =>
      attempt(["stt", "llm", "tts", "s2s"][Math.floor(random() * 4)] ?? "stt", Math.round(random() * 25_000)),
    );
    const found = attribute(waterfall(turns, CASCADE).rows, calls);
    const all = [...found.engine, ...found.outside, ...found.turns.flat().map(({ attempt: call }) => call)];
    expect(new Set(all)).toEqual(new Set(calls));
    expect(all).toHaveLength(calls.length);
  }
});

describe("a turn that has no row yet", () => {
  it("begins when the user is heard again after the last answer", () => {
    const last = [attempt("stt", 8000), attempt("llm", 10_400), attempt("tts", 10_600)];
    const next = [attempt("stt", 14_500), attempt("llm", 16_000)];
    const found = attribute(rows, [...last, ...next]);
    expect(found.turns[1]?.map((placed) => placed.attempt)).toEqual(last);
    expect(found.outside).toEqual(next);
  });

  it("does not begin while the answer goes on", () => {
    expect(attribute(rows, [attempt("stt", 13_900)]).turns[1]).toHaveLength(1);
  });
});

describe("a tally", () => {
  it("counts what was failed over, and adds up exactly", () => {
    const calls = [
      attempt("llm", 0, "failed", "1"),
      attempt("llm", 1, "served", "9007199254740993"),
      attempt("tts", 2, "cancelled", "5"),
    ];
    expect(tally(calls)).toEqual({ calls: 3, failed: 1, failovers: 1, cost: 9_007_199_254_740_999n });
    expect(tally([])).toEqual({ calls: 0, failed: 0, failovers: 0, cost: 0n });
  });

  it("counts no failover where nobody was left to ask", () => {
    const calls = [attempt("tts", 2, "failed"), attempt("tts", 1, "failed"), attempt("stt", 3)];
    expect(tally(calls)).toMatchObject({ failed: 2, failovers: 1 });
  });

  it("of a session is that of its parts", () => {
    const calls = [
      attempt("s2s", 0, "failed"),
      attempt("s2s", 1),
      attempt("tts", 5, "failed"),
      attempt("llm", 3400, "failed"),
      attempt("llm", 10_400),
    ];
    expect(total(attribute(rows, calls))).toEqual({ calls: 5, failed: 3, failovers: 1, cost: 50n });
  });
});
