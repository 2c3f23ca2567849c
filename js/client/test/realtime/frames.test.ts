import { describe, expect, it } from "vitest";
import { readFrame, writeFrame } from "../../src/realtime/frames.js";
import { random } from "./random.js";

describe("reading frames", () => {
  it.each([
    [{ t: "ready" }, { t: "ready", inputSampleRate: undefined, outputSampleRate: undefined }],
    [{ t: "ready", receivedAudioBytes: 7 }, { t: "ready" }],
    [
      { t: "ready", receivedAudioBytes: 7, receivedTextFrames: 2 },
      { t: "ready", received: { audioBytes: 7, textFrames: 2 } },
    ],
    [{ t: "transcript" }, { t: "transcript", role: "assistant", text: "", final: false }],
    [{ t: "tool_call" }, { t: "tool_call", callId: "", name: "", arguments: "" }],
    [{ t: "server_tool_call" }, { t: "server_tool_call", id: "", name: "", status: "started" }],
    [{ t: "usage" }, { t: "usage", inputAudioTokens: 0, outputAudioTokens: 0 }],
    [
      { t: "interruption", at: "nobody" },
      { t: "interruption", at: "user" },
    ],
    [
      { t: "interruption", at: "assistant" },
      { t: "interruption", at: "assistant" },
    ],
    [{ t: "turn" }, { t: "turn", stage: "", ms: 0 }],
    [{ t: "error" }, { t: "error", code: "UNKNOWN", message: "" }],
    [{ t: "end" }, { t: "end", reason: "" }],
  ])("%j gets its defaults", (given, frame) => {
    expect(readFrame(JSON.stringify(given))).toEqual(frame);
  });

  it.each([
    "",
    "{",
    "7",
    "null",
    "true",
    "[]",
    '"ready"',
    "{}",
    '{"t":null}',
    '{"t":"hasOwnProperty"}',
    '{"t":"later"}',
  ])("%s is none", (text) => {
    expect(readFrame(text)).toBeNull();
  });

  it("never throws, and every member has its type, whatever JSON comes", () => {
    const next = random(7);
    const names = [
      "ready",
      "transcript",
      "tool_call",
      "server_tool_call",
      "usage",
      "interruption",
      "turn",
      "error",
      "end",
    ];
    const values = [null, true, 0, -1.5, 1e308, "", "user", "final", [], {}, [{ t: "ready" }]];
    const members = ["role", "text", "final", "callId", "name", "arguments", "ms", "stage", "code", "inputSampleRate"];
    const strings = ["text", "role", "callId", "name", "arguments", "stage", "code", "message", "reason", "status"];
    for (let i = 0; i < 3_000; i++) {
      const given: Record<string, unknown> = { t: next.pick(names) };
      for (let j = next.below(6); j > 0; j--) {
        given[next.pick(members)] = next.pick(values);
      }
      const frame = readFrame(JSON.stringify(given)) as unknown as Record<string, unknown>;
      expect(frame.t).toBe(given.t);
      for (const name of strings.filter((name) => name in frame)) {
        expect(typeof frame[name]).toBe("string");
      }
      for (const name of ["ms", "inputAudioTokens"].filter((name) => name in frame)) {
        expect(Number.isFinite(frame[name])).toBe(true);
      }
    }
  });
});

it("writes frames as they go over the wire", () => {
  expect(writeFrame({ t: "user_message", text: "hi" })).toBe('{"t":"user_message","text":"hi"}');
});
