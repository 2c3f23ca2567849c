import { describe, expect, it } from "vitest";
import { axisOf, barOf, commonAxis } from "../../src/pages/talk/turn_axis.js";
import { pictureOf, sentenceOf, type TurnPicture, waits } from "../../src/pages/talk/turn_picture.js";
import type { TurnInput } from "../../src/pages/talk/turn_times.js";
import type { Segment } from "../../src/turn/waits.js";
import { answer, speech, stage, told, turnAt } from "./script.js";

function picture(inputs: readonly TurnInput[], now = 0, index = 0): TurnPicture {
  return pictureOf(turnAt(told(...inputs), index), now);
}

/** As `part from→to`, with what is special about it. */
function brief(segments: readonly Segment[]): string[] {
  return segments.map((segment) => {
    const marks = [segment.live ? "live" : "", segment.ahead ? "ahead" : "", segment.name ?? ""].filter(Boolean);
    return [`${segment.part} ${segment.from}→${segment.to}`, ...marks].join(" ");
  });
}

describe("a spoken turn, cascade", () => {
  const whole = picture([...speech(1000, 3000, "what time is it"), ...answer(3000, 2000)]);

  it("is cut into what was waited for, without gaps", () => {
    expect(brief(whole.segments)).toEqual([
      "speech -2000→0",
      "endpointing 0→288",
      "recognition 288→290",
      "model 290→295",
      "synthesis 295→330",
      "delivery 330→340",
      "playout 340→380",
      "answer 380→2380",
    ]);
    expect(whole).toMatchObject({ kind: "spoken", heardMs: 380, cutMs: null, live: false, said: "what time is it" });
  });

  it("names who served each stage", () => {
    const served = whole.segments.map((segment) => [segment.part, segment.provider, segment.model]);
    expect(served).toContainEqual(["recognition", "pocketsphinx", "en-us"]);
    expect(served).toContainEqual(["synthesis", "flite", "flite"]);
  });

  it("says it in a sentence", () => {
    expect(sentenceOf(whole)).toBe(
      "380 ms to the first sound; Endpointing 288, Recognition 2, Model 5, Synthesis 35, Delivery 10, Playout 40",
    );
  });
});

describe("a turn while it happens", () => {
  const heard = speech(1000, 3000, "hello");

  it("grows with the speech, whose end is not known", () => {
    const now = picture(heard.slice(0, 2), 2500);
    expect(brief(now.segments)).toEqual(["speech -1500→0 live"]);
    expect(now).toMatchObject({ live: true, heardMs: null, end: 0 });
  });

  it("then with what is waited for", () => {
    expect(brief(picture(heard.slice(0, 3), 3350).segments)).toEqual([
      "speech -2000→0",
      "endpointing 0→288",
      "waiting 288→350 live",
    ]);
  });

  it("then with the answer", () => {
    const now = picture([...heard, ...answer(3000, 0).slice(0, 4)], 3500);
    expect(brief(now.segments).at(-1)).toBe("answer 380→500 live");
    expect(now).toMatchObject({ live: true, heardMs: 380, end: 500 });
  });

  it("but not for ever: an answer that never comes is no growing bar", () => {
    expect(brief(picture(heard, 60_000).segments).at(-1)).toBe("recognition 288→290");
  });
});

it("what was done ahead took no waiting: a mark at its time, also before the end of speech", () => {
  const ahead = picture([
    stage(1100, "speech_started", -100),
    stage(1800, "stt_final", -40, "deepgram"),
    stage(2288, "speech_ended", 288),
    stage(2289, "llm_first_token", 150, "openai"),
    stage(2400, "tts_first_byte", 400),
    stage(2410, "first_audio", 410),
  ]);
  expect(brief(ahead.segments)).toEqual([
    "speech -1000→0",
    "endpointing 0→288",
    "recognition -240→-240 ahead",
    "model 150→150 ahead",
    "synthesis 288→400",
    "delivery 400→410",
    "waiting 410→410 live",
  ]);
});

it("what was done a moment before it could be used took no time, and is no work ahead", () => {
  const close = picture([
    stage(288, "speech_ended", 288),
    stage(290, "stt_final", 290),
    stage(295, "llm_first_token", 287),
  ]);
  expect(brief(waits(close)).slice(0, 3)).toEqual(["endpointing 0→288", "recognition 288→290", "model 290→290"]);
});

