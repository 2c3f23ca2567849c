/** A session's turns as rows of a waterfall: what each turn waited for, one part after the other, on an axis whose zero
 * is the user's end of speech. Pure. */

import type { TurnStage, TurnTiming } from "@spekoai/sdk";
import type { Interval } from "../../charts/scale.js";

/** What the time of a turn went into, in order. `engine` stands for everything inside a speech-to-speech engine. */
export const PARTS = [
  "speech",
  "endpointing",
  "recognition",
  "model",
  "synthesis",
  "delivery",
  "engine",
  "answer",
] as const;
export type Part = (typeof PARTS)[number];

/** A part of a turn, in ms on the turn's axis. A part that was done while another one was waited for has no length. */
export interface Segment {
  part: Part;
  from: number;
  to: number;
  provider: string | null;
  model: string | null;
}

/** One turn, ready to draw. */
export interface TurnRow {
  index: number;
  /** Epoch ms; null where the gateway's time could not be read. */
  startedAt: number | null;
  /** Epoch ms of the axis' zero. */
  zeroAt: number | null;
  /** Nobody spoke: the words were typed, or the agent began by itself. */
  silent: boolean;
  interrupted: boolean;
  /** From the user's end of speech to the first sound of the answer; null without speech or without an answer. */
  firstAudioMs: number | null;
  segments: Segment[];
}

/** All turns and the axes that they share, in ms. */
export interface Waterfall {
  rows: TurnRow[];
  /** From the first sound to the end of the last answer. */
  whole: Interval;
  /** Up to the first sound of the answers: what a caller waits for. */
  wait: Interval;
}

const WAITS: ReadonlyArray<readonly [stage: string, part: Part]> = [
  ["speech_ended", "endpointing"],
  ["stt_final", "recognition"],
  ["llm_first_token", "model"],
  ["tts_first_byte", "synthesis"],
  ["first_audio", "delivery"],
];

/** How much of what was said before is shown when only the wait is. */
const LEAD_MS = 250;

/** The rows, by index, and their axes. */
export function waterfall(turns: readonly TurnTiming[]): Waterfall {
  const rows = turns.map(turnRow).sort((a, b) => a.index - b.index);
  const ends = rows.flatMap((row) => row.segments);
  const first = Math.min(0, ...ends.map((segment) => segment.from));
  const last = Math.max(0, ...ends.map((segment) => segment.to));
  const heard = Math.max(0, ...ends.filter((segment) => segment.part !== "answer").map((segment) => segment.to));
  return {
    rows,
    whole: [first, Math.max(last, first + 1)],
    wait: [Math.max(first, -LEAD_MS), Math.max(heard, 1)],
  };
}

function turnRow(turn: TurnTiming): TurnRow {
  const stages = firstOfEach(turn.stages);
  const started = stages.get("speech_started");
  const startedAt = epoch(turn.startedAt);
  const spoke = started !== undefined || stages.has("speech_ended");
  return {
    index: turn.index,
    startedAt,
    zeroAt: startedAt === null ? null : startedAt - Math.min(0, started?.ms ?? 0),
    silent: !spoke,
    interrupted: turn.interrupted,
    firstAudioMs: spoke ? (stages.get("first_audio")?.ms ?? null) : null,
    segments: segmentsOf(stages),
  };
}

function segmentsOf(stages: ReadonlyMap<string, TurnStage>): Segment[] {
  const segments: Segment[] = [];
  const started = stages.get("speech_started");
  if (started !== undefined && started.ms < 0) segments.push({ part: "speech", from: started.ms, to: 0, ...NOBODY });
  const audio = stages.get("first_audio");
  const cascade = stages.has("llm_first_token") || stages.has("tts_first_byte");
  let reached = 0;
  for (const [name, part] of WAITS) {
    const stage = stages.get(name);
    // What came after the first sound (an engine's late transcript) was not waited for.
    if (stage === undefined || (audio !== undefined && stage.ms > audio.ms)) continue;
    // Nor is the transcript of an engine that hears for itself.
    if (part === "recognition" && audio !== undefined && !cascade) continue;
    const to = Math.max(reached, stage.ms);
    const whose = part === "delivery" && !cascade ? "engine" : part;
    segments.push({ part: whose, from: reached, to, provider: stage.provider, model: stage.model });
    reached = to;
  }
  const done = stages.get("response_done");
  if (audio !== undefined && done !== undefined && done.ms > reached) {
    segments.push({ part: "answer", from: reached, to: done.ms, provider: done.provider, model: done.model });
  }
  return segments;
}

const NOBODY = { provider: null, model: null };

/** By name; the gateway keeps one time per stage, and of anything else the first counts. */
function firstOfEach(stages: readonly TurnStage[]): Map<string, TurnStage> {
  const found = new Map<string, TurnStage>();
  for (const stage of stages) if (Number.isFinite(stage.ms) && !found.has(stage.stage)) found.set(stage.stage, stage);
  return found;
}

/** Epoch ms of an ISO time. */
export function epoch(iso: string | null | undefined): number | null {
  const ms = iso ? Date.parse(iso) : Number.NaN;
  return Number.isNaN(ms) ? null : ms;
}

/** The middle value of the waits that are known, in ms; of an even number the mean of the two. */
export function medianWait(rows: readonly TurnRow[]): number | null {
  const waits = rows.flatMap((row) => (row.firstAudioMs === null ? [] : [row.firstAudioMs])).sort((a, b) => a - b);
  const middle = waits.length / 2;
  const [low, high] = [waits[Math.ceil(middle) - 1], waits[Math.floor(middle)]];
  return low === undefined || high === undefined ? null : (low + high) / 2;
}
