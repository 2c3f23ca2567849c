/** Sessions: made, looked at, and watched. */

import { pathOf } from "../http/url.js";
import type {
  CascadeSession,
  DeletedSession,
  S2sSession,
  Session,
  SessionPage,
  SessionParams,
  SessionStreamOptions,
  SessionsQuery,
  SessionTranscript,
  SessionTurns,
  TurnInput,
} from "../types/sessions.js";
import { Resource } from "./resource.js";
import { SessionStream } from "./session_stream.js";

export interface CreateSessionOptions {
  /** Whoever sends it again within a day gets the same session again. */
  idempotencyKey?: string | undefined;
  signal?: AbortSignal | undefined;
}

/** Conversations. */
export class SessionsResource extends Resource {
  /** Makes a session. What comes back opens a socket, or a media room. */
  create(params: SessionParams & { mode: "s2s" }, options?: CreateSessionOptions): Promise<S2sSession>;
  create(params: SessionParams & { mode: "cascade" }, options?: CreateSessionOptions): Promise<CascadeSession>;
  create(params: SessionParams, options?: CreateSessionOptions): Promise<S2sSession | CascadeSession>;
  create(params: SessionParams, options: CreateSessionOptions = {}): Promise<S2sSession | CascadeSession> {
    const { idempotencyKey, signal } = options;
    const headers = idempotencyKey === undefined ? undefined : { "Idempotency-Key": idempotencyKey };
    return this.transport.json({ method: "POST", path: pathOf("sessions"), headers, json: params, signal });
  }

  /** Sessions, newest first. Filters add up. */
  list(query: SessionsQuery = {}, signal?: AbortSignal): Promise<SessionPage> {
    return this.transport.json({ method: "GET", path: pathOf("sessions"), query: { ...query }, signal });
  }

  get(id: string, signal?: AbortSignal): Promise<Session> {
    return this.transport.json({ method: "GET", path: pathOf("sessions", id), signal });
  }

  /** What was said, where the gateway keeps it: of speech to speech only when it was told to. */
  transcript(id: string, signal?: AbortSignal): Promise<SessionTranscript> {
    return this.transport.json({ method: "GET", path: pathOf("sessions", id, "transcript"), signal });
  }

  /** How long each turn took, stage by stage, without words. */
  turns(id: string, signal?: AbortSignal): Promise<SessionTurns> {
    return this.transport.json({ method: "GET", path: pathOf("sessions", id, "turns"), signal });
  }

  /** Deletes it for good, with its words and timings; usage stays. Throws `SESSION_LIVE` (409) until it has ended. */
  delete(id: string, signal?: AbortSignal): Promise<DeletedSession> {
    return this.transport.json({ method: "DELETE", path: pathOf("sessions", id), signal });
  }

  /** Hands in turns, 1 to 200; for workers that talk on the gateway's behalf. */
  ingestTurns(id: string, turns: TurnInput[], signal?: AbortSignal): Promise<void> {
    return this.transport.json({ method: "POST", path: pathOf("sessions", id, "turns"), json: { turns }, signal });
  }

  /** Watches a session: its turns and events so far, then what happens, until it ends. */
  stream(id: string, options: SessionStreamOptions = {}): SessionStream {
    return new SessionStream(this.transport, pathOf("sessions", id, "stream"), options);
  }
}
