/**
 * Following a session over many connections, without I/O: what is new, where to go on, and how long to wait.
 *
 * Source: contract, sessions 6.
 */

import { invalidResponse, SpekoApiError, streamError } from "../http/errors.js";
import { jsonObject } from "../http/json.js";
import type { ServerSentEvent } from "../http/sse.js";
import type { CallEvent, SessionEvent, Turn } from "../types/sessions.js";

/** Connections in a row without a frame, after which a session is given up. */
const FAILURES = 10;
/** Of event time: the gateway repeats the last two seconds to whoever comes back. */
const REMEMBERED_MS = 10_000;
const DELAY_MS = 500;
const LONGEST_DELAY_MS = 5000;
const KNOWN = new Set(["status", "transcript", "event", "end", "error"]);

/** What one caller has seen of a session. */
export class Observation {
  /** The session is over. */
  ended = false;
  /** The gateway wants another connection. */
  rotated = false;
  #turn: number;
  #eventMs: number;
  #status = "";
  /** Ids of the events that were seen, with their times in ms. */
  readonly #seen = new Map<string, number>();
  #failures = 0;
  #anyFrame = false;

  constructor(cursor: string | undefined) {
    // A malformed one is the start, as it is at the gateway.
    const parts = /^(-1|\d{1,9}):(\d{1,16})$/.exec(cursor ?? "");
    this.#turn = Number(parts?.[1] ?? -1);
    this.#eventMs = Number(parts?.[2] ?? 0);
  }

  /** Where to go on. */
  get cursor(): string {
    return `${this.#turn}:${this.#eventMs}`;
  }

  /** A connection begins. */
  connect(): void {
    this.#anyFrame = false;
    this.rotated = false;
  }

  /** It is over before the session is. Returns the milliseconds to wait before the next; throws when it makes no sense
   * to go on. */
  lost(): number {
    this.#failures = this.#anyFrame ? 0 : this.#failures + 1;
    if (this.#failures >= FAILURES) {
      throw new SpekoApiError("The gateway cannot be reached any more.", 0, "STREAM_DISCONNECTED");
    }
    return Math.min(DELAY_MS * Math.max(this.#failures, 1), LONGEST_DELAY_MS);
  }

  /** The event, if it is new. Throws SpekoApiError for an `error`, and for what cannot be read. */
  take(raw: ServerSentEvent): SessionEvent | undefined {
    if (!KNOWN.has(raw.name)) {
      return undefined;
    }
    const members = jsonObject(raw.data);
    if (members === undefined) {
      throw invalidResponse(`The gateway sent a ${raw.name} event that cannot be read.`, 200, undefined);
    }
    this.#anyFrame = true;
    if (raw.name === "error") {
      const { error, code } = streamError(members);
      throw new SpekoApiError(error, 200, code);
    }
    const event = { ...members, type: raw.name } as unknown as SessionEvent;
    return this.#isNew(event) ? event : undefined;
  }

  #isNew(event: SessionEvent): boolean {
    switch (event.type) {
      case "status":
        return this.#isOtherStatus(`${event.status} ${event.endedAt}`);
      case "transcript":
        return this.#isLaterTurn(event);
      case "event":
        return this.#isUnseenEvent(event);
      case "end":
        this.rotated = event.reason === "timeout";
        this.ended = !this.rotated;
        return this.ended;
    }
  }

  /** Each connection begins with the status. */
  #isOtherStatus(status: string): boolean {
    const other = status !== this.#status;
    this.#status = status;
    return other;
  }

  #isLaterTurn({ index }: Turn): boolean {
    const later = index > this.#turn;
    this.#turn = later ? index : this.#turn;
    return later;
  }

  #isUnseenEvent({ id, created_at }: CallEvent): boolean {
    if (this.#seen.has(id)) {
      return false;
    }
    const at = Date.parse(created_at);
    this.#eventMs = Math.max(this.#eventMs, Number.isNaN(at) ? 0 : at);
    this.#seen.set(id, Number.isNaN(at) ? this.#eventMs : at);
    for (const [old, ms] of this.#seen) {
      if (ms <= this.#eventMs - REMEMBERED_MS) {
        this.#seen.delete(old);
      }
    }
    return true;
  }
}
