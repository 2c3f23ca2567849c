import type { ConversationMessage } from "@spekoai/client";

/** What was said so far, each utterance once, in the order in which they began. */
export class Transcript {
  readonly lines: ConversationMessage[] = [];

  /** For `onMessage`: the same utterance comes again, with more text, and replaces what it was. */
  upsert(message: ConversationMessage): void {
    const same = (line: ConversationMessage) => line.source === message.source && line.segmentId === message.segmentId;
    const index = message.segmentId === undefined ? -1 : this.lines.findIndex(same);
    if (index === -1) {
      this.lines.push(message);
    } else {
      this.lines[index] = message;
    }
  }
}
