/** The sound of this browser: one AudioContext for both ways. */

import { SpekoClientError } from "../errors.js";
import type { AudioEvents, AudioFactory, AudioIO, AudioSettings } from "./audio_io.js";
import { keepAwake, newContext, sendTo, startContext } from "./context.js";
import { Level, rms } from "./levels.js";
import { openMicrophone, stopTracks, unlessAborted } from "./microphone.js";
import type { PlaybackReport } from "./playback.js";
import { scriptNodes } from "./script_processor.js";
import { SoundGraph } from "./sound_graph.js";
import type { SoundEvents } from "./sound_nodes.js";
import { loadWorklet } from "./worklet_loading.js";
import { workletNodes } from "./worklet_nodes.js";

/** What may wait for `start`, in bytes: ten minutes at 24 kHz. What comes beyond it is dropped. */
const LONGEST_WAITING = 600 * 24_000 * 2;

/** What a page may say about where things are. */
export interface BrowserAudioOptions {
  /** Where the page serves this package's audio-worklet.js; beside its index.js unless said. */
  workletUrl?: string | URL | undefined;
}

/** Sound by getUserMedia and Web Audio: in worklets, or in script processors where the browser has none. */
export function createBrowserAudio(options: BrowserAudioOptions = {}): AudioFactory {
  return (settings, events) => new BrowserAudio(settings, events, options.workletUrl);
}

class BrowserAudio implements AudioIO {
  readonly #settings: AudioSettings;
  readonly #events: AudioEvents;
  readonly #workletUrl: string | URL | undefined;
  /** Aborted by `close`. */
  readonly #life = new AbortController();
  readonly #input = new Level();
  #context: AudioContext | undefined;
  /** While the microphone is ours. */
  #stream: MediaStream | undefined;
  #graph: SoundGraph | undefined;
  #closed: Promise<void> | undefined;
  /** What was to be played and flushed before the graph was there. */
  #early: (ArrayBuffer | "flush")[] = [];
  #earlyBytes = 0;
  /** Flushes that the playout has been told of. */
  #flushes = 0;
  #muted = false;
  #volume = 1;

  constructor(settings: AudioSettings, events: AudioEvents, workletUrl: string | URL | undefined) {
    this.#settings = settings;
    this.#events = events;
    this.#workletUrl = workletUrl;
  }

  async start(): Promise<void> {
    try {
      await this.#start(this.#life.signal);
    } catch (error) {
      await this.close();
      throw error instanceof SpekoClientError
        ? error
        : new SpekoClientError("The sound of this browser could not be started.", "MICROPHONE_FAILED", error);
    }
  }

  play(pcm: ArrayBuffer): void {
    if (this.#graph !== undefined) {
      this.#graph.nodes.play(pcm);
    } else if (this.#closed === undefined && this.#earlyBytes + pcm.byteLength <= LONGEST_WAITING) {
      this.#early.push(pcm);
      this.#earlyBytes += pcm.byteLength;
    }
  }

  flush(): void {
    if (this.#graph !== undefined) {
      this.#flushes += 1;
      this.#graph.nodes.flush();
    } else if (this.#early.at(-1) !== "flush") {
      this.#early.push("flush");
    }
  }

  setMuted(muted: boolean): void {
    this.#muted = muted;
    this.#applyMute();
  }

  setVolume(volume: number): void {
    this.#volume = Math.max(0, Math.min(1, volume)) || 0;
    this.#graph?.setVolume(this.#volume);
  }

  inputLevel(): number {
    return this.#input.at(performance.now());
  }

  outputLevel(): number {
    return this.#graph?.level(performance.now()) ?? 0;
  }

  stopMicrophone(): void {
    if (this.#stream !== undefined) {
      stopTracks(this.#stream);
      this.#stream = undefined;
      this.#applyMute();
    }
  }

  close(): Promise<void> {
    this.#closed ??= this.#close();
    return this.#closed;
  }

  async #start(signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    const context = newContext();
    this.#context = context;
    // The module comes while the user is being asked.
    const loading = loadWorklet(context, this.#workletUrl).catch((error: Error) => {
      this.#problem(error);
      return false;
    });
    const stream = await openMicrophone(this.#settings, signal);
    this.#stream = stream;
    this.#applyMute();
    const hasWorklet = await unlessAborted(loading, signal);
    await startContext(context, signal);
    const makeNodes = hasWorklet ? workletNodes : scriptNodes;
    this.#graph = new SoundGraph(context, stream, this.#volume, () =>
      makeNodes(context, this.#settings, this.#sound()),
    );
    this.#watch(context, stream, signal);
    this.#begin();
  }

  #sound(): SoundEvents {
    return {
      onFrame: (pcm) => this.#frame(pcm),
      onReport: (report) => this.#report(report),
      onFailure: (error) => this.#problem(error),
    };
  }

  #watch(context: AudioContext, stream: MediaStream, signal: AbortSignal): void {
    const tell = (error: Error) => this.#problem(error);
    for (const track of stream.getTracks()) {
      const ended = () =>
        tell(new SpekoClientError("The microphone was disconnected, or taken away.", "MICROPHONE_FAILED"));
      track.addEventListener("ended", ended, { signal });
    }
    keepAwake(context, signal, tell);
    sendTo(context, this.#settings.outputDeviceId, tell);
  }

  /** Does what could not be done before the graph was there. */
  #begin(): void {
    this.#applyMute();
    const early = this.#early;
    this.#early = [];
    for (const one of early) {
      if (one === "flush") {
        this.flush();
      } else {
        this.play(one);
      }
    }
  }

  #applyMute(): void {
    const silent = this.#muted || this.#stream === undefined;
    for (const track of this.#stream?.getTracks() ?? []) {
      track.enabled = !silent;
    }
    this.#graph?.nodes.setMuted(silent);
    if (silent) {
      this.#input.reset();
    }
  }

  #frame(pcm: ArrayBuffer): void {
    // One may be on its way from the audio thread when the track is switched off.
    if (!this.#muted && this.#stream !== undefined) {
      this.#input.add(rms(new Int16Array(pcm), 0x8000), performance.now());
      this.#events.onFrame(pcm);
    }
  }

  #report({ played, dropped, playing, flushes }: PlaybackReport): void {
    // A report that does not know of the last flush yet tells of sound that nobody hears any more.
    if (this.#graph !== undefined && flushes === this.#flushes) {
      this.#events.onProgress({ played, dropped, playing, latencyMs: this.#graph.latencyMs });
    }
  }

  #problem(error: Error): void {
    if (!this.#life.signal.aborted) {
      this.#events.onProblem(error);
    }
  }

  async #close(): Promise<void> {
    this.#life.abort(new SpekoClientError("The sound was closed while it started.", "MICROPHONE_FAILED"));
    this.#early = [];
    this.stopMicrophone();
    this.#graph?.close();
    this.#graph = undefined;
    // Closing twice, or what never ran, is an error to some browsers.
    await this.#context?.close().catch(() => {});
  }
}
