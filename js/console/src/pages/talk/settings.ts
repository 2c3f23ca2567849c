/** What the user chose for conversations, kept in this browser; and the session that follows from it. Pure. */

import type { OptimizeFor, RealtimeTool, SessionParams } from "@spekoai/sdk";
import type { Engine } from "./engines.js";

/** Everything that is kept. */
export interface TalkSettings {
  /** Id of an engine. */
  engine: string;
  /** What the agent is told to be. Empty: the engine's own. */
  prompt: string;
  /** What the gateway's own agent says first. Empty: it listens first. */
  greeting: string;
  /** By engine id. */
  voices: Readonly<Record<string, string>>;
  /** BCP-47. Like the next for what is routed. */
  language: string;
  optimizeFor: OptimizeFor;
  /** Whether the agent may call the tools of this page. */
  tools: boolean;
  /** Ids of devices. Empty: the system's own choice. */
  microphone: string;
  loudspeaker: string;
  /** 0 to 1. */
  volume: number;
  echoCancellation: boolean;
  noiseSuppression: boolean;
}

export const DEFAULTS: TalkSettings = {
  engine: "agent",
  prompt: "",
  greeting: "Hello! How can I help you?",
  voices: {},
  language: "en",
  optimizeFor: "balanced",
  tools: true,
  microphone: "",
  loudspeaker: "",
  volume: 1,
  echoCancellation: true,
  noiseSuppression: true,
};

export const OPTIMIZE_FOR: readonly OptimizeFor[] = ["balanced", "accuracy", "latency", "cost"];

/** Languages that can be chosen. */
export const LANGUAGES: readonly (readonly [tag: string, name: string])[] = [
  ["en", "English"],
  ["ar", "Arabic"],
  ["zh", "Chinese"],
  ["nl", "Dutch"],
  ["fr", "French"],
  ["de", "German"],
  ["hi", "Hindi"],
  ["it", "Italian"],
  ["ja", "Japanese"],
  ["ko", "Korean"],
  ["pl", "Polish"],
  ["pt", "Portuguese"],
  ["ru", "Russian"],
  ["es", "Spanish"],
  ["tr", "Turkish"],
];

/** Characters of a prompt, of a greeting, of a voice's name. */
export const LONGEST = { prompt: 20_000, greeting: 2_000, voice: 200 };

/** Reads what was kept; what is missing or wrong there is as at first. */
export function readSettings(kept: string | null): TalkSettings {
  const found = asObject(kept);
  const text = (name: keyof TalkSettings, longest: number): string => {
    const value = found[name];
    return typeof value === "string" && value.length <= longest ? value : String(DEFAULTS[name]);
  };
  const flag = (name: keyof TalkSettings): boolean => (found[name] ?? DEFAULTS[name]) === true;
  const volume = found.volume;
  return {
    engine: text("engine", 200),
    prompt: text("prompt", LONGEST.prompt),
    greeting: text("greeting", LONGEST.greeting),
    voices: voicesIn(found.voices),
    language: LANGUAGES.find(([tag]) => tag === found.language)?.[0] ?? DEFAULTS.language,
    optimizeFor: OPTIMIZE_FOR.find((known) => known === found.optimizeFor) ?? DEFAULTS.optimizeFor,
    tools: flag("tools"),
    microphone: text("microphone", 500),
    loudspeaker: text("loudspeaker", 500),
    volume: typeof volume === "number" && volume >= 0 && volume <= 1 ? volume : DEFAULTS.volume,
    echoCancellation: flag("echoCancellation"),
    noiseSuppression: flag("noiseSuppression"),
  };
}

/** The session to ask the gateway for. */
export function sessionFor(
  settings: TalkSettings,
  engine: Engine,
  tools: readonly RealtimeTool[],
): SessionParams & { mode: "s2s" } {
  const voice = settings.voices[engine.id]?.trim();
  const isVendors = engine.kind === "vendor";
  const greeting = settings.greeting.trim();
  return {
    mode: "s2s",
    ...(isVendors ? {} : { intent: { language: settings.language, optimizeFor: settings.optimizeFor } }),
    s2s: {
      ...(engine.provider !== undefined && engine.model !== undefined
        ? { provider: engine.provider, model: engine.model }
        : {}),
      ...(isVendors && voice ? { voice } : {}),
      ...(settings.prompt.trim() ? { systemPrompt: settings.prompt.trim() } : {}),
      ...(settings.tools ? { tools: [...tools] } : {}),
    },
    ...(!isVendors && voice ? { voice } : {}),
    ...(!isVendors && greeting ? { firstMessage: greeting } : {}),
    metadata: { from: "console" },
  };
}

/** What a change of these needs another conversation for. */
const BY_SESSION = ["engine", "prompt", "greeting", "voices", "language", "optimizeFor", "tools"] as const;
const BY_SOUND = ["microphone", "loudspeaker", "echoCancellation", "noiseSuppression"] as const;

/** Whether a conversation that began with `then` does not have all of `now`. */
export function differs(then: TalkSettings, now: TalkSettings): boolean {
  return [...BY_SESSION, ...BY_SOUND].some((name) => JSON.stringify(then[name]) !== JSON.stringify(now[name]));
}

function asObject(kept: string | null): Record<string, unknown> {
  try {
    const found: unknown = JSON.parse(kept ?? "{}");
    return typeof found === "object" && found !== null ? { ...found } : {};
  } catch {
    return {};
  }
}

function voicesIn(value: unknown): Record<string, string> {
  if (typeof value !== "object" || value === null) return {};
  const kept = Object.entries(value).filter(
    (entry): entry is [string, string] => typeof entry[1] === "string" && entry[1].length <= LONGEST.voice,
  );
  return Object.fromEntries(kept.slice(0, 50));
}
