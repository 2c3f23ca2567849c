/** A conversation in surroundings of paper: sockets, sound and network do what the test says. */

import { vi } from "vitest";
import type { AudioEvents, AudioIO, AudioSettings, PlaybackProgress } from "../../src/audio/audio_io.js";
import type { RealtimeVoiceConversationOptions } from "../../src/realtime/options.js";
import { RealtimeSession } from "../../src/realtime/session.js";
import type { Socket, SocketEvents } from "../../src/realtime/socket.js";

export const SESSION = { sessionId: "sess_1", wsUrl: "wss://gateway.example/v1/s2s/sess_1", wsToken: "token-1" };

/** One socket: what was sent on it, and the gateway's end of it. */
export class FakeSocket implements Socket {
  buffered = 0;
  readonly sent: (string | ArrayBuffer)[] = [];
  closed: { code: number; reason: string } | undefined;

  readonly url: string;
  readonly token: string;
  readonly events: SocketEvents;
  /** The other side answers nothing. */
  deaf = false;

  constructor(url: string, token: string, events: SocketEvents) {
    this.url = url;
    this.token = token;
    this.events = events;
  }

  send(data: string | ArrayBuffer): void {
    this.sent.push(data);
  }

  close(code: number, reason: string): void {
    this.closed = { code, reason };
    if (!this.deaf) {
      queueMicrotask(() => this.closes(code, reason));
    }
  }

  /** The gateway says this. */
  says(frame: object): void {
    this.events.onText(JSON.stringify(frame));
  }

  /** The socket opens, and the gateway is ready. */
  ready(rates: object = { inputSampleRate: 24000, outputSampleRate: 24000 }): void {
    this.events.onOpen();
    this.says({ t: "ready", ...rates });
  }

  closes(code: number, reason = ""): void {
    this.events.onClosed(code, reason);
  }

  /** The text frames that were sent, `played` left out unless it is asked for. */
  frames(t?: string): Record<string, unknown>[] {
    const frames = this.sent.filter((data) => typeof data === "string").map((text) => JSON.parse(text));
    return frames.filter((frame) => (t === undefined ? frame.t !== "played" : frame.t === t));
  }

  /** How much of each answer it was told was heard, in ms. */
  played(): unknown[] {
    return this.frames("played").map((frame) => frame.ms);
  }

  /** Of the sound that was sent, the first byte of each frame. */
  sound(): number[] {
    return this.sent.filter((data) => typeof data !== "string").map((pcm) => new Uint8Array(pcm)[0] ?? -1);
  }
}

/** A loudspeaker that plays when the test says so, and a microphone that says what the test says. */
export class FakeAudio implements AudioIO {
  readonly calls: string[] = [];
  given = 0;
  played = 0;
  dropped = 0;
  latencyMs = 0;
  muted = false;
  volume = 1;
  started: { resolve: () => void; reject: (error: unknown) => void } = { resolve: () => {}, reject: () => {} };
  /** Closing takes until `closes` is called. */
  closesSlowly = false;
  closes: () => void = () => {};
  /** Flushes are confirmed by `confirm`, not at once. */
  flushesSlowly = false;

  readonly settings: AudioSettings;
  readonly events: AudioEvents;
  readonly log: string[];

  constructor(settings: AudioSettings, events: AudioEvents, log: string[]) {
    this.settings = settings;
    this.events = events;
    this.log = log;
  }

  start(): Promise<void> {
    return new Promise((resolve, reject) => {
      this.started = { resolve, reject };
    });
  }

  play(pcm: ArrayBuffer): void {
    this.given += pcm.byteLength / 2;
  }

  flush(): void {
    this.calls.push("flush");
    if (!this.flushesSlowly) {
      this.confirm();
    }
  }

  confirm(): void {
    this.dropped = this.given - this.played;
    this.tell(false);
  }

  setMuted(muted: boolean): void {
    this.muted = muted;
  }

  setVolume(volume: number): void {
    this.volume = volume;
  }

  inputLevel(): number {
    return 0.25;
  }

  outputLevel(): number {
    return 0.5;
  }

  stopMicrophone(): void {
    this.log.push("microphone off");
  }

