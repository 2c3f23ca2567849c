import { describe, expect, it } from "vitest";
import { BROWSER_TOOLS, runTool } from "../../src/pages/talk/browser_tools.js";
import type { Engine } from "../../src/pages/talk/engines.js";
import { DEFAULTS, differs, readSettings, sessionFor, type TalkSettings } from "../../src/pages/talk/settings.js";

const AGENT: Engine = { id: "agent", kind: "agent", label: "", provider: "speko", model: "cascade", obstacle: null };
const VENDOR: Engine = { id: "openai/m", kind: "vendor", label: "", provider: "openai", model: "m", obstacle: null };
const ROUTED: Engine = { id: "routed", kind: "routed", label: "", obstacle: null };

describe("what is kept in this browser", () => {
  it("comes back as it was", () => {
    const changed: TalkSettings = {
      ...DEFAULTS,
      prompt: "You are Nova",
      voices: { agent: "rms" },
      volume: 0.4,
      tools: false,
    };
    expect(readSettings(JSON.stringify(changed))).toEqual(changed);
  });

  it.each([
    null,
    "",
    "{",
    "[]",
    "null",
    "7",
    '{"volume": 9, "voices": 3, "language": "xx", "tools": "yes"}',
  ])("is as at first where it is missing or wrong: %s", (kept) => {
    const { tools: _, ...rest } = DEFAULTS;
    expect(readSettings(kept)).toMatchObject(rest);
  });

  it("is bounded", () => {
    const long = { ...DEFAULTS, prompt: "x".repeat(50_000), voices: { agent: "y".repeat(500), other: "z" } };
    expect(readSettings(JSON.stringify(long))).toMatchObject({ prompt: "", voices: { other: "z" } });
  });
});

describe("the session that is asked for", () => {
  const settings: TalkSettings = {
    ...DEFAULTS,
    prompt: " You are Nova ",
    voices: { agent: "rms", "openai/m": "alloy" },
  };

  it("of the gateway's own agent has intent, greeting and voice of their own", () => {
    expect(sessionFor(settings, AGENT, BROWSER_TOOLS)).toEqual({
      mode: "s2s",
      intent: { language: "en", optimizeFor: "balanced" },
      s2s: { provider: "speko", model: "cascade", systemPrompt: "You are Nova", tools: [...BROWSER_TOOLS] },
      voice: "rms",
      firstMessage: "Hello! How can I help you?",
      metadata: { from: "console" },
    });
  });

  it("of a vendor has what a vendor takes", () => {
    expect(sessionFor({ ...settings, tools: false }, VENDOR, BROWSER_TOOLS)).toEqual({
      mode: "s2s",
      s2s: { provider: "openai", model: "m", voice: "alloy", systemPrompt: "You are Nova" },
      metadata: { from: "console" },
    });
  });

  it("that is routed names nobody", () => {
    const routed = sessionFor({ ...DEFAULTS, greeting: " " }, ROUTED, []);
    expect(routed).toEqual({
      mode: "s2s",
      intent: { language: "en", optimizeFor: "balanced" },
      s2s: { tools: [] },
      metadata: { from: "console" },
    });
  });
});

it("knows which changes need another conversation", () => {
  expect(differs(DEFAULTS, { ...DEFAULTS, volume: 0.2 })).toBe(false);
  for (const change of [{ prompt: "x" }, { voices: { agent: "rms" } }, { microphone: "m" }, { engine: "routed" }]) {
    expect(differs(DEFAULTS, { ...DEFAULTS, ...change })).toBe(true);
  }
});

describe("tools of this page", () => {
  const world = { now: () => new Date(2026, 10, 21, 21, 5), random: () => 0.5 };

  it("throw dice", () => {
    expect(runTool("throw_dice", "{}", world)).toBe("The die shows 4.");
    expect(runTool("throw_dice", "", world)).toBe("The die shows 4.");
    expect(runTool("throw_dice", '{"count": 3}', world)).toBe("The dice show 4, 4 and 4. That makes 12.");
    let next = 0;
    const all = Array.from({ length: 60 }, () => runTool("throw_dice", "{}", { ...world, random: () => next++ / 60 }));
    expect(new Set(all).size).toBe(6);
  });

  it("read the clock", () => {
    expect(runTool("read_clock", "{}", world)).toBe("Your computer's clock says 9:05 PM on Saturday, November 21.");
  });

  it("refuse what they cannot do", () => {
    for (const args of ['{"count": 0}', '{"count": 11}', '{"count": "two"}', '{"count": 1.5}']) {
      expect(() => runTool("throw_dice", args, world)).toThrow(/whole number/);
    }
    expect(() => runTool("throw_dice", "{", world)).toThrow(SyntaxError);
    expect(() => runTool("format_disk", "{}", world)).toThrow(/no such tool/);
  });

  it("are all told to the agent", () => {
    for (const tool of BROWSER_TOOLS) expect(runTool(tool.name, "{}", world)).not.toBe("");
  });
});
