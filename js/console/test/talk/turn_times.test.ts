import { describe, expect, it } from "vitest";
import { agentsTurn, MAX_TURNS, NO_TURNS, type TurnInput, take, usersTurn } from "../../src/pages/talk/turn_times.js";
import { answer, speech, stage, told, turnAt } from "./script.js";

describe("a spoken turn", () => {
  it("has every stage on this browser's clock, counted from the user's end of speech", () => {
    const turns = told(...speech(1000, 3000, "what time is it"), ...answer(3000, 2000));
    const turn = turnAt(turns, 0);
    expect(turns.all).toHaveLength(1);
    expect(turn).toMatchObject({ said: "what time is it", typed: false, zero: 3000, over: true, cutAt: null });
    expect(turn.stages.speech_started?.at).toBe(1000);
    expect(turn.stages.stt_final).toMatchObject({ at: 3290, provider: "pocketsphinx", model: "en-us" });
    expect(turn.stages.first_audio).toMatchObject({ at: 3340, toldAt: 3345 });
    expect(turn.heard).toEqual([{ from: 3380, to: 5380 }]);
  });

  it("has no end of speech while the user speaks, and what is done meanwhile has its time", () => {
    const turns = told(stage(1200, "speech_started", -200), stage(2000, "llm_first_token", -50, "openai"));
    expect(turnAt(turns, 0)).toMatchObject({ zero: null, over: false });
    expect(turnAt(turns, 0).stages.llm_first_token?.at).toBe(1950);
  });

  it("goes on when the user speaks again after endpointing: the last end of speech counts", () => {
    const turns = told(
      stage(1200, "speech_started", -200),
      stage(2288, "speech_ended", 288),
      stage(4288, "speech_ended", 288),
      stage(4300, "first_audio", 300),
    );
    expect(turns.all).toHaveLength(1);
    expect(turnAt(turns, 0).zero).toBe(4000);
    expect(turnAt(turns, 0).stages.first_audio?.at).toBe(4300);
  });

  it("keeps the first of each other stage", () => {
    const turns = told(...speech(0, 1000, "hello"), ...answer(1000, 500), stage(5000, "first_audio", 4000));
    expect(turnAt(turns, 0).stages.first_audio?.at).toBe(1340);
  });

  it("is forgotten when it was a noise, and kept without an answer when words were said", () => {
    const noise = told(stage(100, "speech_started", -50), stage(500, "speech_ended", 288), ...speech(5000, 6000, "hi"));
    expect(noise.all.map((turn) => turn.said)).toEqual(["hi"]);
    const unanswered = told(...speech(0, 1000, "hello"), ...speech(5000, 6000, "hello?"));
    expect(unanswered.all.map((turn) => [turn.said, turn.over])).toEqual([
      ["hello", true],
      ["hello?", false],
    ]);
  });
});

describe("an answer that fails", () => {
  it("is not waited for any more", () => {
    const turns = told(...speech(0, 1000, "hello"), { type: "failed", at: 1500 });
    expect(turnAt(turns, 0)).toMatchObject({ said: "hello", over: true, heard: [] });
    expect(turns.answering).toBeNull();
  });

  it("leaves alone what is being heard, and the user who speaks", () => {
    const heard = told(...speech(0, 1000, "hello"), stage(1345, "first_audio", 340), {
      type: "mode",
      at: 1380,
      mode: "speaking",
    });
    expect(take(heard, { type: "failed", at: 1500 })).toBe(heard);
    const speaking = told(stage(1200, "speech_started", -200));
    expect(take(speaking, { type: "failed", at: 1500 })).toBe(speaking);
  });
});

