/**
 * Which socket carries the conversation. Mostly there is one for all of it. When that is lost, or looks dead, another one
 * is opened with the same token, if need be beside it: the gateway decides which of the two lives, and only the one that
 * it has called ready last delivers anything.
 *
 * Nothing is ever closed here that may be open and in use at the gateway, because a close frame would end the session
 * there: only sockets that are not open yet, and those that another one has replaced.
 */

import { ABNORMAL, NORMAL } from "../conversation/disconnection.js";
import type { Emit } from "./steps.js";

/** The gateway's refusal of a second socket, because the first has answered a ping. */
const IN_USE = 4409;
/** How long attaching again is tried. The gateway keeps a lost session for as long. */
const GIVE_UP_MS = 15_000;
/** For one attempt to be open: connecting over a network that was away may hang for long. */
const ATTEMPT_MS = 3_000;
const FIRST_RETRY_MS = 250;
const LONGEST_RETRY_MS = 2_000;

/** A socket on which the gateway has not said `ready`. */
interface Trial {
  id: number;
  open: boolean;
  /** Another one was there when it was opened. */
  beside: boolean;
}

/** What a closed socket means: nothing to the conversation, something, or its end. */
export type Closed = "nothing" | "away" | "over";

/** The sockets of one conversation. */
export class Attachment {
  readonly #emit: Emit;
  #carrier: number | undefined;
  #trial: Trial | undefined;
  #ids = 0;
  #failures = 0;
  /** It is not known that the carrier lives, or there is none. */
  #troubled = false;
  /** The carrier takes nothing. */
  #stalled = false;

  constructor(emit: Emit) {
    this.#emit = emit;
  }

  /** The socket that delivers; undefined while there is none. */
  get carrier(): number | undefined {
    return this.#carrier;
  }

  /** The socket on which `ready` is waited for. */
  get candidate(): number | undefined {
    return this.#trial?.id;
  }

  /** Opens the first one. */
  begin(): void {
    this.#open();
  }

  opened(id: number): void {
    if (this.#trial?.id === id) {
      this.#trial.open = true;
      this.#emit({ do: "clear_timer", name: "attempt" });
    }
  }

  /** The candidate is ready, and carries the conversation from now on. */
  ready(): void {
    const replaced = this.#carrier;
    this.#carrier = this.#trial?.id;
    this.#trial = undefined;
    this.#calm();
    this.#emit({ do: "clear_timer", name: "attempt" });
    if (replaced !== undefined) {
      this.#emit({ do: "close_socket", id: replaced, code: NORMAL, reason: "replaced" });
    }
  }

  /** A socket is gone before there is a conversation. */
  failed(): void {
    this.#carrier = this.#trial = undefined;
  }

  /** A socket is gone, in the middle of the conversation. */
  closed(id: number, code: number): Closed {
    if (id === this.#carrier) {
      return this.#carrierClosed(code);
    }
    if (id !== this.#trial?.id) {
      return "nothing";
    }
    const { beside } = this.#trial;
    this.#trial = undefined;
    this.#emit({ do: "clear_timer", name: "attempt" });
    const alone = this.#carrier === undefined;
    // Refused for the sake of a carrier that was lost meanwhile, it may come again.
    if (code === ABNORMAL || (code === IN_USE && alone && beside)) {
      this.#later();
      return "nothing";
    }
    if (alone) {
      return "over";
    }
    if (code === IN_USE) {
      this.#calm();
    } else {
      this.#later();
    }
    return "nothing";
  }

  /** Something came from the carrier, or it took what it was given. */
  alive(): void {
    if (this.#troubled && this.#carrier !== undefined) {
      this.#calm();
    }
  }

  /** The carrier takes nothing any more. */
  stalled(): void {
    this.#stalled = true;
    if (this.#carrier !== undefined && !this.#troubled) {
      this.#trouble();
      this.#open();
    }
  }

  /** The network has come back, or is another one: whatever was being tried may be tried anew, at once. */
  online(): void {
    if (this.#trial?.open) {
      return;
    }
    this.#abandon();
    this.#trouble();
    this.#open();
  }

  /** Returns whether the conversation is over. */
  timer(name: "attempt" | "retry" | "give_up"): boolean {
    if (name === "give_up") {
      return this.#giveUp();
    }
    if (name === "attempt") {
      this.#abandon();
    }
    if (this.#troubled && this.#trial === undefined) {
      this.#open();
    }
    return false;
  }

  /** Closes everything. Returns the carrier, whose close is worth waiting for. */
  end(code: number, reason: string): number | undefined {
    const carrier = this.#carrier;
    for (const id of [carrier, this.#trial?.id]) {
      if (id !== undefined) {
        this.#emit({ do: "close_socket", id, code, reason });
      }
    }
    this.#carrier = this.#trial = undefined;
    return carrier;
  }

  #carrierClosed(code: number): Closed {
    this.#carrier = undefined;
    if (code !== ABNORMAL) {
      return "over";
    }
    this.#troubled = false; // the 15 s count from here
    this.#trouble();
    if (this.#trial === undefined) {
      this.#open();
    }
    return "away";
  }

  #open(): void {
    const first = this.#ids === 0;
    this.#ids += 1;
    this.#trial = { id: this.#ids, open: false, beside: this.#carrier !== undefined };
    this.#emit({ do: "open_socket", id: this.#ids });
    if (!first) {
      this.#emit({ do: "clear_timer", name: "retry" });
      this.#emit({ do: "set_timer", name: "attempt", ms: ATTEMPT_MS });
    }
  }

  /** Of an attempt that is not open. */
  #abandon(): void {
    if (this.#trial !== undefined) {
      this.#emit({ do: "close_socket", id: this.#trial.id, code: NORMAL, reason: "" });
      this.#emit({ do: "clear_timer", name: "attempt" });
      this.#trial = undefined;
    }
  }

  #later(): void {
    if (this.#troubled) {
      const ms = Math.min(LONGEST_RETRY_MS, FIRST_RETRY_MS * 2 ** this.#failures);
      this.#failures += 1;
      this.#emit({ do: "set_timer", name: "retry", ms });
    }
  }

  #trouble(): void {
    if (!this.#troubled) {
      this.#troubled = true;
      this.#failures = 0;
      this.#emit({ do: "set_timer", name: "give_up", ms: GIVE_UP_MS });
    }
  }

  #calm(): void {
    if (this.#troubled) {
      this.#emit({ do: "clear_timer", name: "give_up" });
      this.#emit({ do: "clear_timer", name: "retry" });
    }
    this.#troubled = this.#stalled = false;
  }

  /** A carrier of which nothing bad is known is left alone. */
  #giveUp(): boolean {
    const over = this.#carrier === undefined || this.#stalled;
    this.#troubled = false;
    this.#emit({ do: "clear_timer", name: "retry" });
    return over;
  }
}
