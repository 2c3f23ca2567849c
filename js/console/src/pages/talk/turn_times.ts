/**
 * When each thing of a turn happened, on this browser's clock. Pure: events with their times in, turns out.
 *
 * A turn is what the user said and the answer to it. The gateway counts a stage's milliseconds from the user's end of
 * speech, which it knows only after it; here every stage gets a time of its own as soon as it comes.
 */

import type { ConversationMode } from "@spekoai/client";

/** What happens. `at` is this browser's clock in ms, and never goes back. */
export type TurnInput =
  | { type: "stage"; at: number; stage: string; ms: number; provider?: string; model?: string }
  | { type: "typed"; at: number; text: string }
  | { type: "said"; at: number; text: string }
  | { type: "mode"; at: number; mode: ConversationMode }
  /** The words of the answer were cut to what was heard. */
  | { type: "cut"; at: number }
  | { type: "tool_call"; at: number; callId: string; name: string }
  | { type: "tool_result"; at: number; callId: string }
  /** Whoever was to answer has failed: nothing comes of the turn that waits. */
  | { type: "failed"; at: number }
  | { type: "over"; at: number };

/** A stage that was reached. */
export interface Reached {
  /** When, on this browser's clock: the gateway's count from the user's end of speech. */
  at: number;
  /** When the browser was told. */
  toldAt: number;
  provider: string | undefined;
  model: string | undefined;
}

/** Sound that was heard; `to` is null while it still is. */
export interface Span {
  from: number;
  to: number | null;
}

/** A tool that was run here. */
export interface ToolSpan extends Span {
  callId: string;
  name: string;
}

/** One turn. Times are ms of this browser's clock. */
export interface TurnTimes {
  id: number;
  begun: number;
  typed: boolean;
  /** The user's words, as far as they are known. */
  said: string;
  /** The user's end of speech, or when text was typed; null while the user speaks. Of a greeting its beginning. */
  zero: number | null;
  /** By name. Of each the first, of `speech_ended` and `response_done` the last. */
  stages: Readonly<Record<string, Reached>>;
  heard: readonly Span[];
  tools: readonly ToolSpan[];
  /** When the answer was interrupted. */
  cutAt: number | null;
  /** Its first sound came while another answer was still being heard. */
  queued: boolean;
  /** Nothing more will come. */
  over: boolean;
}

/** All turns of a conversation so far, oldest first. */
export interface Turns {
  all: readonly TurnTimes[];
  /** Whose answer is in flight. */
  answering: number | null;
  /** Whose answer is being heard. */
  playing: number | null;
  count: number;
}

export const NO_TURNS: Turns = { all: [], answering: null, playing: null, count: 0 };

/** Older turns are forgotten. */
export const MAX_TURNS = 50;

const USERS_STAGES: readonly string[] = ["speech_started", "speech_ended", "stt_final"];
const LAST_COUNTS: readonly string[] = ["speech_ended", "response_done"];

/** The turns after `input`. */
export function take(turns: Turns, input: TurnInput): Turns {
  switch (input.type) {
    case "stage":
      return takeStage(turns, input);
    case "typed":
      return begin(closeUnanswered(turns), { at: input.at, zero: input.at, typed: true, said: input.text });
    case "said":
      return change(turns.all.length > 0 ? turns : begin(turns, { at: input.at }), usersTurn, () => ({
        said: input.text,
      }));
    case "mode":
      return input.mode === "speaking" ? startsSpeaking(turns, input.at) : stopsSpeaking(turns, input.at);
    case "cut":
      return cut(turns, input.at);
    case "tool_call":
      return callsTool(turns, input);
    case "tool_result":
      return change(
        turns,
        (all) => all.all.find((turn) => turn.tools.some((tool) => tool.callId === input.callId)),
        (turn) => ({
          tools: turn.tools.map((tool) => (tool.callId === input.callId ? { ...tool, to: tool.to ?? input.at } : tool)),
        }),
      );
    case "failed":
      return failed(turns, input.at);
    case "over":
      return { ...turns, all: turns.all.map((turn) => ended(turn, input.at)), answering: null, playing: null };
  }
}

