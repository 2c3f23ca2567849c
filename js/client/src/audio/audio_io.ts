/**
 * The seam between a conversation and the sound of this machine: 16-bit samples in and out, levels, and what was heard.
 *
 * A conversation knows nothing of AudioContext and worklets, and its tests have an `AudioIO` of their own.
 */

import type { AudioConstraints } from "../types.js";

/** What a conversation wants of the sound. Rates in Hz. */
export interface AudioSettings {
  inputSampleRate: number;
  outputSampleRate: number;
  inputDeviceId?: string;
  outputDeviceId?: string;
  constraints: AudioConstraints;
}

/**
 * What became of the sound that was given to `play`, counted in samples at the output rate since the start.
 *
 * What was played and what was dropped (by `flush`) together never exceed what was given.
 */
export interface PlaybackProgress {
  /** Samples that left for the loudspeaker. */
  played: number;
  /** Samples that `flush` threw away. */
  dropped: number;
  /** Sound is being heard, as opposed to silence between or after answers. A short gap of the network is no silence. */
  playing: boolean;
  /** Milliseconds from a sample's leaving to its being heard, as far as the browser knows. */
  latencyMs: number;
}

/** What the sound tells the conversation. Each is called on the main thread. */
export interface AudioEvents {
  /** The next 20 ms of the microphone: Int16 LE mono at the input rate. Never while muted. */
  onFrame(pcm: ArrayBuffer): void;
  /** About every 100 ms while sound is playing, at once when it begins and ends, and after each `flush`. */
  onProgress(progress: PlaybackProgress): void;
  /** The microphone or the sound system failed in the middle of the conversation, which goes on without it. */
  onProblem(error: Error): void;
}

/** The sound of one conversation. */
export interface AudioIO {
  /**
   * Asks for the microphone and starts everything.
   *
   * Rejects with `SpekoClientError` `MICROPHONE_FAILED`, and then holds nothing any more. Its text says what to do; its
   * cause is the browser's own error.
   */
  start(): Promise<void>;
  /** The next sound: Int16 LE mono at the output rate, of any even length. The buffer is not the caller's any more. */
  play(pcm: ArrayBuffer): void;
  /** Silence within one render quantum. What was given before is dropped; `onProgress` says what had been played. */
  flush(): void;
  /** Switches the track off, and frames stop. */
  setMuted(muted: boolean): void;
  /** 0 to 1, also for what is already queued. */
  setVolume(volume: number): void;
  /** Loudness of the last frames, 0 to 1, as amplitude (RMS). 0 while muted. */
  inputLevel(): number;
  outputLevel(): number;
  /** Stops the tracks: the browser's indicator goes out. */
  stopMicrophone(): void;
  /** Drops what is queued, and gives everything back. Repeatable. */
  close(): Promise<void>;
}

/** Makes the sound of a conversation. */
export type AudioFactory = (settings: AudioSettings, events: AudioEvents) => AudioIO;
