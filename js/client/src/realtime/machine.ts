/**
 * One conversation over the S2S socket, without sockets, sound, timers and clocks: what happens goes in, what is to be
 * done comes out. The attachment decides about sockets, the line keeps what has not left, and the agent's side knows what
 * is heard.
 */

import { ABNORMAL, closedByOther, NORMAL } from "../conversation/disconnection.js";
import { StatusMachine } from "../conversation/status.js";
import { SpekoClientError } from "../errors.js";
import type { ConversationStatus, DisconnectionDetails } from "../types.js";
import { AgentSide } from "./agent_side.js";
import { Attachment } from "./attachment.js";
import { type ClientFrame, readFrame, type SampleRate, type ServerFrame } from "./frames.js";
import { Line, type Sending } from "./line.js";
import { isSampleRate } from "./options.js";
import type { Effect, MachineEvent, Notice, RunTool, TimerName } from "./steps.js";

const READY_MS = 10_000;
/** For the audio and the socket to close, before they are left to themselves. */
const TEARDOWN_MS = 1_000;
/** Of what happened while the microphone was asked for, told when it is there; then the oldest is dropped. */
const MOST_EARLY = 1_000;
const REFUSED = {
  "too many": "Too much waits for the connection: a message was dropped",
  "too long": "A message of more than 256 KiB was not sent",
};
const LOST = "The connection was lost and did not come back";

/** What the machine has to know of the options. */
export interface MachineSettings {
  sessionId: string;
  inputSampleRate: SampleRate;
  outputSampleRate: SampleRate;
  hasTools: boolean;
}

/** `starting`: the gateway is ready, the microphone is not. `ending`: what is open is being closed. */
type Phase = "connecting" | "starting" | "connected" | "ending" | "ended";

type Handlers = { [T in MachineEvent["type"]]: (event: MachineEvent & { type: T }) => void };

/** Takes one event after the other; each is answered with what is to be done, in order. */
export class RealtimeMachine {
  readonly #settings: MachineSettings;
  readonly #status = new StatusMachine();
  readonly #attachment: Attachment;
  readonly #line: Line;
  readonly #agent: AgentSide;
  #effects: Effect[] = [];
  #early: Effect[] = [];
  #phase: Phase = "connecting";
  #muted = false;
  #details: DisconnectionDetails | undefined;
  #closing: { socket: number | undefined; audio: boolean } = { socket: undefined, audio: false };

  constructor(settings: MachineSettings) {
    this.#settings = settings;
    const emit = (effect: Effect) => this.#do(effect);
    this.#attachment = new Attachment(emit);
    this.#line = new Line(this.#attachment, settings.inputSampleRate, emit);
    this.#agent = new AgentSide(this.#line, settings.hasTools, emit, (notice) => this.#notify(notice));
  }

  get status(): ConversationStatus {
    return this.#status.status;
  }

  /** The socket that carries the conversation; undefined while there is none. */
  get carrier(): number | undefined {
    return this.#phase === "connected" ? this.#attachment.carrier : undefined;
  }

