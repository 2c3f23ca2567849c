/** A session's turns as rows of a waterfall: what each turn waited for, one part after the other, on an axis whose zero
 * is the user's end of speech. Pure. */

import type { TurnStage, TurnTiming } from "@spekoai/sdk";
import type { Interval } from "../../charts/scale.js";
import { median } from "../../turn/median.js";
import { NOBODY, type Segment, waitsOf } from "../../turn/waits.js";

/** What is known of the session that the turns are of. */
export interface SessionTraits {
  /** Its engine goes from recognition to a model to a voice. */
  isCascade: boolean;
  /** The agent says the first words. */
  greets: boolean;
}

/** One turn, ready to draw. */
export interface TurnRow {
  index: number;
  /** Epoch ms; null where the gateway's time could not be read. */
  startedAt: number | null;
  /** Epoch ms of the axis' zero. */
  zeroAt: number | null;
  /** How the user asked; `unasked`: the agent began by itself. */
  kind: "spoken" | "typed" | "unasked";
  interrupted: boolean;
  /** From the zero to the first sound of the answer; null where nobody had asked, or without an answer. */
  firstAudioMs: number | null;
  segments: Segment[];
  /** How far the segments reach. */
  end: number;
}

/** All turns and the axes that they share, in ms. */
export interface Waterfall {
  rows: TurnRow[];
  /** From the first sound to the end of the last answer. */
  whole: Interval;
  /** Up to the first sound of the answers: what a caller waits for. */
  wait: Interval;
}

/** How much of what was said before is shown when only the wait is. */
const LEAD_MS = 250;

/** The rows, by index, and their axes. */
export function waterfall(turns: readonly TurnTiming[], session: SessionTraits): Waterfall {
  const rows = turns.map((turn) => turnRow(turn, session)).sort((a, b) => a.index - b.index);
  const ends = rows.flatMap((row) => row.segments);
  const first = Math.min(0, ...ends.map((segment) => segment.from));
  const last = Math.max(0, ...rows.map((row) => row.end));
  const heard = Math.max(0, ...ends.filter((segment) => segment.part !== "answer").map((segment) => segment.to));
  return {
    rows,
    whole: [first, Math.max(last, first + 1)],
    wait: [Math.max(first, -LEAD_MS), Math.max(heard, 1)],
  };
}

function turnRow(turn: TurnTiming, session: SessionTraits): TurnRow {
  const stages = firstOfEach(turn.stages);
  const started = stages.get("speech_started");
  const startedAt = epoch(turn.startedAt);
  const spoke = started !== undefined || stages.has("speech_ended");
  // The greeting is the first turn, and no model has thought about it.
  const isGreeting = session.greets && turn.index === 0 && !stages.has("llm_first_token");
  const kind = spoke ? "spoken" : isGreeting ? "unasked" : "typed";
  const segments = segmentsOf(stages, session.isCascade);
  return {
    index: turn.index,
    startedAt,
    zeroAt: startedAt === null ? null : startedAt - Math.min(0, started?.ms ?? 0),
    kind,
    interrupted: turn.interrupted,
    firstAudioMs: kind === "unasked" ? null : (stages.get("first_audio")?.ms ?? null),
    segments,
    end: Math.max(0, ...segments.map((segment) => segment.to)),
  };
}

function segmentsOf(stages: ReadonlyMap<string, TurnStage>, isCascade: boolean): Segment[] {
  const reachedAt = [...stages].map(([name, { ms: at, provider, model }]) => [name, { at, provider, model }] as const);
  const { segments, reached } = waitsOf(new Map(reachedAt), isCascade);
  const started = stages.get("speech_started");
  if (started !== undefined && started.ms < 0) segments.unshift({ ...NOBODY, part: "speech", from: started.ms, to: 0 });
  const done = stages.get("response_done");
  if (stages.has("first_audio") && done !== undefined && done.ms > reached) {
    const { ms: to, provider, model } = done;
    segments.push({ ...NOBODY, part: "answer", from: reached, to, provider, model });
  }
  return segments;
}

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

/** The middle of the waits that are known, in ms; null without any. */
export function medianWait(rows: readonly TurnRow[]): number | null {
  return median(rows.flatMap((row) => row.firstAudioMs ?? []));
}