function failed(turns: Turns, at: number): Turns {
  const last = turns.all.at(-1);
  if (last === undefined || last.zero === null || last.heard.length > 0) return turns;
  const answering = turns.answering === last.id ? null : turns.answering;
  return { ...turns, all: [...turns.all.slice(0, -1), ended(last, at)], answering };
}

/** The turn that the user's words belong to. */
export function usersTurn(turns: Turns): TurnTimes | undefined {
  return turns.all.at(-1);
}

/** The turn that the agent's words belong to. */
export function agentsTurn(turns: Turns): TurnTimes | undefined {
  const last = turns.all.at(-1);
  const waits = last !== undefined && last.zero !== null && !last.over && !isAnswered(last);
  return find(turns, turns.answering) ?? (waits ? last : (lastOf(turns.all, isAnswered) ?? last));
}

/** An answer has begun. */
export function isAnswered(turn: TurnTimes): boolean {
  return (
    turn.heard.length > 0 ||
    turn.tools.length > 0 ||
    Object.keys(turn.stages).some((stage) => !USERS_STAGES.includes(stage))
  );
}

function takeStage(turns: Turns, input: TurnInput & { type: "stage" }): Turns {
  const isUsers = USERS_STAGES.includes(input.stage);
  const before = isUsers ? ofUser(turns, input) : ofAnswer(turns, input);
  const turn = isUsers ? before.all.at(-1) : find(before, before.answering);
  if (turn === undefined) return turns;
  const isFirst = turn.stages[input.stage] === undefined || LAST_COUNTS.includes(input.stage);
  const zero = zeroAfter(turn, input);
  const at = (zero ?? input.at) + input.ms;
  const reached: Reached = { at, toldAt: input.at, provider: input.provider, model: input.model };
  const isDone = input.stage === "response_done";
  const isQueued = input.stage === "first_audio" && before.playing !== null && before.playing !== turn.id;
  const after = replace(before, {
    ...turn,
    zero,
    stages: isFirst ? { ...turn.stages, [input.stage]: reached } : turn.stages,
    queued: turn.queued || (isFirst && isQueued),
    over: isDone && turn.tools.every((tool) => tool.to !== null),
  });
  return isDone ? { ...after, answering: null } : after;
}

/** What `ms` counts from. While the user speaks it is the present, because the end of speech is not known. */
function zeroAfter(turn: TurnTimes, input: TurnInput & { type: "stage" }): number | null {
  if (input.stage === "speech_ended") return input.at - input.ms;
  if (turn.zero !== null || input.ms < 0) return turn.zero;
  return input.at - input.ms;
}

function ofUser(turns: Turns, input: { stage: string; at: number }): Turns {
  const last = turns.all.at(-1);
  if (last === undefined) return begin(turns, { at: input.at });
  if (input.stage === "speech_started") {
    const isBlank = last.zero === null && Object.keys(last.stages).length === 0 && last.heard.length === 0;
    return isBlank ? turns : begin(closeUnanswered(turns), { at: input.at });
  }
  const isOfNextTurn = isAnswered(last) && last.stages[input.stage] !== undefined;
  const wasTyped = input.stage === "speech_ended" && (last.typed || last.stages.speech_started === undefined);
  return isOfNextTurn || (wasTyped && isAnswered(last)) ? begin(turns, { at: input.at }) : turns;
}

/** The same, with the turn in `answering` that a stage of an answer belongs to. */
function ofAnswer(turns: Turns, input: { stage: string; at: number }): Turns {
  const last = turns.all.at(-1);
  if (last === undefined) return ofAnswer(begin(turns, { at: input.at }), input);
  const answering = find(turns, turns.answering);
  if (input.stage === "response_done") {
    const unfinished = answering ?? lastOf(turns.all, (turn) => isAnswered(turn) && !turn.over);
    return { ...turns, answering: unfinished?.id ?? null };
  }
  // Whoever is still speaking is not answered yet, as long as another answer is in flight.
  const isWaiting = last.zero !== null || answering === undefined || answering.cutAt !== null;
  return isWaiting ? { ...turns, answering: last.id } : turns;
}

