/** Carries out what the machine of a conversation wants, and tells it what happens. */

import type { AudioFactory, AudioIO } from "../audio/audio_io.js";
import { notify, reportUncaught } from "../conversation/notifier.js";
import { SpekoClientError } from "../errors.js";
import type { ToolCall } from "../types.js";
import type { ClientFrame } from "./frames.js";
import { RealtimeMachine } from "./machine.js";
import type { NetworkWatch } from "./network.js";
import { checkOptions, type RealtimeVoiceConversationOptions } from "./options.js";
import type { Socket, SocketFactory } from "./socket.js";
import type { Effect, MachineEvent, TimerName } from "./steps.js";

/** Where a conversation takes place. */
export interface Surroundings {
  createAudio: AudioFactory;
  openSocket: SocketFactory;
  watchNetwork: NetworkWatch;
}

type Doers = { [D in Effect["do"]]: (effect: Effect & { do: D }) => void };

/** One conversation, from `open` to its end. */
export class RealtimeSession {
  readonly #options: RealtimeVoiceConversationOptions;
  readonly #around: Surroundings;
  readonly #machine: RealtimeMachine;
  readonly #events: MachineEvent[] = [];
  #handling = false;
  /** By the machine's numbers, until they are closed. */
  readonly #sockets = new Map<number, Socket>();
  readonly #timers = new Map<TimerName, ReturnType<typeof setTimeout>>();
  #audio: AudioIO | undefined;
  #unwatch: () => void = () => {};
  #resolve: () => void = () => {};
  #reject: (error: SpekoClientError) => void = () => {};
  #ended: () => void = () => {};
  readonly #end: Promise<void>;

  readonly #do: Doers = {
    notify: ({ name, value }) => notify(this.#options, name, value as never),
    open_socket: ({ id }) => this.#open(id),
    send_text: ({ id, text }) => this.#sockets.get(id)?.send(text),
    send_binary: ({ id, pcm }) => this.#sockets.get(id)?.send(pcm),
    close_socket: ({ id, code, reason }) => this.#sockets.get(id)?.close(code, reason),
    start_audio: ({ inputSampleRate, outputSampleRate }) => this.#startAudio(inputSampleRate, outputSampleRate),
    play: ({ pcm }) => this.#audio?.play(pcm),
    flush: () => this.#audio?.flush(),
    mute: ({ muted }) => this.#audio?.setMuted(muted),
    stop_microphone: () => this.#audio?.stopMicrophone(),
    close_audio: () => this.#closeAudio(),
    run_tool: ({ call }) => void this.#runTool(call),
    set_timer: ({ name, ms }) => this.#setTimer(name, ms),
    clear_timer: ({ name }) => this.#clearTimer(name),
    clear_timers: () => this.#clearTimers(),
    resolve: () => this.#resolve(),
    reject: ({ error }) => this.#reject(error),
    ended: () => this.#over(),
  };

