import { describe, expect, it } from "vitest";
import { readFrame } from "../../src/realtime/frames.js";
import { below, seeded } from "../support/random.js";

const read = (frame: unknown) => readFrame(JSON.stringify(frame));

describe("readFrame", () => {
  it.each([
    [
      { t: "ready", inputSampleRate: 16000, outputSampleRate: 24000 },
      { type: "ready", inputSampleRate: 16000, outputSampleRate: 24000 },
    ],
    [
      { t: "transcript", role: "user", text: "Hi", final: true },
      { type: "transcript", role: "user", text: "Hi", final: true },
    ],
    [
      { t: "tool_call", callId: "c", name: "n", arguments: "{}" },
      { type: "tool_call", callId: "c", name: "n", arguments: "{}" },
    ],
    [
      { t: "server_tool_call", id: "c", name: "n", status: "failed" },
      { type: "server_tool_call", id: "c", name: "n", status: "failed" },
    ],
    [
      { t: "usage", inputAudioTokens: 1, outputAudioTokens: 2 },
      { type: "usage", inputAudioTokens: 1, outputAudioTokens: 2 },
    ],
    [
      { t: "interruption", at: "assistant" },
      { type: "interruption", at: "assistant" },
    ],
    [
      { t: "turn", stage: "stt_final", ms: -3, provider: "p", model: "m" },
      { type: "turn", stage: "stt_final", ms: -3, provider: "p", model: "m" },
    ],
    [
      { t: "error", code: "PROVIDER_ERROR", message: "no" },
      { type: "error", code: "PROVIDER_ERROR", message: "no" },
    ],
  ])("reads %o", (wire, frame) => {
    expect(read(wire)).toEqual(frame);
  });

  it.each([
    [{ t: "ready" }, { type: "ready", inputSampleRate: undefined, outputSampleRate: undefined }],
    [
      { t: "ready", inputSampleRate: 8000, outputSampleRate: "24000" },
      { type: "ready", inputSampleRate: undefined, outputSampleRate: undefined },
    ],
    [{ t: "transcript" }, { type: "transcript", role: "assistant", text: "", final: false }],
    [
      { t: "tool_call", arguments: {} },
      { type: "tool_call", callId: "", name: "", arguments: "" },
    ],
    [{ t: "server_tool_call" }, { type: "server_tool_call", id: "", name: "", status: "started" }],
    [
      { t: "usage", inputAudioTokens: "1" },
      { type: "usage", inputAudioTokens: 0, outputAudioTokens: 0 },
    ],
    [
      { t: "interruption", at: "somebody" },
      { type: "interruption", at: "user" },
    ],
    [
      { t: "turn", provider: null },
      { type: "turn", stage: "", ms: 0 },
    ],
    [{ t: "error" }, { type: "error", code: "UNKNOWN", message: "" }],
  ])("fills in what %o leaves out", (wire, frame) => {
    expect(read(wire)).toEqual(frame);
  });

  it.each([
    '{"t":"end","reason":"expired"}',
    '{"t":"news"}',
    '{"t":"toString"}',
    "{}",
    "[]",
    "null",
    "",
    "{",
    '{"t":7}',
  ])("makes no frame of %s", (text) => {
    expect(readFrame(text)).toBeUndefined();
  });

  it("never throws, whatever is in a frame", () => {
    const values = [null, true, 7, -1.5, "x", "", [], {}, [1], { a: 1 }];
    const members = [
      "text",
      "role",
      "final",
      "callId",
      "name",
      "arguments",
      "id",
      "status",
      "at",
      "stage",
      "ms",
      "code",
    ];
    const kinds = ["ready", "transcript", "tool_call", "server_tool_call", "usage", "interruption", "turn", "error"];
    const random = seeded(5);
    for (let times = 0; times < 500; times += 1) {
      const t = kinds[below(random, kinds.length)];
      const frame = Object.fromEntries(members.map((name) => [name, values[below(random, values.length)]]));
      expect(read({ ...frame, t })?.type).toBe(t);
    }
  });
});