describe("a turn without speech", () => {
  it("counts from the moment at which text was typed", () => {
    const turns = told({ type: "typed", at: 500, text: "hi" }, stage(510, "llm_first_token", 5), ...answer(500, 100));
    expect(turns.all).toHaveLength(1);
    expect(turnAt(turns, 0)).toMatchObject({ typed: true, said: "hi", zero: 500, over: true });
  });

  it("is a greeting when the agent begins: its zero is its own beginning", () => {
    const turns = told(
      stage(40, "tts_first_byte", 0, "flite"),
      stage(49, "first_audio", 9),
      { type: "mode", at: 80, mode: "speaking" },
      { type: "mode", at: 1080, mode: "listening" },
      stage(1090, "response_done", 1050),
      ...speech(2000, 3000, "what time is it"),
    );
    expect(turns.all).toHaveLength(2);
    expect(turnAt(turns, 0)).toMatchObject({ zero: 40, said: "", over: true });
    expect(turnAt(turns, 1).said).toBe("what time is it");
  });

  it("stands in line when another answer is still being heard", () => {
    const turns = told(
      ...speech(0, 1000, "tell me a joke"),
      ...answer(1000, 9000).slice(0, 4),
      { type: "typed", at: 3000, text: "stop" },
      stage(3004, "response_done", 2000),
      stage(3005, "llm_first_token", 5),
      stage(3053, "first_audio", 53),
      { type: "mode", at: 12000, mode: "listening" },
      stage(12010, "response_done", 9000),
    );
    expect(turns.all.map((turn) => [turn.said, turn.queued, turn.over])).toEqual([
      ["tell me a joke", false, true],
      ["stop", true, true],
    ]);
    expect(turnAt(turns, 0).heard).toEqual([{ from: 1380, to: 12000 }]);
  });
});

describe("an interruption", () => {
  const playing = [...speech(0, 1000, "tell me a joke"), ...answer(1000, 9000).slice(0, 4)];

  it("ends the answer where the words were cut, and the new words are another turn", () => {
    const turns = told(
      ...playing,
      stage(3300, "speech_started", -64),
      { type: "cut", at: 3301 },
      { type: "mode", at: 3302, mode: "listening" },
      stage(4288, "speech_ended", 288),
      { type: "said", at: 4290, text: "what time is it" },
      ...answer(4000, 1000),
    );
    expect(turns.all).toHaveLength(2);
    expect(turnAt(turns, 0)).toMatchObject({ said: "tell me a joke", cutAt: 3301, over: true });
    expect(turnAt(turns, 0).heard).toEqual([{ from: 1380, to: 3302 }]);
    expect(turnAt(turns, 1)).toMatchObject({ said: "what time is it", zero: 4000, cutAt: null });
    expect(turnAt(turns, 1).heard[0]?.from).toBe(4380);
  });

  it("is known without words: the sound ends before the answer, after the user has begun", () => {
    const turns = told(...playing, stage(3300, "speech_started", -64), { type: "mode", at: 3302, mode: "listening" });
    expect(turnAt(turns, 0)).toMatchObject({ cutAt: 3302, over: true });
    expect(turns.answering).toBeNull();
  });

  it("is none when the sound ends by itself", () => {
    const turns = told(...playing, { type: "mode", at: 9000, mode: "listening" }, stage(9010, "response_done", 8000));
    expect(turnAt(turns, 0)).toMatchObject({ cutAt: null, over: true });
  });
});

describe("several responses in one turn", () => {
  const call: TurnInput[] = [
    stage(1295, "llm_first_token", 292, "speko", "rules"),
    { type: "tool_call", at: 1296, callId: "c1", name: "throw_dice" },
    stage(1297, "response_done", 293),
  ];
  const rest: TurnInput[] = [
    { type: "tool_result", at: 1300, callId: "c1" },
    stage(1345, "tts_first_byte", 344, "flite"),
    stage(1346, "first_audio", 345),
    { type: "mode", at: 1380, mode: "speaking" },
    { type: "mode", at: 2380, mode: "listening" },
    stage(2390, "response_done", 1385),
  ];

  it("are one turn, which is not over while a tool runs", () => {
    const asked = told(...speech(0, 1000, "throw the dice"), ...call);
    expect(turnAt(asked, 0).over).toBe(false);
    const turns = rest.reduce(take, asked);
    expect(turns.all).toHaveLength(1);
    expect(turnAt(turns, 0)).toMatchObject({
      over: true,
      tools: [{ callId: "c1", name: "throw_dice", from: 1296, to: 1300 }],
    });
  });

  it("may be heard one after the other", () => {
    const turns = told(
      ...speech(0, 1000, "throw the dice"),
      ...answer(1000, 800).slice(0, 4),
      { type: "tool_call", at: 1500, callId: "c1", name: "throw_dice" },
      { type: "mode", at: 2000, mode: "listening" },
      { type: "tool_result", at: 2100, callId: "c1" },
      { type: "mode", at: 2300, mode: "speaking" },
      { type: "mode", at: 3000, mode: "listening" },
      stage(3010, "response_done", 2000),
    );
    expect(turns.all).toHaveLength(1);
    expect(turnAt(turns, 0).heard).toEqual([
      { from: 1380, to: 2000 },
      { from: 2300, to: 3000 },
    ]);
  });
});