  readonly #on: Handlers = {
    start: () => this.#start(),
    socket_open: ({ id }) => this.#attachment.opened(id),
    socket_refused: ({ id, error }) => this.#socketRefused(id, error),
    socket_error: ({ id }) => this.#socketError(id),
    socket_closed: ({ id, code, reason, buffered }) => this.#socketClosed(id, code, reason, buffered),
    text: ({ id, text }) => this.#text(id, text),
    binary: ({ id, pcm }) => this.#sound(id, pcm),
    audio_started: () => this.#established(),
    audio_failed: ({ error }) => this.#fail(error, "audio_setup_failed"),
    audio_closed: () => {},
    frame: ({ pcm, buffered }) => this.#captured(pcm, buffered),
    progress: ({ progress }) => this.#agent.progress(progress),
    problem: ({ error }) => this.#onError(error),
    tool_done: ({ callId, output, error }) => this.#toolDone(callId, output, error),
    online: () => this.#online(),
    timer: ({ name }) => this.#timer(name),
    mute: ({ muted }) => this.#mute(muted),
    send: ({ frame }) => void this.#send(frame),
    end: () => this.#end(),
  };

  handle(event: MachineEvent): Effect[] {
    this.#effects = [];
    if (this.#phase === "ending") {
      this.#close(event);
    } else if (this.#phase !== "ended") {
      (this.#on[event.type] as (event: MachineEvent) => void)(event);
    }
    return this.#effects;
  }

  // ---- sockets

  #socketRefused(id: number, error: unknown): void {
    if (this.#phase === "connecting") {
      this.#attachment.failed();
      this.#fail(failed("The browser refused to open the socket", error));
    } else {
      this.#socketClosed(id, ABNORMAL, "", 0);
    }
  }

  #online(): void {
    if (this.#phase === "connected") {
      this.#attachment.online();
    }
  }

  #socketError(id: number): void {
    if (this.#phase === "connected" && id === this.#attachment.carrier) {
      this.#onError(new Error("WS_ERROR: the connection broke"));
    }
  }

  #socketClosed(id: number, code: number, reason: string, buffered: number): void {
    const { carrier, candidate } = this.#attachment;
    if (id !== carrier && id !== candidate) {
      return;
    }
    if (this.#phase !== "connected") {
      this.#attachment.failed();
      const why = reason === "" ? `code ${code}` : `code ${code}: ${reason}`;
      const when = this.#phase === "connecting" ? "it was ready" : "the microphone was there";
      this.#fail(failed(`Realtime session closed before ${when} (${why})`));
      return;
    }
    // A session that the gateway has ended is not there any more, however its socket closes.
    const ended = id === carrier && this.#agent.endReason !== undefined;
    if (this.#line.closed(id, ended ? NORMAL : code, buffered) === "over") {
      this.#over(closedByOther(code, reason || this.#agent.endReason || ""));
    }
  }

  #ready(frame: ServerFrame & { t: "ready" }): void {
    this.#attachment.ready();
    if (this.#phase === "connected") {
      this.#agent.attachedAgain(frame);
      return;
    }
    const { inputSampleRate: input, outputSampleRate: output } = frame;
    const inputSampleRate = isSampleRate(input) ? input : this.#settings.inputSampleRate;
    const outputSampleRate = isSampleRate(output) ? output : this.#settings.outputSampleRate;
    this.#line.setRate(inputSampleRate);
    this.#agent.setRate(outputSampleRate);
    this.#phase = "starting";
    this.#do({ do: "clear_timer", name: "ready" });
    this.#do({ do: "start_audio", inputSampleRate, outputSampleRate });
  }

  // ---- to the gateway

  #captured(pcm: ArrayBuffer, buffered: number): void {
    if (!this.#muted && this.#phase !== "connecting") {
      this.#line.sound(pcm, buffered);
    }
  }

  #send(frame: ClientFrame): Sending {
    const sending = this.#phase === "connecting" ? "taken" : this.#line.send(frame);
    if (sending !== "taken") {
      this.#onError(new Error(REFUSED[sending]));
    }
    return sending;
  }

  #toolDone(callId: string, output: string, error: Error | undefined): void {
    if (this.#send({ t: "tool_result", callId, output }) === "too long") {
      this.#send({ t: "tool_result", callId, output: "The tool's output was too long." });
    }
    if (error !== undefined) {
      this.#onError(error);
    }
  }

  // ---- from the gateway

  #sound(id: number, pcm: ArrayBuffer): void {
    if (id !== this.#attachment.carrier) {
      return;
    }
    this.#attachment.alive();
    this.#agent.sound(pcm);
  }

  #text(id: number, text: string): void {
    const { carrier, candidate } = this.#attachment;
    const frame = id === carrier || id === candidate ? readFrame(text) : null;
    if (id === carrier) {
      this.#attachment.alive();
      this.#agent.frame(frame);
    } else if (frame === null) {
      return;
    } else if (frame.t === "ready") {
      this.#ready(frame);
    } else if (frame.t === "error" && this.#phase === "connecting") {
      this.#fail(failed(`${frame.code}: ${frame.message}`));
    } else if (frame.t === "end" && this.#phase === "connected" && carrier === undefined) {
      this.#over({ reason: "error", message: frame.reason });
    }
  }

  #mute(muted: boolean): void {
    this.#muted = muted;
    this.#do({ do: "mute", muted });
  }

  // ---- beginning and end

  #start(): void {
    this.#notify({ do: "notify", name: "onStatusChange", value: "connecting" });
    this.#do({ do: "set_timer", name: "ready", ms: READY_MS });
    this.#attachment.begin();
  }

  #established(): void {
    if (this.#phase !== "starting") {
      return;
    }
    this.#phase = "connected";
    this.#move("connected");
    this.#notify({ do: "notify", name: "onConnect", value: { conversationId: this.#settings.sessionId } });
    this.#do({ do: "resolve" });
    this.#effects.push(...this.#early);
    this.#early = [];
  }

  #timer(name: TimerName): void {
    if (name === "ready") {
      this.#fail(failed("Realtime session did not become ready"));
    } else if (name === "resume") {
      this.#line.goOn();
    } else if (name !== "teardown" && this.#attachment.timer(name)) {
      this.#over({ reason: "error", message: LOST });
    }
  }

  /** `create` fails. */
  #fail(error: SpekoClientError, reason = "client_closed"): void {
    this.#attachment.end(NORMAL, reason);
    this.#tearDown(undefined, error);
  }

  /** The other side, or the network, has ended the conversation. */
  #over(details: DisconnectionDetails): void {
    this.#details = details;
    this.#attachment.end(NORMAL, "client_closed");
    this.#tearDown();
  }

  /** The caller ends it. */
  #end(): void {
    const established = this.#phase === "connected";
    if (established) {
      this.#details = { reason: "user" };
      this.#move("disconnecting");
    }
    const carrier = this.#attachment.end(NORMAL, "client_stopped");
    this.#tearDown(carrier, established ? undefined : failed("The conversation was ended before it was connected"));
  }

  /** Status, microphone, sound; `onDisconnect` when they are closed. `socket`: to be waited for. `error`: of `create`. */
  #tearDown(socket?: number, error?: SpekoClientError): void {
    const audio = this.#phase !== "connecting";
    this.#phase = "ending";
    this.#early = [];
    this.#closing = { socket, audio };
    this.#do({ do: "clear_timers" });
    this.#move("disconnected");
    if (audio) {
      this.#do({ do: "stop_microphone" });
      this.#do({ do: "close_audio" });
    }
    if (error !== undefined) {
      this.#do({ do: "reject", error });
    }
    if (audio || socket !== undefined) {
      this.#do({ do: "set_timer", name: "teardown", ms: TEARDOWN_MS });
    }
    this.#closeWhenDone();
  }

  #close(event: MachineEvent): void {
    if (event.type === "audio_closed") {
      this.#closing.audio = false;
    } else if (event.type === "socket_closed" && event.id === this.#closing.socket) {
      this.#closing.socket = undefined;
    } else if (event.type === "timer" && event.name === "teardown") {
      this.#closing = { socket: undefined, audio: false };
    }
    this.#closeWhenDone();
  }

  #closeWhenDone(): void {
    if (this.#closing.audio || this.#closing.socket !== undefined) {
      return;
    }
    this.#phase = "ended";
    this.#do({ do: "clear_timers" });
    if (this.#details !== undefined) {
      this.#do({ do: "notify", name: "onDisconnect", value: this.#details });
    }
    this.#do({ do: "ended" });
  }

  // ---- effects

  #move(status: ConversationStatus): void {
    if (this.#status.move(status)) {
      this.#do({ do: "notify", name: "onStatusChange", value: status });
    }
  }

  #onError(value: Error): void {
    this.#notify({ do: "notify", name: "onError", value });
  }

  /** What the caller is told waits until the conversation is established. */
  #notify(effect: Notice | RunTool): void {
    if (this.#phase === "starting") {
      this.#early.push(effect);
      if (this.#early.length > MOST_EARLY) {
        this.#early.shift();
      }
    } else {
      this.#effects.push(effect);
    }
  }

  #do(effect: Effect): void {
    this.#effects.push(effect);
  }
}

function failed(message: string, cause?: unknown): SpekoClientError {
  return new SpekoClientError(message, "CONNECTION_FAILED", cause);
}
