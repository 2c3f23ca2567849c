/** Where a conversation stands, and where it may go from there. */

import type { ConversationStatus } from "../types.js";

const NEXT: Record<ConversationStatus, readonly ConversationStatus[]> = {
  connecting: ["connected", "disconnected"],
  connected: ["disconnecting", "disconnected"],
  disconnecting: ["disconnected"],
  disconnected: [],
};

/** Begins as `connecting`, moves forward only, and never leaves `disconnected`. */
export class StatusMachine {
  #status: ConversationStatus = "connecting";

  get status(): ConversationStatus {
    return this.#status;
  }

  /** Whether it moved: what is no transition changes nothing. */
  move(to: ConversationStatus): boolean {
    if (!NEXT[this.#status].includes(to)) {
      return false;
    }
    this.#status = to;
    return true;
  }
}
