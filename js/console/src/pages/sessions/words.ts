/** A session's facts in words. Pure. */

import type { Session } from "@spekoai/sdk";
import type { Tone } from "../../ui/index.js";

/** Statuses after which nothing happens any more. */
const OVER: ReadonlySet<string> = new Set(["ended", "failed", "completed"]);

/** Whether a session still goes on, or may yet begin. */
export function isLive(session: Pick<Session, "status">): boolean {
  return !OVER.has(session.status);
}

/** Whether nobody ever came: then there is no length, and no call of a vendor. */
export function nobodyCame(session: Pick<Session, "status" | "endReason" | "provider">): boolean {
  return session.status === "created" || (session.endReason === "expired" && session.provider === null);
}

/** ms from its creation to its end, or until now; null where nobody has joined it. */
export function lengthMs(
  session: Pick<Session, "status" | "createdAt" | "endedAt" | "endReason" | "provider">,
  now: number,
): number | null {
  if (nobodyCame(session)) return null;
  const from = Date.parse(session.createdAt);
  const to = session.endedAt === null ? (isLive(session) ? now : Number.NaN) : Date.parse(session.endedAt);
  return Number.isNaN(to - from) ? null : Math.max(0, to - from);
}

const STATUS: Record<string, { words: string; tone: Tone }> = {
  created: { words: "Waiting", tone: "neutral" },
  connecting: { words: "Connecting", tone: "info" },
  dialing: { words: "Dialling", tone: "info" },
  active: { words: "Live", tone: "ok" },
  ended: { words: "Ended", tone: "neutral" },
  completed: { words: "Completed", tone: "neutral" },
  failed: { words: "Failed", tone: "danger" },
};

/** Whether its engine is the gateway's own agent, as far as the calls show: that one asks vendors of other layers. */
export function isCascade(calls: ReadonlyArray<{ modality: string }>): boolean {
  return calls.length === 0 || calls.some(({ modality }) => modality !== "s2s");
}

/** Whether the agent was given words to begin with. */
export function greets(session: Pick<Session, "pipelineConfig">): boolean {
  const { cascade } = session.pipelineConfig;
  return typeof cascade === "object" && cascade !== null && "firstMessage" in cascade && Boolean(cascade.firstMessage);
}

/** A status in words. */
export function statusWords(status: string): { words: string; tone: Tone } {
  return STATUS[status] ?? { words: humanised(status), tone: "neutral" };
}

const KINDS: Record<string, string> = { s2s: "Socket", cascade: "Room", phone: "Phone" };

/** How callers reach a session. */
export function kindWords(kind: string): string {
  return KINDS[kind] ?? kind;
}

const END_REASONS: Record<string, string> = {
  client_closed: "The client hung up",
  client_lost: "The client was lost",
  gateway_lost: "The gateway went down",
  expired: "Its time was over",
  idle_timeout: "Nothing came from the client for too long",
  agent_ended: "The agent ended the call",
  insufficient_credits: "The credits were used up",
  limit_reached: "A limit was reached",
  server_shutdown: "The gateway was stopped",
  flood: "The client sent too many bad frames",
};

/** Why a session ended. */
export function endWords(session: Pick<Session, "status" | "endReason" | "provider">): string {
  const reason = session.endReason;
  if (reason === "expired" && nobodyCame(session)) return "Nobody came in time";
  return reason === null || reason === "" ? "–" : (END_REASONS[reason] ?? humanised(reason));
}

/** What is special about how a turn began; empty for one that was spoken. */
export function askedWords(kind: "spoken" | "typed" | "unasked"): string {
  return { spoken: "", typed: "typed", unasked: "agent began" }[kind];
}

const OUTCOMES: Record<string, { words: string; tone: Tone }> = {
  served: { words: "Served", tone: "ok" },
  failed: { words: "Failed", tone: "danger" },
  cancelled: { words: "Cancelled", tone: "neutral" },
};

/** What became of a call. */
export function outcomeWords(outcome: string): { words: string; tone: Tone } {
  return OUTCOMES[outcome] ?? { words: humanised(outcome), tone: "neutral" };
}

/** `first_byte_timeout` as `First byte timeout`; a sentence stays as it is. */
export function humanised(name: string): string {
  const text = /^[\w-]+$/.test(name) ? name.replace(/[_-]+/g, " ").toLowerCase() : name;
  return text.charAt(0).toUpperCase() + text.slice(1);
}
