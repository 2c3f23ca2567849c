/** A playout that tells what became of its sound. */

import { Playout } from "./playout.js";

/** How often, while sound is playing. */
const REPORT_MS = 100;

/** Where playback stands; counts in samples since the start. `flushes`: how many of them it knows of. */
export interface PlaybackReport {
  played: number;
  dropped: number;
  playing: boolean;
  flushes: number;
}

/** Int16 samples at one rate in Hz in, float samples at another out, and reports of it. */
export class Playback {
  readonly #playout: Playout;
  readonly #report: (report: PlaybackReport) => void;
  readonly #every: number;
  #since = 0;
  #wasPlaying = false;
  #flushes = 0;

  constructor(fromRate: number, toRate: number, report: (report: PlaybackReport) => void) {
    this.#playout = new Playout(fromRate, toRate);
    this.#report = report;
    this.#every = (toRate * REPORT_MS) / 1000;
  }

  /** Int16 LE. A half sample at the end is left out. */
  push(pcm: ArrayBuffer): void {
    this.#playout.push(new Int16Array(pcm, 0, pcm.byteLength >> 1));
  }

  pull(out: Float32Array): void {
    this.#playout.pull(out);
    this.#since += out.length;
    const { playing } = this.#playout;
    if (playing !== this.#wasPlaying || (playing && this.#since >= this.#every)) {
      this.#tell();
    }
  }

  flush(): void {
    this.#playout.flush();
    this.#flushes += 1;
    this.#tell();
  }

  #tell(): void {
    const { played, dropped, playing } = this.#playout;
    this.#since = 0;
    this.#wasPlaying = playing;
    this.#report({ played, dropped, playing, flushes: this.#flushes });
  }
}