function startsSpeaking(turns: Turns, at: number): Turns {
  if (turns.playing !== null) return turns;
  const known = turns.all.length > 0 ? turns : begin(turns, { at });
  const turn = agentsTurn(known);
  if (turn === undefined) return turns;
  const heard = { ...turn, heard: [...turn.heard, { from: at, to: null }] };
  return { ...replace(known, heard), playing: turn.id };
}

function stopsSpeaking(turns: Turns, at: number): Turns {
  const playing = find(turns, turns.playing);
  if (playing === undefined) return turns;
  // Whoever was not heard to the end, and whose user has begun to speak, was interrupted.
  const last = turns.all.at(-1);
  const isCutIn = last !== undefined && last.id !== playing.id && last.stages.speech_started !== undefined;
  const isCut = isCutIn && !playing.over;
  const after = replace(turns, {
    ...playing,
    heard: playing.heard.map((span) => ({ ...span, to: span.to ?? at })),
    cutAt: playing.cutAt ?? (isCut ? at : null),
    over: playing.over || isCut,
  });
  return { ...after, playing: null, answering: isCut && turns.answering === playing.id ? null : turns.answering };
}

function cut(turns: Turns, at: number): Turns {
  const turn = heardTurn(turns);
  if (turn === undefined) return turns;
  const answering = turns.answering === turn.id ? null : turns.answering;
  return { ...replace(turns, { ...turn, cutAt: turn.cutAt ?? at, over: true }), answering };
}

function callsTool(turns: Turns, input: { at: number; callId: string; name: string }): Turns {
  const known = turns.all.length > 0 ? turns : begin(turns, { at: input.at });
  const turn = find(known, known.answering) ?? known.all.at(-1);
  if (turn === undefined) return turns;
  const tool: ToolSpan = { callId: input.callId, name: input.name, from: input.at, to: null };
  return { ...replace(known, { ...turn, tools: [...turn.tools, tool], over: false }), answering: turn.id };
}

function begin(turns: Turns, first: { at: number; zero?: number; typed?: boolean; said?: string }): Turns {
  const turn: TurnTimes = {
    id: turns.count,
    begun: first.at,
    typed: first.typed ?? false,
    said: first.said ?? "",
    zero: first.zero ?? null,
    stages: {},
    heard: [],
    tools: [],
    cutAt: null,
    queued: false,
    over: false,
  };
  return { ...turns, all: [...turns.all, turn].slice(-MAX_TURNS), count: turns.count + 1 };
}

/** Before another turn begins: one in which nobody said a word was a noise; an unanswered one gets no answer. */
function closeUnanswered(turns: Turns): Turns {
  const last = turns.all.at(-1);
  if (last === undefined || isAnswered(last)) return turns;
  return last.said === "" ? { ...turns, all: turns.all.slice(0, -1) } : replace(turns, { ...last, over: true });
}

function ended(turn: TurnTimes, at: number): TurnTimes {
  return {
    ...turn,
    zero: turn.zero ?? at,
    heard: turn.heard.map((span) => ({ ...span, to: span.to ?? at })),
    tools: turn.tools.map((tool) => ({ ...tool, to: tool.to ?? at })),
    over: true,
  };
}

/** Whose answer is or was heard last. */
function heardTurn(turns: Turns): TurnTimes | undefined {
  return find(turns, turns.playing) ?? lastOf(turns.all, (turn) => turn.heard.length > 0);
}

function lastOf(all: readonly TurnTimes[], holds: (turn: TurnTimes) => boolean): TurnTimes | undefined {
  return all.filter(holds).at(-1);
}

function find(turns: Turns, id: number | null): TurnTimes | undefined {
  return id === null ? undefined : turns.all.find((turn) => turn.id === id);
}

function replace(turns: Turns, turn: TurnTimes): Turns {
  return { ...turns, all: turns.all.map((other) => (other.id === turn.id ? turn : other)) };
}

function change(
  turns: Turns,
  which: (turns: Turns) => TurnTimes | undefined,
  how: (turn: TurnTimes) => Partial<TurnTimes>,
): Turns {
  const turn = which(turns);
  return turn === undefined ? turns : replace(turns, { ...turn, ...how(turn) });
}
