import { describe, expect, it } from "vitest";
import { activityOf, type Situation } from "../../src/pages/talk/activity.js";
import {
  CASCADE,
  type Lane,
  lanesOf,
  lengthOf,
  medianHeard,
  SPEECH_TO_SPEECH,
  servedBy,
} from "../../src/pages/talk/lanes.js";
import { pictureOf, type TurnPicture } from "../../src/pages/talk/turn_picture.js";
import type { TurnInput } from "../../src/pages/talk/turn_times.js";
import { answer, speech, stage, told, turnAt } from "./script.js";

function picture(inputs: readonly TurnInput[], now = 0): TurnPicture {
  return pictureOf(turnAt(told(...inputs), -1), now);
}

function brief(lanes: readonly Lane[]): string[] {
  return lanes.map((lane) => [lane.part, ...lane.segments.map((segment) => segment.part)].join(" "));
}

describe("the rows of a turn", () => {
  const whole = [...speech(1000, 3000, "what time is it"), ...answer(3000, 2000)];

  it("are its parts in order, each with who served it and how long it took", () => {
    const lanes = lanesOf(picture(whole), CASCADE);
    expect(lanes.map((lane) => lane.part)).toEqual(CASCADE);
    expect(lanes.map((lane) => [lane.part, servedBy(lane), lengthOf(lane)]).slice(2, 5)).toEqual([
      ["recognition", "pocketsphinx · en-us", 2],
      ["model", "speko · rules", 5],
      ["synthesis", "flite", 35],
    ]);
  });

  it("are there before they are reached, and what is waited for grows in the next one", () => {
    expect(brief(lanesOf(picture(speech(1000, 3000, "hello"), 3400), CASCADE))).toEqual([
      "speech speech",
      "endpointing endpointing",
      "recognition recognition",
      "model waiting",
      "synthesis",
      "delivery",
      "playout",
      "answer",
    ]);
    expect(brief(lanesOf(picture(speech(1000, 3000, "hello").slice(0, 3), 3400), SPEECH_TO_SPEECH))).toContain(
      "engine waiting",
    );
  });

  it("of a typed turn have nothing to do with speech", () => {
    const typed = picture([{ type: "typed", at: 1000, text: "hi" }], 1100);
    expect(brief(lanesOf(typed, CASCADE))[0]).toBe("model waiting");
  });

  it("have one for what comes unexpectedly", () => {
    const odd = picture([...speech(0, 1000, "hello").slice(0, 3)], 1400);
    expect(brief(lanesOf(odd, []))).toEqual(["speech speech", "endpointing endpointing", "waiting waiting"]);
  });

  it("took no time where nobody waited", () => {
    const ahead = picture([
      stage(1000, "speech_started", -500),
      stage(1100, "stt_final", -40),
      stage(1488, "speech_ended", 288),
    ]);
    const lane = lanesOf(ahead, []).find((one) => one.part === "recognition");
    expect(lane && lengthOf(lane)).toBeNull();
  });
});

it("the median is of what was heard", () => {
  const heard = (ms: number | null): TurnPicture => ({ ...picture(speech(0, 1000, "hello")), heardMs: ms });
  expect(medianHeard([])).toBeNull();
  expect(medianHeard([heard(300), heard(null), heard(100), heard(900)])).toBe(300);
  expect(medianHeard([heard(300), heard(500)])).toBe(400);
});

describe("what is going on", () => {
  const live: Situation = { phase: "live", reconnecting: false, speaking: false, muted: false, picture: null };
  const hears = picture([stage(1200, "speech_started", -200)], 1500);
  const thinks = picture(speech(0, 1000, "hello"), 1400);
  const runs = picture([...speech(0, 1000, "dice"), { type: "tool_call", at: 1300, callId: "c", name: "dice" }], 1400);

  it.each<[string, Partial<Situation>]>([
    ["Ready", { phase: "idle" }],
    ["Connecting…", { phase: "starting" }],
    ["Ending…", { phase: "ending" }],
    ["Listening", {}],
    ["Muted", { muted: true }],
    ["You speak", { picture: hears }],
    ["You speak", { picture: hears, speaking: true }],
    ["The agent thinks", { picture: thinks }],
    ["A tool runs", { picture: runs }],
    ["The agent speaks", { speaking: true }],
    ["Connection lost, reconnecting…", { reconnecting: true, speaking: true }],
  ])("%s", (words, situation) => {
    expect(activityOf({ ...live, ...situation }).words).toBe(words);
  });

  it("is no listening while the microphone is muted", () => {
    expect(activityOf(live).kind).toBe("listening");
    expect(activityOf({ ...live, muted: true }).kind).toBe("muted");
    expect(activityOf({ ...live, muted: true, speaking: true }).kind).toBe("speaking");
  });
});
