import type { TurnTiming } from "@spekoai/sdk";
import { describe, expect, it } from "vitest";
import { medianWait, type TurnRow, waterfall } from "../../src/pages/sessions/waterfall.js";
import { at, CASCADE, cascadeTurn, stage } from "./turn_fixtures.js";

const S2S = { isCascade: false, greets: false };

function rowOf(turn: TurnTiming, session = CASCADE): TurnRow {
  const [row] = waterfall([turn], session).rows;
  if (row === undefined) throw new Error("no row");
  return row;
}

function drawn(turn: TurnTiming, session = CASCADE): string[] {
  return rowOf(turn, session).segments.map(
    ({ part, from, to, ahead }) => `${part} ${from}..${to}${ahead ? " ahead" : ""}`,
  );
}

function turn(stages: TurnTiming["stages"], interrupted = false): TurnTiming {
  return { index: 0, startedAt: at(0), interrupted, stages };
}

describe("a turn of the cascade", () => {
  it("is one part after the other from the first sound on", () => {
    expect(drawn(cascadeTurn(0, 0))).toEqual([
      "speech -2000..0",
      "endpointing 0..288",
      "recognition 288..300",
      "model 300..500",
      "synthesis 500..620",
      "delivery 620..625",
      "answer 625..4000",
    ]);
  });

  it("says who served each part, and how long the caller waited", () => {
    const row = rowOf(cascadeTurn(0, 0));
    expect(row.segments.map((segment) => segment.provider)).toEqual([
      null,
      null,
      "hears",
      "thinks",
      "speaks",
      "speko",
      "speko",
    ]);
    expect(row.firstAudioMs).toBe(625);
    expect(row.kind).toBe("spoken");
  });

  it("counts its zero from the end of the speech", () => {
    const row = rowOf(cascadeTurn(0, 500));
    expect(row.startedAt).toBe(Date.parse(at(500)));
    expect(row.zeroAt).toBe(Date.parse(at(2500)));
  });
});

describe("odd turns", () => {
  it("without any stage have no parts", () => {
    expect(drawn(turn([]))).toEqual([]);
  });

  it("that were typed have neither speech nor endpointing, and a wait from the typing on", () => {
    const typed = turn([stage("llm_first_token", 3, "t"), stage("first_audio", 101), stage("response_done", 900)]);
    expect(drawn(typed)).toEqual(["model 0..3", "delivery 3..101", "answer 101..900"]);
    const row = rowOf(typed);
    expect(row.kind).toBe("typed");
    expect(row.firstAudioMs).toBe(101);
    expect(row.zeroAt).toBe(row.startedAt);
  });

  it("that a greeting began were not waited for; those typed after it were", () => {
    const greeting = [stage("tts_first_byte", 0, "t"), stage("first_audio", 4), stage("response_done", 1100)];
    const greets = { ...CASCADE, greets: true };
    expect(rowOf(turn(greeting), greets)).toMatchObject({ kind: "unasked", firstAudioMs: null });
    expect(rowOf(turn(greeting))).toMatchObject({ kind: "typed", firstAudioMs: 4 });
    const typed = [stage("llm_first_token", 3, "t"), ...greeting];
    expect(rowOf(turn(typed), greets)).toMatchObject({ kind: "typed", firstAudioMs: 4 });
    expect(rowOf({ ...turn(greeting), index: 1 }, greets)).toMatchObject({ kind: "typed" });
  });

  it("give what was done while another part was waited for no length", () => {
    const early = turn([
      stage("speech_started", -900),
      stage("stt_final", -40, "hears"),
      stage("llm_first_token", 120, "thinks"),
      stage("speech_ended", 300),
      stage("tts_first_byte", 350, "speaks"),
      stage("first_audio", 352),
    ]);
    expect(drawn(early)).toEqual([
      "speech -900..0",
      "endpointing 0..300",
      "recognition -40..-40 ahead",
      "model 120..120 ahead",
      "synthesis 300..350",
      "delivery 350..352",
    ]);
  });

  it.each([
    [300, ["recognition 300..300 ahead"]],
    [1500, []],
  ])("of a speech-to-speech engine wait for the engine, not for its transcript at %s ms", (heard, beside) => {
    const direct = turn([
      stage("speech_started", -1000),
      stage("speech_ended", 200),
      stage("first_audio", 700, "openai"),
      stage("stt_final", heard, "openai"),
      stage("response_done", 2500, "openai"),
    ]);
    const expected = ["speech -1000..0", "endpointing 0..200", ...beside, "engine 200..700", "answer 700..2500"];
    expect(drawn(direct, S2S)).toEqual(expected);
    expect(drawn(direct, CASCADE)).toEqual(expected);
  });

  it("of a speech-to-speech engine that were cut before the answer did not wait for the transcript either", () => {
    const cut = turn([stage("speech_started", -1000), stage("speech_ended", 200), stage("stt_final", 900, "openai")]);
    expect(drawn(cut, S2S)).toEqual(["speech -1000..0", "endpointing 0..200", "recognition 900..900 ahead"]);
    expect(rowOf(cut, S2S).end).toBe(900);
  });

  it("that were interrupted before the answer keep what they reached", () => {
    const cut = turn([stage("speech_started", -1000), stage("speech_ended", 288), stage("stt_final", 290, "h")], true);
    const row = rowOf(cut);
    expect(row.interrupted).toBe(true);
    expect(row.firstAudioMs).toBeNull();
    expect(drawn(cut)).toEqual(["speech -1000..0", "endpointing 0..288", "recognition 288..290"]);
  });

  it("with a done response but no sound have no answer", () => {
    expect(drawn(turn([stage("speech_ended", 100), stage("response_done", 400)]))).toEqual(["endpointing 0..100"]);
  });

  it("with numbers that are none, twice the same stage or an unknown one are drawn from the rest", () => {
    const odd = turn([
      stage("speech_ended", Number.NaN),
      stage("speech_ended", 10),
      stage("speech_ended", 99),
      stage("x", 5),
    ]);
    expect(drawn(odd)).toEqual(["endpointing 0..10"]);
  });

  it("with an unreadable time have no place in time", () => {
    const row = rowOf({ ...cascadeTurn(0, 0), startedAt: "soon" });
    expect([row.startedAt, row.zeroAt]).toEqual([null, null]);
  });
});

