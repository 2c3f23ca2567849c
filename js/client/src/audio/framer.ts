/** The microphone's sound in frames, as the wire wants them. */

import { toInt16 } from "./pcm.js";
import { Resampler } from "./resampler.js";

/** Length of a frame. */
const FRAME_MS = 20;

/** Turns blocks of float samples, of any length, into frames of 20 ms: Int16 LE at `toRate`. The remainder is kept. */
export class Framer {
  readonly #resampler: Resampler;
  readonly #emit: (frame: ArrayBuffer) => void;
  readonly #size: number;
  #resampled = new Float32Array(0);
  #frame: Int16Array<ArrayBuffer>;
  #filled = 0;

  /** `fromRate`, `toRate`: Hz. `emit` is given each frame, and may keep or transfer it. */
  constructor(fromRate: number, toRate: number, emit: (frame: ArrayBuffer) => void) {
    this.#resampler = new Resampler(fromRate, toRate);
    this.#emit = emit;
    this.#size = (toRate * FRAME_MS) / 1000;
    this.#frame = new Int16Array(this.#size);
  }

  push(block: Float32Array): void {
    const ready = this.#resampler.ready(block.length);
    if (this.#resampled.length < ready) {
      this.#resampled = new Float32Array(ready);
    }
    this.#resampler.process(block, block.length, this.#resampled);
    for (let i = 0; i < ready; i++) {
      this.#frame[this.#filled++] = toInt16(this.#resampled[i] ?? 0);
      if (this.#filled === this.#size) {
        this.#emit(this.#frame.buffer);
        this.#frame = new Int16Array(this.#size);
        this.#filled = 0;
      }
    }
  }

  /** Forgets the remainder: what comes next has nothing to do with what came before. */
  reset(): void {
    this.#resampler.reset();
    this.#filled = 0;
  }
}
