/** The agent's side of a conversation: what it says, in words and in sound, what of that is heard, what it asks for. */

import type { PlaybackProgress } from "../audio/audio_io.js";
import type { ConversationMode, ToolCall } from "../types.js";
import type { ServerFrame } from "./frames.js";
import { Heard } from "./heard.js";
import type { Line } from "./line.js";
import { Segments } from "./segments.js";
import type { Emit, Notice, RunTool } from "./steps.js";
import type { Received } from "./uplink.js";

/** For the loudspeaker to say what was heard, before a new socket is used without knowing. */
const RESUME_MS = 250;

/** Whom it tells: at once, or when the conversation is established. */
export type Tell = (notice: Notice | RunTool) => void;

/** One conversation's. */
export class AgentSide {
  readonly #line: Line;
  readonly #hasTools: boolean;
  readonly #emit: Emit;
  readonly #tell: Tell;
  readonly #segments = new Segments();
  #heard = new Heard(24000);
  /** From the gateway, over all sockets. */
  readonly #came: Received = { audioBytes: 0, textFrames: 0 };
  #mode: ConversationMode = "listening";
  /** Why the gateway ends the session, once it has said so. */
  endReason: string | undefined;

  constructor(line: Line, hasTools: boolean, emit: Emit, tell: Tell) {
    this.#line = line;
    this.#hasTools = hasTools;
    this.#emit = emit;
    this.#tell = tell;
  }

  /** The rate of its sound, in Hz, has been agreed on. */
  setRate(rate: number): void {
    this.#heard = new Heard(rate);
  }

  /** Another socket carries the conversation. A gateway that counts is told what came, and goes on behind that. Else the
   * queue is dropped, and the gateway hears how much of it was heard. Then it gets what was kept for it. */
  attachedAgain(ready: ServerFrame & { t: "ready" }): void {
    this.#line.hold(ready.received);
    if (ready.received !== undefined) {
      this.#line.sendNow({ t: "received", ...this.#came });
      this.#heard.tellAgain();
      this.#line.goOn();
      return;
    }
    if (this.#heard.attached()) {
      this.#emit({ do: "flush" });
    }
    if (this.#heard.resuming) {
      this.#emit({ do: "set_timer", name: "resume", ms: RESUME_MS });
    } else {
      this.#line.goOn();
    }
  }

  sound(pcm: ArrayBuffer): void {
    this.#came.audioBytes += pcm.byteLength;
    const samples = pcm.byteLength >> 1;
    if (samples > 0) {
      this.#heard.sound(samples);
      this.#emit({ do: "play", pcm });
    }
  }

  /** What the loudspeaker says. */
  progress(progress: PlaybackProgress): void {
    for (const ms of this.#heard.progress(progress)) {
      this.#line.sendNow({ t: "played", ms, receivedAudioBytes: this.#came.audioBytes });
    }
    if (this.#line.holding && !this.#heard.resuming) {
      this.#emit({ do: "clear_timer", name: "resume" });
      this.#line.goOn();
    }
    // What is said before a flush is known of may be about what was flushed.
    if (this.#heard.settled || !progress.playing) {
      this.#enter(progress.playing ? "speaking" : "listening");
    }
  }

  /** A text frame; null for what is no frame. */
  frame(frame: ServerFrame | null): void {
    this.#came.textFrames += 1;
    if (frame === null) {
      return;
    }
    if (frame.t === "transcript") {
      this.#transcript(frame);
    } else if (frame.t === "turn") {
      this.#turn(frame);
    } else if (frame.t === "interruption") {
      this.#interrupted();
    } else if (frame.t === "tool_call") {
      this.#toolCalled({ callId: frame.callId, name: frame.name, arguments: frame.arguments });
    } else if (frame.t === "error") {
      const value = new Error(`${frame.code}: ${frame.message}`);
      this.#tell({ do: "notify", name: "onError", value });
    } else if (frame.t === "end") {
      this.endReason = frame.reason;
    }
  }

  #transcript({ role, text, final }: ServerFrame & { t: "transcript" }): void {
    if (text !== "") {
      const segmentId = this.#segments.of(role, text, final);
      const source = role === "user" ? "user" : "agent";
      this.#tell({ do: "notify", name: "onMessage", value: { source, text, isFinal: final, segmentId } });
    }
  }

  #turn({ t: _, ...event }: ServerFrame & { t: "turn" }): void {
    this.#segments.turns();
    if (event.stage === "first_audio") {
      this.#heard.announced();
    } else if (event.stage === "response_done") {
      this.#heard.done();
      this.#segments.answerOver();
    }
    this.#tell({ do: "notify", name: "onTurn", value: event });
  }

  #interrupted(): void {
    this.#heard.interrupted();
    this.#segments.answerOver();
    this.#emit({ do: "flush" });
    this.#enter("listening");
  }

  #toolCalled(call: ToolCall): void {
    if (this.#hasTools) {
      this.#tell({ do: "run_tool", call });
    } else {
      this.#line.send({ t: "tool_result", callId: call.callId, output: "There is no such tool here." });
    }
  }

  #enter(mode: ConversationMode): void {
    if (this.#mode !== mode) {
      this.#mode = mode;
      this.#tell({ do: "notify", name: "onModeChange", value: mode });
    }
  }
}