describe("the axes", () => {
  it("are shared by all turns", () => {
    const { whole, wait, rows } = waterfall([cascadeTurn(1, 9000), cascadeTurn(0, 0)], CASCADE);
    expect(rows.map((row) => row.index)).toEqual([0, 1]);
    expect(whole).toEqual([-2000, 4000]);
    expect(wait).toEqual([-250, 625]);
  });

  it("exist without turns, too", () => {
    expect(waterfall([], CASCADE)).toEqual({ rows: [], whole: [0, 1], wait: [0, 1] });
  });

  it("hold every part of any turn, in order and without a gap", () => {
    const names = ["speech_ended", "stt_final", "llm_first_token", "tts_first_byte", "first_audio", "response_done"];
    let state = 11;
    const random = (): number => {
      state = (state * 1_103_515_245 + 12_345) % 2_147_483_648;
      return state / 2_147_483_648;
    };
    for (let round = 0; round < 400; round++) {
      const stages = names.filter(() => random() < 0.7).map((name) => stage(name, Math.round((random() - 0.3) * 4000)));
      if (random() < 0.7) stages.push(stage("speech_started", -Math.round(random() * 5000)));
      const { rows, whole } = waterfall([turn(stages, random() < 0.3)], CASCADE);
      const segments = (rows[0]?.segments ?? []).filter((segment) => !segment.ahead);
      let before = segments[0]?.from ?? 0;
      for (const segment of segments) {
        expect(segment.from).toBe(before);
        expect(segment.to).toBeGreaterThanOrEqual(segment.from);
        expect(segment.from).toBeGreaterThanOrEqual(whole[0]);
        expect(segment.to).toBeLessThanOrEqual(whole[1]);
        before = segment.to;
      }
    }
  });
});

describe("the median wait", () => {
  it("leaves out turns without one", () => {
    const rows = waterfall([cascadeTurn(0, 0), turn([stage("first_audio", 5)]), cascadeTurn(2, 0)], CASCADE).rows;
    expect(medianWait(rows)).toBe(625);
    expect(medianWait([])).toBeNull();
  });

  it("of an even number is between the two in the middle", () => {
    const waits = [100, 400, 200, 900].map((ms, index) => ({
      ...turn([stage("speech_ended", 10), stage("first_audio", ms)]),
      index,
    }));
    expect(medianWait(waterfall(waits, CASCADE).rows)).toBe(300);
  });
});
