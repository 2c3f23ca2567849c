import { describe, expect, it } from "vitest";
import {
  endWords,
  greets,
  humanised,
  isCascade,
  isLive,
  lengthMs,
  statusWords,
} from "../../src/pages/sessions/words.js";
import { at } from "./turn_fixtures.js";

describe("the length of a session", () => {
  const now = Date.parse(at(90_000));
  const session = { createdAt: at(0), endedAt: null, endReason: null, provider: "speko" };

  it("ends with it, or is so far", () => {
    expect(lengthMs({ ...session, status: "ended", endedAt: at(5000) }, now)).toBe(5000);
    expect(lengthMs({ ...session, status: "active" }, now)).toBe(90_000);
  });

  it("is none while nobody has joined, and none where the end is not known", () => {
    expect(lengthMs({ ...session, status: "created" }, now)).toBeNull();
    const never = { ...session, status: "ended", endedAt: at(60_000), endReason: "expired", provider: null };
    expect(lengthMs(never, now)).toBeNull();
    expect(lengthMs({ ...session, status: "failed" }, now)).toBeNull();
    expect(lengthMs({ ...session, createdAt: "x", endedAt: at(1), status: "ended" }, now)).toBeNull();
  });

  it("is never negative, however the clocks differ", () => {
    expect(lengthMs({ ...session, status: "ended", endedAt: at(-10) }, now)).toBe(0);
  });
});

it("sessions that are over do not come back", () => {
  expect(["created", "connecting", "active", "dialing"].map((status) => isLive({ status }))).not.toContain(false);
  expect(["ended", "failed", "completed"].map((status) => isLive({ status }))).not.toContain(true);
});

it("names that came with a later gateway are put into words", () => {
  expect(statusWords("on_hold")).toEqual({ words: "On hold", tone: "neutral" });
  const ended = (endReason: string | null, provider: string | null = "speko"): string =>
    endWords({ status: "ended", endReason, provider });
  expect(ended("moon_shadow")).toBe("Moon shadow");
  expect(ended(null)).toBe("–");
  expect(ended("expired")).toBe("Its time was over");
  expect(ended("expired", null)).toBe("Nobody came in time");
  expect(humanised("Provider connect failed")).toBe("Provider connect failed");
  expect(humanised("")).toBe("");
});

describe("the engine of a session", () => {
  it("is the gateway's own agent when vendors of other layers were called, too", () => {
    expect(isCascade([{ modality: "s2s" }, { modality: "tts" }])).toBe(true);
    expect(isCascade([{ modality: "s2s" }, { modality: "s2s" }])).toBe(false);
    expect(isCascade([])).toBe(true);
  });

  it("begins the conversation when it was given words for that", () => {
    const config = (cascade?: unknown) => ({ pipelineConfig: cascade === undefined ? {} : { cascade } });
    expect(greets(config({ firstMessage: "Hello" }))).toBe(true);
    expect([greets(config()), greets(config(null)), greets(config({})), greets(config({ firstMessage: "" }))]).toEqual([
      false,
      false,
      false,
      false,
    ]);
  });
});
