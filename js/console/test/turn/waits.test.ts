import { describe, expect, it } from "vitest";
import { type StageAt, type ToolRun, waitsOf } from "../../src/turn/waits.js";

function stages(times: Record<string, number>): Map<string, StageAt> {
  return new Map(Object.entries(times).map(([name, at]) => [name, { at, provider: null, model: null }]));
}

function brief(times: Record<string, number>, isCascade = true, tools: readonly ToolRun[] = []): string[] {
  return waitsOf(stages(times), isCascade, tools).segments.map(
    ({ part, from, to, ahead, live }) => `${part} ${from}..${to}${ahead ? " ahead" : ""}${live ? " live" : ""}`,
  );
}

describe("work ahead", () => {
  it("is what was done clearly before it could be used", () => {
    expect(brief({ speech_ended: 300, stt_final: 280 })).toEqual(["endpointing 0..300", "recognition 280..280 ahead"]);
    expect(brief({ speech_ended: 300, stt_final: 297 })).toEqual(["endpointing 0..300", "recognition 300..300"]);
  });

  it("moves nothing that comes after it", () => {
    expect(waitsOf(stages({ speech_ended: 300, stt_final: -40 }), true).reached).toBe(300);
  });
});

describe("the kind of engine", () => {
  const heard = { speech_ended: 300, stt_final: 320 };

  it("is as expected while the stages do not show it", () => {
    expect(brief(heard, true).at(-1)).toBe("recognition 300..320");
    expect(brief(heard, false).at(-1)).toBe("recognition 320..320 ahead");
  });

  it("is what the stages show, whatever was expected", () => {
    expect(brief({ ...heard, llm_first_token: 400 }, false)).toContain("recognition 300..320");
    expect(brief({ ...heard, first_audio: 400 }, true).slice(1)).toEqual([
      "recognition 320..320 ahead",
      "engine 300..400",
    ]);
  });
});

describe("tools", () => {
  const tool = { name: "dice", from: 310, to: 350, live: false };

  it("are waited for until the voice begins", () => {
    const times = { llm_first_token: 305, tts_first_byte: 400 };
    const late = { ...tool, from: 420, to: 430 };
    expect(brief(times, true, [tool, late])).toEqual(["model 0..305", "tool 305..350", "synthesis 350..400"]);
  });

  it("grow while they run", () => {
    expect(brief({ llm_first_token: 305 }, true, [{ ...tool, live: true }]).at(-1)).toBe("tool 305..350 live");
  });
});
