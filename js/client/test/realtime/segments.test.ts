import { expect, it } from "vitest";
import { Segments } from "../../src/realtime/segments.js";

it("a user's utterance ends with its final transcript", () => {
  const segments = new Segments();
  const names = [segments.of("user", "a", false), segments.of("user", "ab", true), segments.of("user", "c", true)];
  expect(names).toEqual(["user-1", "user-1", "user-2"]);
});

it("an agent's answer may become final twice, the second time cut to what was heard", () => {
  const segments = new Segments();
  segments.turns();
  expect(segments.of("assistant", "One two", false)).toBe("agent-1");
  expect(segments.of("assistant", "One two three", true)).toBe("agent-1");
  expect(segments.of("assistant", "One two", true)).toBe("agent-1");
  segments.answerOver();
  expect(segments.of("assistant", "Four", false)).toBe("agent-2");
});

it("an answer that was over may be cut while its end is still playing", () => {
  const segments = new Segments();
  segments.turns();
  segments.of("assistant", "One two three", true);
  segments.answerOver();
  expect(segments.of("assistant", "One two", true)).toBe("agent-1");
  segments.answerOver();
  expect(segments.of("assistant", "Four", true)).toBe("agent-2");
});

it("without turns every final transcript ends its answer", () => {
  const segments = new Segments();
  const names = ["One", "One", "Two"].map((text) => segments.of("assistant", text, true));
  expect(names).toEqual(["agent-1", "agent-2", "agent-3"]);
});

it("sides do not share names", () => {
  const segments = new Segments();
  segments.of("user", "a", false);
  segments.of("assistant", "b", false);
  expect(segments.of("user", "aa", false)).toBe("user-1");
  expect(segments.of("assistant", "bb", false)).toBe("agent-1");
});
