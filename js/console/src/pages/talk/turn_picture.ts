/** The picture of one turn: what its time went into, on an axis whose zero is the user's end of speech. Pure. */

import { PART_NAMES } from "../../turn/parts.js";
import { NOBODY, type Segment, type StageAt, type ToolRun, waitsOf } from "../../turn/waits.js";
import { isAnswered, type TurnTimes } from "./turn_times.js";

/** What the parts are called where the user is the reader. */
export const YOUR_PARTS = { ...PART_NAMES, speech: "You speak" };

/** A turn, ready to draw. All ms count from the user's end of speech, or from when text was typed. */
export interface TurnPicture {
  id: number;
  kind: "spoken" | "typed" | "unasked";
  said: string;
  segments: Segment[];
  /** From the user's end of speech to the first sound that was heard here; null without either. */
  heardMs: number | null;
  /** When the answer was interrupted. */
  cutMs: number | null;
  /** The answer stood in line behind another one. */
  queued: boolean;
  live: boolean;
  /** How far the turn has come; `now` while it is live. */
  end: number;
}

/** Nothing is waited for longer than this: then the picture stops growing. Speech in which no words are found by then was
 * a noise. ms. */
const PATIENCE_MS = { words: 20_000, noWords: 4_000 };

/**
 * The picture of `turn` at the time `now` (ms of this browser's clock). `isCascade`: whether its engine goes from
 * recognition to a model to a voice, for as long as the turn does not show it.
 */
export function pictureOf(turn: TurnTimes, now: number, isCascade = true): TurnPicture {
  const spoke = turn.stages.speech_started !== undefined || turn.stages.speech_ended !== undefined;
  const zero = turn.zero ?? (spoke ? now : turn.begun);
  const speaksStill = turn.zero === null && spoke && !turn.over;
  const waited = waitsOf(stagesOf(turn, zero), isCascade, toolsOf(turn, zero, now));
  const segments = [...speechOf(turn, zero, speaksStill), ...waited.segments];
  const reached = addPlayout(segments, turn, zero, waited.reached);
  const answer = answerOf(turn, zero, now);
  const isOpen = turn.heard.some((span) => span.to === null);
  const patience = turn.said === "" && !isAnswered(turn) ? PATIENCE_MS.noWords : PATIENCE_MS.words;
  const isAsked = (spoke || turn.typed) && turn.zero !== null && now - turn.zero < patience;
  const isWaiting = !turn.over && !speaksStill && answer.length === 0 && isAsked;
  const runsTool = turn.tools.some((tool) => tool.to === null);
  if (isWaiting && !runsTool) {
    const to = Math.max(reached, now - zero);
    segments.push({ ...NOBODY, part: "waiting", from: reached, to, live: true });
  }
  segments.push(...answer);
  const live = isOpen || speaksStill || isWaiting || runsTool;
  return {
    id: turn.id,
    kind: turn.typed ? "typed" : spoke ? "spoken" : "unasked",
    said: turn.said,
    segments,
    heardMs: heardMs(turn),
    cutMs: turn.cutAt === null ? null : turn.cutAt - zero,
    queued: turn.queued,
    live,
    end: Math.max(0, ...segments.map((segment) => segment.to)),
  };
}

/** What a caller waited for, in order: the parts between the end of speech and the first sound. */
export function waits(picture: TurnPicture): Segment[] {
  return picture.segments.filter((segment) => segment.part !== "speech" && segment.part !== "answer");
}

/** One line for people and screen readers. */
export function sentenceOf(picture: TurnPicture): string {
  const parts = waits(picture)
    .filter((segment) => !segment.ahead && !segment.live)
    .map((segment) => `${YOUR_PARTS[segment.part]} ${Math.round(segment.to - segment.from)}`);
  const total = picture.heardMs === null ? null : `${Math.round(picture.heardMs)} ms to the first sound`;
  const cut = picture.cutMs === null ? null : "interrupted";
  return [total, parts.join(", "), cut].filter((part) => part !== null && part !== "").join("; ");
}

function speechOf(turn: TurnTimes, zero: number, live: boolean): Segment[] {
  const started = turn.stages.speech_started;
  if (started === undefined || started.at >= zero) return [];
  return [{ ...NOBODY, part: "speech", from: started.at - zero, to: 0, live }];
}

function stagesOf(turn: TurnTimes, zero: number): Map<string, StageAt> {
  return new Map(
    Object.entries(turn.stages).map(([name, { at, provider = null, model = null }]) => [
      name,
      { at: at - zero, provider, model },
    ]),
  );
}

function toolsOf(turn: TurnTimes, zero: number, now: number): ToolRun[] {
  return turn.tools.map(({ name, from, to }) => ({
    name,
    from: from - zero,
    to: (to ?? now) - zero,
    live: to === null,
  }));
}

/** From the first sound that the gateway sent to the first that was heard. */
function addPlayout(segments: Segment[], turn: TurnTimes, zero: number, reached: number): number {
  const audio = turn.stages.first_audio;
  const heard = turn.heard[0];
  if (heard === undefined || audio === undefined || turn.queued) return reached;
  const at = heard.from - zero;
  segments.push({ ...NOBODY, part: "playout", from: Math.min(reached, at), to: at });
  return Math.max(reached, at);
}

function answerOf(turn: TurnTimes, zero: number, now: number): Segment[] {
  return turn.heard.map((span) => ({
    ...NOBODY,
    part: "answer" as const,
    from: span.from - zero,
    to: (span.to ?? now) - zero,
    live: span.to === null,
  }));
}

function heardMs(turn: TurnTimes): number | null {
  const heard = turn.heard[0];
  const isAsked = turn.typed || turn.stages.speech_ended !== undefined;
  return heard === undefined || turn.zero === null || turn.queued || !isAsked ? null : heard.from - turn.zero;
}