describe("a speech-to-speech engine that tells little", () => {
  it("gives turns without the stages of a cascade", () => {
    const turns = told(
      stage(500, "speech_started", -200),
      stage(1500, "speech_ended", 500),
      stage(1600, "first_audio", 600, "openai", "gpt-realtime"),
      { type: "mode", at: 1650, mode: "speaking" },
      { type: "said", at: 1700, text: "what time is it" },
      { type: "mode", at: 2650, mode: "listening" },
      stage(2660, "response_done", 1660),
      stage(5000, "speech_ended", 500),
    );
    expect(turns.all).toHaveLength(2);
    expect(turnAt(turns, 0)).toMatchObject({ said: "what time is it", over: true });
    expect(turnAt(turns, 1)).toMatchObject({ said: "", zero: 4500 });
  });

  it("may tell nothing at all", () => {
    const turns = told({ type: "mode", at: 10, mode: "speaking" }, { type: "mode", at: 20, mode: "listening" });
    expect(turnAt(turns, 0).heard).toEqual([{ from: 10, to: 20 }]);
  });
});

it("closes everything when the conversation is over", () => {
  const turns = told(...speech(0, 1000, "hello"), ...answer(1000, 500).slice(0, 4), { type: "over", at: 1500 });
  expect(turnAt(turns, 0)).toMatchObject({ over: true, heard: [{ from: 1380, to: 1500 }] });
});

it("whose words are whose", () => {
  expect(usersTurn(NO_TURNS)).toBeUndefined();
  expect(agentsTurn(NO_TURNS)).toBeUndefined();
  const turns = told(...speech(0, 1000, "one"), ...answer(1000, 9000).slice(0, 4), stage(2300, "speech_started", -64));
  expect([usersTurn(turns)?.id, agentsTurn(turns)?.id]).toEqual([1, 0]);
  const waiting = told(...speech(0, 1000, "one"), ...answer(1000, 500), ...speech(5000, 6000, "two"));
  expect([usersTurn(waiting)?.id, agentsTurn(waiting)?.id]).toEqual([1, 1]);
});

/** Any order of anything: what must hold whatever an engine sends. */
it("holds its invariants on any walk", () => {
  for (let seed = 1; seed <= 40; seed++) walk(seed);
});

function walk(seed: number): void {
  let random = seed;
  const next = (below: number): number => {
    random = (random * 1_103_515_245 + 12_345) % 2_147_483_648;
    return Math.floor((random / 2_147_483_648) * below);
  };
  const stages = ["speech_started", "speech_ended", "stt_final", "llm_first_token", "tts_first_byte", "first_audio"];
  let turns = NO_TURNS;
  let at = 0;
  for (let step = 0; step < 120; step++) {
    at += next(300);
    const name = [...stages, "response_done", "later_stage"][next(8)] ?? "";
    const inputs: TurnInput[] = [
      stage(at, name, next(900) - 300),
      stage(at, name, next(900) - 300),
      { type: "mode", at, mode: next(2) === 0 ? "speaking" : "listening" },
      { type: "typed", at, text: "text" },
      { type: "said", at, text: "words" },
      { type: "cut", at },
      { type: "tool_call", at, callId: `c${next(3)}`, name: "dice" },
      { type: "tool_result", at, callId: `c${next(3)}` },
    ];
    turns = take(turns, inputs[next(inputs.length)] ?? { type: "cut", at });
    expect(turns.all.length).toBeLessThanOrEqual(MAX_TURNS);
    expect(new Set(turns.all.map((turn) => turn.id)).size).toBe(turns.all.length);
    for (const turn of turns.all) {
      const isOpen = turn.heard.filter((span) => span.to === null).length;
      expect(isOpen).toBeLessThanOrEqual(turns.playing === turn.id ? 1 : 0);
    }
  }
  turns = take(turns, { type: "over", at });
  expect(turns.all.every((turn) => turn.over && turn.zero !== null)).toBe(true);
}
