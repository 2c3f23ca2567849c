/**
 * Names for utterances, so that who shows them can replace what grows. The wire has none: a transcript says all that was
 * said of its utterance so far, and where one ends follows from the frames around it.
 */

/** One conversation's. */
export class Segments {
  #user = 1;
  #agent = 1;
  /** The agent's last transcript was final. */
  #final = false;
  #text = "";
  /** The agent's utterance that is over, which may still be cut to what was heard of it. */
  #previous = "";
  /** Ends of answers are told, so that two final transcripts in a row are one answer, cut the second time. */
  #told = false;

  /** The name of what a transcript belongs to. */
  of(role: "user" | "assistant", text: string, final: boolean): string {
    if (role === "user") {
      const name = `user-${this.#user}`;
      this.#user += final ? 1 : 0;
      return name;
    }
    if (this.#final && !(final && this.#told)) {
      this.#next();
    }
    if (final && this.#text === "" && this.#previous.startsWith(text)) {
      return `agent-${this.#agent - 1}`;
    }
    this.#final = final;
    this.#text = text;
    return `agent-${this.#agent}`;
  }

  /** The gateway tells of turns. */
  turns(): void {
    this.#told = true;
  }

  /** An answer is over: heard, or interrupted. */
  answerOver(): void {
    if (this.#text !== "") {
      this.#next();
    }
  }

  #next(): void {
    this.#agent += 1;
    this.#final = false;
    this.#previous = this.#told ? this.#text : "";
    this.#text = "";
  }
}