  constructor(options: RealtimeVoiceConversationOptions, around: Surroundings) {
    this.#options = options;
    this.#around = around;
    this.#machine = new RealtimeMachine({
      sessionId: options.sessionId,
      inputSampleRate: options.inputSampleRate ?? 24000,
      outputSampleRate: options.outputSampleRate ?? 24000,
      hasTools: options.onToolCall !== undefined,
    });
    this.#end = new Promise((resolve) => {
      this.#ended = resolve;
    });
  }

  /** Resolves when the conversation is established. Rejects with SpekoClientError, and then everything is closed. */
  static async open(options: RealtimeVoiceConversationOptions, around: Surroundings): Promise<RealtimeSession> {
    checkOptions(options);
    const session = new RealtimeSession(options, around);
    try {
      await session.start();
    } catch (error) {
      await session.#end;
      throw error;
    }
    return session;
  }

  start(): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
      this.#unwatch = this.#around.watchNetwork(() => this.#happened({ type: "online" }));
      this.#happened({ type: "start" });
    });
  }

  get isOpen(): boolean {
    return this.#machine.carrier !== undefined;
  }

  get audio(): AudioIO | undefined {
    return this.#audio;
  }

  setMuted(muted: boolean): void {
    this.#happened({ type: "mute", muted });
  }

  setVolume(volume: number): void {
    this.#audio?.setVolume(Math.max(0, Math.min(1, volume)) || 0);
  }

  /** @throws SpekoClientError `NOT_CONNECTED`. */
  send(frame: ClientFrame): void {
    if (this.#machine.status !== "connected") {
      throw new SpekoClientError("The conversation is not connected", "NOT_CONNECTED");
    }
    this.#happened({ type: "send", frame });
  }

  end(): Promise<void> {
    this.#happened({ type: "end" });
    return this.#end;
  }

  /** One event after the other: what an effect brings about comes behind the effects that are still to be done. */
  #happened(event: MachineEvent): void {
    this.#events.push(event);
    if (this.#handling) {
      return;
    }
    this.#handling = true;
    try {
      for (let next = this.#events.shift(); next !== undefined; next = this.#events.shift()) {
        for (const effect of this.#machine.handle(next)) {
          this.#carryOut(effect);
        }
      }
    } finally {
      // What cannot be sent, because it is no JSON, is thrown at whoever wanted to send it.
      this.#handling = false;
    }
  }

  #carryOut(effect: Effect): void {
    try {
      (this.#do[effect.do] as (effect: Effect) => void)(effect);
    } catch (error) {
      reportUncaught(error);
    }
  }

  #open(id: number): void {
    try {
      const socket = this.#around.openSocket(this.#options.wsUrl, this.#options.wsToken, {
        onOpen: () => this.#happened({ type: "socket_open", id }),
        onText: (text) => this.#happened({ type: "text", id, text }),
        onBinary: (pcm) => this.#happened({ type: "binary", id, pcm }),
        onError: () => this.#happened({ type: "socket_error", id }),
        onClosed: (code, reason) => {
          const { buffered } = socket;
          this.#sockets.delete(id);
          this.#happened({ type: "socket_closed", id, code, reason, buffered });
        },
      });
      this.#sockets.set(id, socket);
    } catch (error) {
      this.#happened({ type: "socket_refused", id, error });
    }
  }

  #startAudio(inputSampleRate: number, outputSampleRate: number): void {
    const { inputDeviceId, outputDeviceId, audioConstraints } = this.#options;
    const settings = {
      inputSampleRate,
      outputSampleRate,
      constraints: audioConstraints ?? {},
      ...(inputDeviceId !== undefined && { inputDeviceId }),
      ...(outputDeviceId !== undefined && { outputDeviceId }),
    };
    this.#audio = this.#around.createAudio(settings, {
      onFrame: (pcm) => this.#happened({ type: "frame", pcm, buffered: this.#buffered() }),
      onProgress: (progress) => this.#happened({ type: "progress", progress }),
      onProblem: (error) => this.#happened({ type: "problem", error }),
    });
    this.#audio.start().then(
      () => this.#happened({ type: "audio_started" }),
      (error: unknown) => this.#happened({ type: "audio_failed", error: microphoneError(error) }),
    );
  }

  #closeAudio(): void {
    const closed = () => this.#happened({ type: "audio_closed" });
    (this.#audio?.close() ?? Promise.resolve()).then(closed, closed);
  }

  #buffered(): number {
    const { carrier } = this.#machine;
    return (carrier !== undefined && this.#sockets.get(carrier)?.buffered) || 0;
  }

  async #runTool(call: ToolCall): Promise<void> {
    const { callId } = call;
    try {
      const result: unknown = await this.#options.onToolCall?.(call);
      const output = typeof result === "string" ? result : (JSON.stringify(result) ?? "null");
      this.#happened({ type: "tool_done", callId, output });
    } catch (thrown) {
      // Its text may be for developers' eyes only, and the agent says aloud what it is told.
      const error = thrown instanceof Error ? thrown : new Error("A tool failed", { cause: thrown });
      this.#happened({ type: "tool_done", callId, output: "The tool failed.", error });
    }
  }

  #setTimer(name: TimerName, ms: number): void {
    this.#clearTimer(name);
    const timer = setTimeout(() => {
      this.#timers.delete(name);
      this.#happened({ type: "timer", name });
    }, ms);
    this.#timers.set(name, timer);
  }

  #clearTimers(): void {
    for (const name of [...this.#timers.keys()]) {
      this.#clearTimer(name);
    }
  }

  #over(): void {
    this.#unwatch();
    this.#ended();
  }

  #clearTimer(name: TimerName): void {
    clearTimeout(this.#timers.get(name));
    this.#timers.delete(name);
  }
}

function microphoneError(error: unknown): SpekoClientError {
  return error instanceof SpekoClientError
    ? error
    : new SpekoClientError("The microphone could not be started", "MICROPHONE_FAILED", error);
}
