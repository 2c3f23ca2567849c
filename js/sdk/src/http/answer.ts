/** An answer whose body is still to be read. */

import type { Deadline } from "./deadline.js";
import { SpekoApiError } from "./errors.js";

/** That the end of an answer may take whose last event was there. */
const SETTLES_WITHIN_MS = 1000;

/** The body is read once, by one of the methods, or given up by `cancel`; each ends the request's time. */
export class Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly #body: ReadableStream<Uint8Array<ArrayBuffer>> | null;
  readonly #deadline: Deadline;
  #complete = false;

  constructor(response: Response, deadline: Deadline) {
    this.status = response.status;
    this.headers = response.headers;
    this.#body = response.body;
    this.#deadline = deadline;
  }

  /** Names the call in the gateway's records. */
  get requestId(): string | undefined {
    return this.headers.get("x-request-id") ?? undefined;
  }

  /** All that matters was read: the rest is not worth an error, but the connection may be worth keeping. */
  complete(): void {
    this.#complete = true;
  }

  /** The body as it arrives. Leaving early cancels the request. Throws `EMPTY_BODY` when there is none. */
  async *chunks(): AsyncGenerator<Uint8Array<ArrayBuffer>, void, undefined> {
    const reader = this.#reader();
    let ended = false;
    try {
      while (true) {
        const { done, value } = await this.#deadline.race(reader.read());
        if (done) {
          ended = true;
          return;
        }
        if (value.length > 0) {
          yield value;
        }
      }
    } finally {
      this.#deadline.end();
      if (!ended) {
        this.#leave(reader);
      }
    }
  }

  /** The whole body; nothing, where there is none. `limit`: bytes after which the rest is given up. */
  async bytes(limit = Number.POSITIVE_INFINITY): Promise<Uint8Array<ArrayBuffer>> {
    const pieces: Uint8Array[] = [];
    let size = 0;
    if (this.#body === null) {
      this.#deadline.end();
      return new Uint8Array();
    }
    for await (const piece of this.chunks()) {
      pieces.push(piece);
      size += piece.length;
      if (size >= limit) {
        break;
      }
    }
    const all = new Uint8Array(size);
    let at = 0;
    for (const piece of pieces) {
      all.set(piece, at);
      at += piece.length;
    }
    return all;
  }

  async text(limit?: number): Promise<string> {
    return new TextDecoder().decode(await this.bytes(limit));
  }

  /** Ends the request; the body is not wanted. */
  cancel(): void {
    this.#deadline.end();
    if (this.#body !== null && !this.#body.locked) {
      this.#body.cancel().catch(ignore);
    }
  }

  #reader(): ReadableStreamDefaultReader<Uint8Array<ArrayBuffer>> {
    if (this.#body === null) {
      this.#deadline.end();
      throw new SpekoApiError("The gateway's answer has no body.", this.status, "EMPTY_BODY", {
        requestId: this.requestId,
      });
    }
    return this.#body.getReader();
  }

  #leave(reader: ReadableStreamDefaultReader<Uint8Array<ArrayBuffer>>): void {
    const cancel = () => void reader.cancel().catch(ignore);
    if (!this.#complete) {
      cancel();
      return;
    }
    // A connection serves again only when its answer was read to the end, which follows the last event at once.
    const timer = setTimeout(cancel, SETTLES_WITHIN_MS);
    reader
      .read()
      .then(({ done }) => (done ? undefined : cancel()))
      .catch(ignore)
      .finally(() => clearTimeout(timer));
  }
}

function ignore(): void {}