  close(): Promise<void> {
    this.log.push("audio closed");
    return this.closesSlowly
      ? new Promise((resolve) => {
          this.closes = resolve;
        })
      : Promise.resolve();
  }

  tell(playing: boolean): void {
    const { played, dropped, latencyMs } = this;
    this.events.onProgress({ played, dropped, playing, latencyMs } satisfies PlaybackProgress);
  }

  /** Plays so many ms of what it was given, telling about it every 100 ms. */
  plays(ms: number): void {
    const perMs = this.settings.outputSampleRate / 1000;
    this.tell(true);
    for (let left = ms; left > 0; left -= 100) {
      this.played += Math.min(100, left) * perMs;
      this.tell(true);
    }
    if (this.played + this.dropped >= this.given) {
      this.tell(false);
    }
  }

  /** So many frames of 20 ms, whose bytes are all `value`. */
  captures(frames: number, value = 1): void {
    const bytes = this.settings.inputSampleRate / 25;
    for (let i = 0; i < frames; i++) {
      this.events.onFrame(new Uint8Array(bytes).fill(value).buffer);
    }
  }
}

/** All that a test needs. */
export class World {
  readonly log: string[] = [];
  readonly sockets: FakeSocket[] = [];
  readonly audios: FakeAudio[] = [];
  watching = false;
  online: () => void = () => {};
  /** What the browser throws instead of opening a socket. */
  refusal: Error | undefined;
  session: RealtimeSession | undefined;

  readonly around = {
    createAudio: (settings: AudioSettings, events: AudioEvents) => {
      const audio = new FakeAudio(settings, events, this.log);
      this.audios.push(audio);
      return audio;
    },
    openSocket: (url: string, token: string, events: SocketEvents) => {
      if (this.refusal !== undefined) {
        throw this.refusal;
      }
      const socket = new FakeSocket(url, token, events);
      this.sockets.push(socket);
      return socket;
    },
    watchNetwork: (changed: () => void) => {
      this.watching = true;
      this.online = changed;
      return () => {
        this.watching = false;
      };
    },
  };

  /** Callbacks that write into the log. */
  readonly callbacks = {
    onConnect: ({ conversationId }: { conversationId: string }) => this.log.push(`connect ${conversationId}`),
    onDisconnect: (details: object) => this.log.push(`disconnect ${JSON.stringify(details)}`),
    onMessage: (message: object) => this.log.push(`message ${JSON.stringify(message)}`),
    onStatusChange: (status: string) => this.log.push(`status ${status}`),
    onModeChange: (mode: string) => this.log.push(`mode ${mode}`),
    onError: (error: Error) => this.log.push(`error ${error.message}`),
    onTurn: (event: { stage: string }) => this.log.push(`turn ${event.stage}`),
  };

  /** `create`, and how it ended; the log has it, too. */
  create(options: Partial<RealtimeVoiceConversationOptions> = {}): Promise<RealtimeSession> {
    const creating = RealtimeSession.open({ ...SESSION, ...this.callbacks, ...options }, this.around);
    creating.then(
      (session) => {
        this.session = session;
        this.log.push("created");
      },
      (error) => this.log.push(`rejected ${error.code} ${error.message}`),
    );
    return creating;
  }

  /** An established conversation with an empty log. */
  async connect(options: Partial<RealtimeVoiceConversationOptions> = {}): Promise<RealtimeSession> {
    const creating = this.create(options);
    this.socket.ready();
    this.audio.started.resolve();
    const session = await creating;
    this.log.length = 0;
    return session;
  }

  /** Number `index` of the sockets that were opened. */
  opened(index: number): FakeSocket {
    return this.sockets[index] as FakeSocket;
  }

  /** The last one that was opened. */
  get socket(): FakeSocket {
    return last(this.sockets);
  }

  get audio(): FakeAudio {
    return last(this.audios);
  }
}

/** What was settled goes on. */
export async function settle(): Promise<void> {
  await vi.advanceTimersByTimeAsync(0);
}

/** So many ms of sound at 24 kHz. */
export function pcm(ms: number): ArrayBuffer {
  return new ArrayBuffer(ms * 48);
}

export function last<T>(items: readonly T[]): T {
  const item = items.at(-1);
  if (item === undefined) {
    throw new Error("there is none");
  }
  return item;
}
