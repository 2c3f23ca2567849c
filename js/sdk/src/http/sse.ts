/**
 * Server-sent events, read without I/O.
 *
 * Bytes go in as the network cuts them, events come out. Lines end with LF or CRLF; a blank line ends an event, and the
 * end of the bytes ends the last one. Source:
 * https://html.spec.whatwg.org/multipage/server-sent-events.html#event-stream-interpretation
 */

import { invalidResponse } from "./errors.js";

/** Characters. */
export const LONGEST_EVENT = 16 * 1024 * 1024;

/** `name` is `message` when the sender gave none; lines of `data` are joined by LF. */
export interface ServerSentEvent {
  name: string;
  data: string;
}

/** The parser of one stream. */
export class SseParser {
  // Keeps the bytes of a character that the network has cut, and drops a byte order mark.
  readonly #decoder = new TextDecoder();
  readonly #requestId: string | undefined;
  #line = "";
  #size = 0;
  #name = "";
  #data: string[] = [];

  /** `requestId`: names the call in errors. */
  constructor(requestId?: string) {
    this.#requestId = requestId;
  }

  /** The events that end in this chunk, which has to be taken up before the next is fed. Throws SpekoApiError for one
   * of more than `LONGEST_EVENT` characters. */
  feed(chunk: Uint8Array): Generator<ServerSentEvent, void, undefined> {
    return this.#text(this.#decoder.decode(chunk, { stream: true }));
  }

  /** The bytes have ended: the last event, if its blank line is missing. */
  finish(): ServerSentEvent | undefined {
    this.#line += this.#decoder.decode();
    return this.#endLine() ?? this.#endEvent();
  }

  *#text(text: string): Generator<ServerSentEvent, void, undefined> {
    const lines = text.split("\n");
    const rest = lines.pop() ?? "";
    for (const line of lines) {
      this.#keep(line);
      const event = this.#endLine();
      if (event !== undefined) {
        yield event;
      }
    }
    this.#keep(rest);
  }

  #keep(piece: string): void {
    this.#size += piece.length;
    if (this.#size > LONGEST_EVENT) {
      throw invalidResponse("The gateway sent an event that is too long.", 200, this.#requestId);
    }
    this.#line += piece;
  }

  #endLine(): ServerSentEvent | undefined {
    const line = this.#line.endsWith("\r") ? this.#line.slice(0, -1) : this.#line;
    this.#line = "";
    if (line === "") {
      return this.#endEvent();
    }
    const colon = line.indexOf(":");
    const field = colon < 0 ? line : line.slice(0, colon);
    const value = colon < 0 ? "" : line.slice(colon + 1).replace(/^ /, "");
    if (field === "event") {
      this.#name = value;
    } else if (field === "data") {
      this.#data.push(value);
    }
    return undefined;
  }

  #endEvent(): ServerSentEvent | undefined {
    const event = this.#data.length > 0 ? { name: this.#name || "message", data: this.#data.join("\n") } : undefined;
    this.#name = "";
    this.#data = [];
    this.#size = 0;
    return event;
  }
}
