/** The examples compile as they stand: the type check of this folder sees to it. What can be run is run here. */

import { readFileSync } from "node:fs";
import { expect, it } from "vitest";
import { Segments } from "../../src/realtime/segments.js";
import { Transcript } from "./transcript.js";

it("the transcript has each utterance once, as it was said last", () => {
  const transcript = new Transcript();
  const segments = new Segments();
  segments.turns();
  const said = (role: "user" | "assistant", text: string, isFinal: boolean) => {
    const segmentId = segments.of(role, text, isFinal);
    transcript.upsert({ source: role === "user" ? "user" : "agent", text, isFinal, segmentId });
  };
  said("user", "How", false);
  said("assistant", "One", false);
  said("user", "How many?", true);
  said("assistant", "One, two, three", true);
  said("assistant", "One, two", true);
  segments.answerOver();
  said("user", "Stop", true);
  transcript.upsert({ source: "agent", text: "Typed", isFinal: true });
  transcript.upsert({ source: "agent", text: "Typed", isFinal: true });
  const lines = transcript.lines.map(({ source, text }) => `${source}: ${text}`);
  expect(lines).toEqual(["user: How many?", "agent: One, two", "user: Stop", "agent: Typed", "agent: Typed"]);
});

it("the quick start of the README is the one that compiles", () => {
  const readme = readFileSync(new URL("../../README.md", import.meta.url), "utf8");
  const shown = /```ts\n(.*?)```/s.exec(readme)?.[1];
  expect(shown).toBe(readFileSync(new URL("./quick_start.ts", import.meta.url), "utf8"));
});