describe("a turn without speech", () => {
  it("that was typed has neither speech nor endpointing", () => {
    const typed = picture([{ type: "typed", at: 3000, text: "hi" }, ...answer(3000, 500)]);
    expect(brief(typed.segments).slice(0, 2)).toEqual(["model 0→295", "synthesis 295→330"]);
    expect(typed).toMatchObject({ kind: "typed", heardMs: 380 });
  });

  it("that nobody asked for was not waited for", () => {
    const greeting = picture([
      stage(40, "tts_first_byte", 0, "flite"),
      stage(49, "first_audio", 9),
      { type: "mode", at: 80, mode: "speaking" },
      { type: "mode", at: 1080, mode: "listening" },
    ]);
    expect(greeting).toMatchObject({ kind: "unasked", heardMs: null });
    expect(brief(greeting.segments)).toEqual(["synthesis 0→0", "delivery 0→9", "playout 9→40", "answer 40→1040"]);
  });

  it("that stood in line has no time to its first sound", () => {
    const inLine = [
      ...speech(0, 1000, "tell me a joke"),
      ...answer(1000, 9000).slice(0, 4),
      { type: "typed", at: 3000, text: "stop" },
      stage(3053, "first_audio", 53),
    ] as const;
    expect(picture(inLine, 3100, 1)).toMatchObject({ queued: true, heardMs: null });
  });
});

it("a speech-to-speech engine is one part, and its late transcript was not waited for", () => {
  const s2s = picture([
    stage(500, "speech_started", -200),
    stage(1500, "speech_ended", 500),
    stage(1600, "first_audio", 600, "openai", "gpt-realtime"),
    { type: "mode", at: 1650, mode: "speaking" },
    stage(1700, "stt_final", 700, "openai"),
  ]);
  expect(brief(waits(s2s))).toEqual(["endpointing 0→500", "engine 500→600", "playout 600→650"]);
  expect(waits(s2s)[1]).toMatchObject({ provider: "openai", model: "gpt-realtime" });
});

it("a speech-to-speech engine hears for itself: its transcript is made beside it", () => {
  const heard = [
    stage(500, "speech_started", -200),
    stage(1500, "speech_ended", 500),
    stage(1550, "stt_final", 550, "openai"),
  ];
  expect(brief(waits(pictureOf(turnAt(told(...heard), 0), 1580, false)))).toEqual([
    "endpointing 0→500",
    "recognition 550→550 ahead",
    "waiting 500→580 live",
  ]);
  const answered = [...heard, stage(1600, "first_audio", 600, "openai", "gpt-realtime")];
  expect(brief(waits(picture(answered, 1600))).slice(1, 3)).toEqual(["recognition 550→550 ahead", "engine 500→600"]);
});

describe("tools", () => {
  const asked: TurnInput[] = [
    ...speech(0, 1000, "throw the dice"),
    stage(1295, "llm_first_token", 292),
    { type: "tool_call", at: 1296, callId: "c1", name: "throw_dice" },
    stage(1297, "response_done", 293),
  ];

  it("that run before the voice begins are waited for", () => {
    const thrown = picture([
      ...asked,
      { type: "tool_result", at: 1300, callId: "c1" },
      stage(1345, "tts_first_byte", 344),
    ]);
    expect(brief(thrown.segments).slice(3)).toEqual([
      "model 290→292",
      "tool 292→300 throw_dice",
      "synthesis 300→344",
      "waiting 344→344 live",
    ]);
  });

  it("that still run grow", () => {
    const running = picture(asked, 1400);
    expect(running.live).toBe(true);
    expect(brief(running.segments).at(-1)).toBe("tool 292→400 live throw_dice");
  });
});

it("an interruption is marked, and the answer ends there", () => {
  const cut = picture([
    ...speech(0, 1000, "tell me a joke"),
    ...answer(1000, 9000).slice(0, 4),
    stage(3300, "speech_started", -64),
    { type: "cut", at: 3301 },
    { type: "mode", at: 3302, mode: "listening" },
  ]);
  expect(cut).toMatchObject({ cutMs: 2301, live: false });
  expect(brief(cut.segments).at(-1)).toBe("answer 380→2302");
  expect(sentenceOf(cut)).toMatch(/; interrupted$/);
});

describe("the axis", () => {
  const usual = picture([...speech(1000, 3000, "what time is it"), ...answer(3000, 2000)]);

  it("stands still for usual turns, and shows the wait, not all of what was said", () => {
    expect(axisOf(usual)).toEqual([-400, 1000]);
    expect(axisOf(picture(speech(1000, 3000, "hello").slice(0, 2), 2500))).toEqual([-400, 1000]);
  });

  it("is longer for slow ones", () => {
    const slow = picture([...speech(0, 1000, "hello"), stage(5000, "first_audio", 4000)], 9000);
    expect(axisOf(slow)[1]).toBeGreaterThanOrEqual(slow.end);
    expect(commonAxis([usual, slow])).toEqual([0, axisOf(slow)[1]]);
  });

  it("tears what reaches beyond its ends", () => {
    const bars = usual.segments.map((segment) => barOf(segment, [-400, 1000]));
    expect(bars[0]).toEqual({ from: 0, to: 400 / 1400, tornLeft: true, tornRight: false });
    expect(bars.at(-1)).toEqual({ from: 780 / 1400, to: 1, tornLeft: false, tornRight: true });
    const before: Segment = { ...(usual.segments[0] as Segment), from: -900, to: -500 };
    expect(barOf(before, [-400, 1000])).toBeNull();
  });
});
