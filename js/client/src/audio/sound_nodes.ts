/** What both ways of handling samples in the audio graph have in common: worklets, and script processors. */

import type { PlaybackReport } from "./playback.js";

/** What the nodes tell. All on the main thread. */
export interface SoundEvents {
  onFrame(pcm: ArrayBuffer): void;
  onReport(report: PlaybackReport): void;
  onFailure(error: Error): void;
}

/** The node that takes the microphone's sound, and the one that gives the agent's. */
export interface SoundNodes {
  /** Silent itself; it wants to be connected to the destination, because some browsers let nothing else run. */
  readonly capture: AudioNode;
  readonly playout: AudioNode;
  /** The buffer is not the caller's any more. */
  play(pcm: ArrayBuffer): void;
  flush(): void;
  /** Frames stop, and the beginning of one is forgotten. */
  setMuted(muted: boolean): void;
  close(): void;
}
