/** What was waited for in a turn: from its stages to its parts, for every page that draws turns. Pure. */

import type { Part } from "./parts.js";

/** A part of a turn: ms on the turn's axis, whose zero is the user's end of speech, or when text was typed. */
export interface Segment {
  part: Part;
  from: number;
  to: number;
  /** It still grows. */
  live: boolean;
  /** It was done while something else was waited for: nobody waited for this. `from` and `to` are when it was done. */
  ahead: boolean;
  provider: string | null;
  model: string | null;
  /** Of a tool its name. */
  name?: string;
}

/** A stage that was reached, in ms on the turn's axis. */
export interface StageAt {
  at: number;
  provider: string | null;
  model: string | null;
}

/** A tool that ran, in ms on the turn's axis. */
export interface ToolRun {
  name: string;
  from: number;
  to: number;
  live: boolean;
}

export const NOBODY = { ahead: false, live: false, provider: null, model: null };

const WAITS: ReadonlyArray<readonly [stage: string, part: Part]> = [
  ["speech_ended", "endpointing"],
  ["stt_final", "recognition"],
  ["llm_first_token", "model"],
  ["tts_first_byte", "synthesis"],
  ["first_audio", "delivery"],
];

/** What was done so shortly before it could be used was done when it could. */
const TOGETHER_MS = 5;

/**
 * What was waited for until the first sound that the gateway sent, one part after the other, and how far that reaches.
 *
 * @param isCascade whether the engine goes from recognition to a model to a voice, for as long as the stages do not show.
 */
export function waitsOf(
  stages: ReadonlyMap<string, StageAt>,
  isCascade: boolean,
  tools: readonly ToolRun[] = [],
): { segments: Segment[]; reached: number } {
  const audio = stages.get("first_audio");
  const cascade = stages.has("llm_first_token") || stages.has("tts_first_byte") || (audio === undefined && isCascade);
  const segments: Segment[] = [];
  let reached = 0;
  for (const [name, whose] of WAITS) {
    if (name === "tts_first_byte") reached = addTools(segments, tools, reached, stages.get(name)?.at);
    const stage = stages.get(name);
    // What came after the first sound (an engine's late transcript) was not waited for.
    if (stage === undefined || (audio !== undefined && stage.at > audio.at)) continue;
    const { at, provider, model } = stage;
    // A speech-to-speech engine hears for itself: its transcript is made beside it.
    const ahead = at < reached - TOGETHER_MS || (name === "stt_final" && !cascade);
    const part = whose === "delivery" && !cascade ? "engine" : whose;
    const [from, to] = ahead ? [at, at] : [reached, Math.max(reached, at)];
    segments.push({ part, from, to, live: false, ahead, provider, model });
    if (!ahead) reached = to;
  }
  return { segments, reached };
}

/** Tools that ran before the voice began. */
function addTools(segments: Segment[], tools: readonly ToolRun[], before: number, voice: number | undefined): number {
  let reached = before;
  for (const { name, from, to, live } of tools) {
    if (voice !== undefined && from > voice) break;
    const end = Math.max(reached, to);
    segments.push({ ...NOBODY, part: "tool", from: reached, to: end, live, name });
    reached = end;
  }
  return reached;
}
