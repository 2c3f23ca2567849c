/** A session that is watched. */

import { Deadline } from "../http/deadline.js";
import { SpekoApiError } from "../http/errors.js";
import { jsonObject } from "../http/json.js";
import { SseParser } from "../http/sse.js";
import type { Transport } from "../http/transport.js";
import type { SessionEvent, SessionStreamOptions } from "../types/sessions.js";
import { Observation } from "./observation.js";

/** Longest life of one connection; the gateway ends it after ten minutes. */
const CONNECTION_MS = 15 * 60_000;
/** Longest silence of a connection; the gateway says something every 15 s. */
const SILENCE_MS = 60_000;

/**
 * What happens in a session, to be iterated once. It connects when the first event is asked for, and again whenever a
 * connection ends before the session does. Leaving the iteration closes it.
 *
 * Iterating throws SpekoApiError when the gateway refuses or fails, and `STREAM_DISCONNECTED` (status 0) when ten
 * connections in a row brought nothing.
 */
export class SessionStream implements AsyncIterableIterator<SessionEvent, void, undefined> {
  readonly #observation: Observation;
  readonly #events: AsyncGenerator<SessionEvent, void, undefined>;

  constructor(transport: Transport, path: string, { cursor, signal }: SessionStreamOptions) {
    this.#observation = new Observation(cursor);
    this.#events = watch(transport, path, this.#observation, signal);
  }

  /** Where another stream would go on. */
  get cursor(): string {
    return this.#observation.cursor;
  }

  next(): Promise<IteratorResult<SessionEvent, void>> {
    return this.#events.next();
  }

  /** Ends the watching. */
  return(): Promise<IteratorResult<SessionEvent, void>> {
    return this.#events.return();
  }

  [Symbol.asyncIterator](): this {
    return this;
  }
}

async function* watch(
  transport: Transport,
  path: string,
  observation: Observation,
  signal: AbortSignal | undefined,
): AsyncGenerator<SessionEvent, void, undefined> {
  while (true) {
    observation.connect();
    try {
      yield* connection(transport, path, observation, signal);
    } catch (error) {
      signal?.throwIfAborted();
      if (error instanceof SpekoApiError && error.status < 500) {
        throw error;
      }
      // The next connection goes on where this one broke.
    }
    if (observation.ended) {
      return;
    }
    await pause(observation.lost(), signal);
  }
}

async function* connection(
  transport: Transport,
  path: string,
  observation: Observation,
  signal: AbortSignal | undefined,
): AsyncGenerator<SessionEvent, void, undefined> {
  const silence = new Deadline(SILENCE_MS, signal);
  try {
    const answer = await transport.open({
      method: "GET",
      path,
      query: { cursor: observation.cursor },
      headers: { Accept: "text/event-stream" },
      timeout: CONNECTION_MS,
      signal: silence.signal,
    });
    const parser = new SseParser(answer.requestId);
    for await (const chunk of answer.chunks()) {
      // A caller that takes its time is no silence of the gateway's.
      silence.pause();
      for (const raw of parser.feed(chunk)) {
        const event = observation.take(raw);
        if (event !== undefined) {
          yield event;
        }
        if (observation.ended || observation.rotated) {
          return;
        }
      }
      silence.restart();
    }
    const rest = parser.finish();
    const event = rest !== undefined && jsonObject(rest.data) !== undefined ? observation.take(rest) : undefined;
    if (event !== undefined) {
      yield event;
    }
  } finally {
    silence.end();
  }
}

/** Rejects with the signal's reason when that comes first. */
function pause(milliseconds: number, signal: AbortSignal | undefined): Promise<void> {
  return new Promise((resolve, reject) => {
    const abort = () => {
      clearTimeout(timer);
      reject(signal?.reason);
    };
    const timer = setTimeout(() => {
      signal?.removeEventListener("abort", abort);
      resolve();
    }, milliseconds);
    signal?.addEventListener("abort", abort, { once: true });
    if (signal?.aborted) {
      abort();
    }
  });
}
