import type { ProviderModel, ProviderRow, StackEntry, StackLayer, StackView } from "@spekoai/sdk";
import { describe, expect, it } from "vitest";
import {
  agentStages,
  embeddedStages,
  engineOf,
  enginesOf,
  firstUsable,
  voicesFor,
} from "../../src/pages/talk/engines.js";
import { serversOf } from "../../src/pages/talk/servers.js";

function row(key: string, type: ProviderRow["type"], more: Partial<ProviderRow> = {}): ProviderRow {
  return {
    key,
    name: key.toUpperCase(),
    type,
    configured: true,
    source: null,
    updatedAt: null,
    rejectedAt: null,
    rejectedStatus: null,
    rejection: null,
    models: [],
    reason: null,
    hint: null,
    embedded: false,
    ...more,
  };
}

function model(id: string, composite = false): ProviderModel {
  return { id, capabilities: {}, composite };
}

const AGENT = row("speko", "s2s", { models: [model("cascade", true)] });
const OPENAI = row("openai", "s2s", {
  models: [model("gpt-realtime"), model("mini")],
});
const LOCKED = row("google", "s2s", { configured: false, models: [model("live")] });
const EMBEDDED = [
  row("pocketsphinx", "stt", { embedded: true }),
  row("speko", "llm", { embedded: true }),
  row("flite", "tts", { embedded: true }),
];

function entry(providerId: string, modelId: string, more: Partial<StackEntry> = {}): StackEntry {
  return { providerId, modelId, score: null, scoresRunId: "run", usable: true, health: "closed", ...more };
}

function layer(...entries: StackEntry[]): StackLayer | null {
  const [first, ...rest] = entries;
  return first === undefined ? null : { ...first, runnersUp: rest };
}

function stack(more: Partial<StackView> = {}): StackView {
  return {
    intent: { language: "en", region: "global", optimizeFor: "balanced" },
    scoresRunId: null,
    stt: layer(entry("deepgram", "nova-3", { usable: false }), entry("pocketsphinx", "en-us")),
    llm: layer(entry("speko", "rules")),
    tts: layer(entry("flite", "flite")),
    s2s: layer(entry("openai", "gpt-realtime", { usable: false }), entry("speko", "cascade")),
    filtered_out: [],
    notes: [],
    ...more,
  };
}

describe("who one can talk to", () => {
  it("is the gateway's own agent first, then usable vendors by model, then routing", () => {
    const engines = enginesOf([AGENT, OPENAI, LOCKED, row("openai", "llm")]);
    expect(engines.map((engine) => engine.id)).toEqual(["agent", "openai/gpt-realtime", "openai/mini", "routed"]);
    expect(engines[1]).toMatchObject({ provider: "openai", model: "gpt-realtime", label: "OPENAI · gpt-realtime" });
    expect(engines.every((engine) => engine.obstacle === null)).toBe(true);
  });

  it("says what the agent lacks, and falls back to whoever can be used", () => {
    const off = { ...AGENT, configured: false, hint: "the voice agent is off" };
    const engines = enginesOf([off, OPENAI]);
    expect(engines[0]?.obstacle).toBe("the voice agent is off");
    expect(engineOf(engines, "agent")?.id).toBe("openai/gpt-realtime");
    expect(engineOf(engines, "openai/mini")?.id).toBe("openai/mini");
    expect(engineOf(enginesOf([off]), "routed")?.id).toBe("agent");
    expect(enginesOf([off]).at(-1)?.obstacle).toMatch(/Providers page/);
  });
});

describe("who would serve it", () => {
  const rows = [AGENT, OPENAI, ...EMBEDDED];
  const engines = enginesOf(rows);
  const routed = engines.at(-1);

  it("is the first of each layer that can be called", () => {
    expect(agentStages(stack(), rows).stt).toEqual({
      provider: "pocketsphinx",
      model: "en-us",
      name: "POCKETSPHINX",
      embedded: true,
    });
    expect(firstUsable(layer(entry("a", "1", { health: "open" }), entry("b", "2")))?.providerId).toBe("b");
    expect(firstUsable(layer(entry("a", "1", { health: "open" })))?.providerId).toBe("a");
    expect(firstUsable(null)).toBeUndefined();
  });

  it("is called embedded only where embedded engines really would serve", () => {
    expect(embeddedStages(engines[0], stack(), rows)).toEqual(["stt", "llm", "tts"]);
    expect(embeddedStages(routed, stack(), rows)).toEqual(["stt", "llm", "tts"]);
    expect(embeddedStages(engines[1], stack(), rows)).toEqual([]);
    const vendors = stack({ s2s: layer(entry("openai", "gpt-realtime"), entry("speko", "cascade")) });
    expect(embeddedStages(routed, vendors, rows)).toEqual([]);
    const withModel = stack({ llm: layer(entry("ollama", "llama3"), entry("speko", "rules")) });
    expect(embeddedStages(engines[0], withModel, rows)).toEqual(["stt", "tts"]);
  });

  it("is said in words", () => {
    expect(serversOf(engines[0], stack(), rows)).toBe("POCKETSPHINX hears, a set of rules thinks, FLITE speaks");
    expect(serversOf(routed, stack(), rows)).toMatch(/^Now: POCKETSPHINX hears/);
    const vendors = stack({ s2s: layer(entry("openai", "gpt-realtime")) });
    expect(serversOf(routed, vendors, rows)).toBe("Now: OPENAI · gpt-realtime");
    expect(serversOf(engines[1], stack(), rows)).toMatch(/One model/);
    expect(serversOf(engines[0], undefined, rows)).toBe("");
  });

  it("has the voices of whoever would speak", () => {
    const voices = [
      { vendor: "flite", id: "slt", name: "SLT" },
      { vendor: "openai", id: "alloy", name: "Alloy" },
    ];
    expect(voicesFor(agentStages(stack(), rows), voices).map((voice) => voice.id)).toEqual(["slt"]);
    expect(voicesFor(agentStages(stack({ tts: null }), rows), voices)).toEqual([]);
    expect(voicesFor(undefined, voices)).toEqual([]);
  });
});
