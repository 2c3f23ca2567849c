/**
 * What was said and called, in order. Pure.
 *
 * Words of one side grow: the same segment comes again with more text until it is final. The final words of an answer
 * that was interrupted are fewer than those before: the rest was not heard, and is kept as `unheard`.
 */

import type { ConversationMessage } from "@spekoai/client";

/** Words of one side. */
export interface Words {
  kind: "words";
  key: string;
  /** The turn that they belong to. */
  turn: number;
  source: "agent" | "user";
  text: string;
  isFinal: boolean;
  /** What was said after the words that were heard. */
  unheard: string;
  segmentId: string | undefined;
}

/** A tool that the agent called. */
export interface ToolUse {
  kind: "tool";
  key: string;
  turn: number;
  callId: string;
  name: string;
  /** As it came: JSON text. */
  arguments: string;
  /** null while it runs. */
  output: string | null;
  failed: boolean;
}

export type Entry = Words | ToolUse;

/** Oldest first. `count` makes keys. */
export interface Transcript {
  entries: readonly Entry[];
  count: number;
}

export const NOTHING_SAID: Transcript = { entries: [], count: 0 };

/** Older entries are forgotten. */
export const MAX_ENTRIES = 500;

/** The transcript after a message, and whether it cut an answer to what was heard. */
export function withMessage(
  transcript: Transcript,
  message: ConversationMessage,
  turn: number,
): { transcript: Transcript; cut: boolean } {
  const before = utteranceOf(transcript.entries, message, turn);
  if (before === undefined) {
    return { transcript: insert(transcript, wordsOf(message, turn, transcript.count)), cut: false };
  }
  const cut = message.source === "agent" && message.isFinal && isCut(fullText(before), message.text);
  const after: Words = {
    ...before,
    text: message.text,
    isFinal: before.isFinal || message.isFinal,
    unheard: cut ? fullText(before).slice(message.text.length).trim() : "",
  };
  const entries = transcript.entries.map((entry) => (entry === before ? after : entry));
  return { transcript: { ...transcript, entries }, cut };
}

/** The transcript after a tool call. */
export function withToolCall(
  transcript: Transcript,
  call: { callId: string; name: string; arguments: string },
  turn: number,
): Transcript {
  const tool: ToolUse = { kind: "tool", key: `tool-${transcript.count}`, turn, ...call, output: null, failed: false };
  return insert(transcript, tool);
}

/** The transcript after the output of a tool. */
export function withToolOutput(transcript: Transcript, callId: string, output: string, failed: boolean): Transcript {
  const entries = transcript.entries.map((entry) =>
    entry.kind === "tool" && entry.callId === callId && entry.output === null ? { ...entry, output, failed } : entry,
  );
  return { ...transcript, entries };
}

/** What comes with an id belongs to the words of that id; what comes without, to the last words of its side in the same
 * turn, if they are still growing or are cut now. */
function utteranceOf(entries: readonly Entry[], message: ConversationMessage, turn: number): Words | undefined {
  const { source, segmentId } = message;
  const ofSide = entries.filter((entry): entry is Words => entry.kind === "words" && entry.source === source);
  if (segmentId !== undefined) return ofSide.filter((words) => words.segmentId === segmentId).at(-1);
  const last = ofSide.at(-1);
  if (last === undefined || last.turn !== turn) return undefined;
  const isSame = !last.isFinal || (source === "agent" && message.isFinal && last.text.startsWith(message.text));
  return isSame ? last : undefined;
}

function isCut(before: string, after: string): boolean {
  return after.length < before.length && before.startsWith(after.trimEnd());
}

function fullText(words: Words): string {
  return words.unheard === "" ? words.text : `${words.text} ${words.unheard}`;
}

function wordsOf(message: ConversationMessage, turn: number, count: number): Words {
  return {
    kind: "words",
    key: `words-${count}`,
    turn,
    source: message.source,
    text: message.text,
    isFinal: message.isFinal,
    unheard: "",
    segmentId: message.segmentId,
  };
}

/** The user's words of a turn stand before the answer to them, also when an engine writes them down later. */
function insert(transcript: Transcript, entry: Entry): Transcript {
  const isUsers = entry.kind === "words" && entry.source === "user";
  const later = transcript.entries.findIndex(
    (other) => other.turn > entry.turn || (isUsers && other.turn === entry.turn && !isUserWords(other)),
  );
  const at = later < 0 ? transcript.entries.length : later;
  const entries = [...transcript.entries.slice(0, at), entry, ...transcript.entries.slice(at)];
  return { entries: entries.slice(-MAX_ENTRIES), count: transcript.count + 1 };
}

function isUserWords(entry: Entry): boolean {
  return entry.kind === "words" && entry.source === "user";
}
