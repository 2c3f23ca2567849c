/** The picture of one turn: what its time went into, on an axis whose zero is the user's end of speech. Pure. */

import { isAnswered, type TurnTimes } from "./turn_times.js";

/**
 * What the time of a turn goes into, in order. `engine` stands for everything inside a speech-to-speech engine, `tool`
 * for a tool that runs here, `playout` for the network and the buffer before the loudspeaker, `waiting` for what is
 * under way and has no name until it is done.
 */
export const PARTS = [
  "speech",
  "endpointing",
  "recognition",
  "model",
  "tool",
  "synthesis",
  "delivery",
  "engine",
  "playout",
  "waiting",
  "answer",
] as const;
export type Part = (typeof PARTS)[number];

/** For people. */
export const PART_NAMES: Record<Part, string> = {
  speech: "You speak",
  endpointing: "Endpointing",
  recognition: "Recognition",
  model: "Model",
  tool: "Tool",
  synthesis: "Voice",
  delivery: "Gateway",
  engine: "Speech model",
  playout: "Playout",
  waiting: "Waiting",
  answer: "Agent speaks",
};

/** A part of a turn: ms on the turn's axis. */
export interface Segment {
  part: Part;
  from: number;
  to: number;
  /** It still grows. */
  live: boolean;
  /** It was done while something else was waited for: nobody waited for this. `from` and `to` are when it was done. */
  ahead: boolean;
  provider: string | undefined;
  model: string | undefined;
  /** Of a tool its name. */
  name?: string;
}

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

const WAITS: ReadonlyArray<readonly [stage: string, part: Part]> = [
  ["speech_ended", "endpointing"],
  ["stt_final", "recognition"],
  ["llm_first_token", "model"],
  ["tts_first_byte", "synthesis"],
  ["first_audio", "delivery"],
];

/** What was done so shortly before it could be used was done when it could. */
const TOGETHER_MS = 5;

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
  const segments = speechOf(turn, zero, speaksStill);
  const reached = addWaits(segments, turn, zero, now, isCascade);
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
    .map((segment) => `${PART_NAMES[segment.part]} ${Math.round(segment.to - segment.from)}`);
  const total = picture.heardMs === null ? null : `${Math.round(picture.heardMs)} ms to the first sound`;
  const cut = picture.cutMs === null ? null : "interrupted";
  return [total, parts.join(", "), cut].filter((part) => part !== null && part !== "").join("; ");
}

function speechOf(turn: TurnTimes, zero: number, live: boolean): Segment[] {
  const started = turn.stages.speech_started;
  if (started === undefined || started.at >= zero) return [];
  return [{ ...NOBODY, part: "speech", from: started.at - zero, to: 0, live }];
}

/** Adds what was waited for until the first sound, and returns how far it reaches. */
function addWaits(segments: Segment[], turn: TurnTimes, zero: number, now: number, expected: boolean): number {
  const audio = turn.stages.first_audio;
  const isCascade = showsCascade(turn) || (audio === undefined && expected);
  let reached = 0;
  for (const [name, whose] of WAITS) {
    const stage = turn.stages[name];
    if (name === "tts_first_byte") reached = addTools(segments, turn, zero, reached, now);
    // What came after the first sound (an engine's late transcript) was not waited for.
    if (stage === undefined || (audio !== undefined && stage.at > audio.at)) continue;
    const at = stage.at - zero;
    // A speech-to-speech model hears for itself: its transcript is made beside it.
    const ahead = at < reached - TOGETHER_MS || (name === "stt_final" && !isCascade);
    segments.push({
      part: whose === "delivery" && !isCascade ? "engine" : whose,
      from: ahead ? at : reached,
      to: ahead ? at : Math.max(reached, at),
      live: false,
      ahead,
      provider: stage.provider,
      model: stage.model,
    });
    if (!ahead) reached = Math.max(reached, at);
  }
  return addPlayout(segments, turn, zero, reached);
}

/** From the first sound that the gateway sent to the first that was heard. */
function addPlayout(segments: Segment[], turn: TurnTimes, zero: number, reached: number): number {
  const audio = turn.stages.first_audio;
  const heard = turn.heard[0];
  if (heard === undefined || audio === undefined || turn.queued) return reached;
  const at = heard.from - zero;
  segments.push({ ...NOBODY, part: "playout", from: Math.min(reached, at), to: at, live: false });
  return Math.max(reached, at);
}

function showsCascade(turn: TurnTimes): boolean {
  return turn.stages.llm_first_token !== undefined || turn.stages.tts_first_byte !== undefined;
}

/** Tools that ran before the voice began. */
function addTools(segments: Segment[], turn: TurnTimes, zero: number, before: number, now: number): number {
  let reached = before;
  for (const tool of turn.tools) {
    const voice = turn.stages.tts_first_byte;
    if (voice !== undefined && tool.from > voice.at) break;
    const to = Math.max(reached, (tool.to ?? now) - zero);
    segments.push({ ...NOBODY, part: "tool", from: reached, to, live: tool.to === null, name: tool.name });
    reached = to;
  }
  return reached;
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

const NOBODY = { ahead: false, provider: undefined, model: undefined };
