/** The line to the gateway, over one socket or several in turn: nothing that it is given is lost with a socket. */

import type { Attachment, Closed } from "./attachment.js";
import { type ClientFrame, writeFrame } from "./frames.js";
import type { Emit } from "./steps.js";
import { type Received, Uplink } from "./uplink.js";

/** The gateway closes the socket of a client that sends more, in bytes of UTF-8. */
const LONGEST_TEXT = 256 * 1024;

/** What became of a frame: of what waits for a socket, and of its length, there is a bound. */
export type Sending = "taken" | "too many" | "too long";

/** What a page says, towards whichever socket carries the conversation. */
export class Line {
  readonly #attachment: Attachment;
  readonly #emit: Emit;
  #uplink: Uplink;
  /** Another socket is there, and something else has to go before what is kept for it. */
  #holding = false;

  /** `rate`: of the sound, in Hz. */
  constructor(attachment: Attachment, rate: number, emit: Emit) {
    this.#attachment = attachment;
    this.#emit = emit;
    this.#uplink = new Uplink(rate);
  }

  get holding(): boolean {
    return this.#holding;
  }

  /** The rate has been agreed on. */
  setRate(rate: number): void {
    this.#uplink = new Uplink(rate);
  }

  /** The microphone's next sound. `buffered`: bytes that the carrier holds. */
  sound(pcm: ArrayBuffer, buffered: number): void {
    if (this.#attachment.carrier !== undefined && !this.#holding) {
      if (this.#uplink.holds(buffered)) {
        this.#attachment.alive();
      } else if (this.#uplink.waited(pcm.byteLength)) {
        this.#attachment.stalled();
      }
    }
    this.#give(pcm);
  }

  /** Sends it, or keeps it for another socket. What is refused changes nothing. */
  send(frame: ClientFrame): Sending {
    const text = writeFrame(frame);
    if (isTooLong(text)) {
      return "too long";
    }
    return this.#give(text) ? "taken" : "too many";
  }

  /** Goes before what is kept. It is of no use later, so it is never kept itself. */
  sendNow(frame: ClientFrame): void {
    const id = this.#attachment.carrier;
    if (id !== undefined) {
      const text = writeFrame(frame);
      this.#uplink.passed(text);
      this.#emit({ do: "send_text", id, text });
    }
  }

  /** Another socket carries the conversation; what is kept waits for `goOn`. `received`: what the gateway has got. */
  hold(received: Received | undefined): void {
    this.#uplink.moved(received);
    this.#holding = true;
  }

  goOn(): void {
    this.#holding = false;
    if (this.#attachment.carrier !== undefined) {
      for (const data of this.#uplink.take()) {
        this.#give(data);
      }
    }
  }

  /** A socket is gone that held so many bytes. */
  closed(id: number, code: number, buffered: number): Closed {
    if (id === this.#attachment.carrier) {
      this.#uplink.holds(buffered);
      this.#holding = false;
    }
    this.#uplink.calm();
    return this.#attachment.closed(id, code);
  }

  #give(data: string | ArrayBuffer): boolean {
    const id = this.#attachment.carrier;
    if (id === undefined || this.#holding) {
      return this.#uplink.keep(data);
    }
    this.#uplink.sent(data);
    this.#emit(typeof data === "string" ? { do: "send_text", id, text: data } : { do: "send_binary", id, pcm: data });
    return true;
  }
}

/** A character has three bytes at most for each of its units. */
function isTooLong(text: string): boolean {
  return text.length * 3 > LONGEST_TEXT && new TextEncoder().encode(text).length > LONGEST_TEXT;
}
