/** Samples that wait, in the pieces in which they came. */

import { toFloat } from "./pcm.js";

/** First in, first out. Nothing is copied until it is read. */
export class SampleQueue {
  readonly #pieces: Int16Array[] = [];
  /** How much of the first piece is gone. */
  #gone = 0;
  #length = 0;

  /** Samples that wait. */
  get length(): number {
    return this.#length;
  }

  push(samples: Int16Array): void {
    if (samples.length > 0) {
      this.#pieces.push(samples);
      this.#length += samples.length;
    }
  }

  /** Writes at most `count` samples to the front of `into`, and returns how many there were. */
  read(into: Float32Array, count: number): number {
    const wanted = Math.min(count, this.#length);
    for (let done = 0; done < wanted; ) {
      const piece = this.#pieces[0];
      if (piece === undefined) {
        break;
      }
      const part = Math.min(wanted - done, piece.length - this.#gone);
      for (let i = 0; i < part; i++) {
        into[done++] = toFloat(piece[this.#gone + i] ?? 0);
      }
      this.#advance(piece, part);
    }
    return wanted;
  }

  /** Throws the first `count` samples away, and returns how many there were. */
  skip(count: number): number {
    const wanted = Math.min(count, this.#length);
    for (let left = wanted; left > 0; ) {
      const piece = this.#pieces[0];
      if (piece === undefined) {
        break;
      }
      const part = Math.min(left, piece.length - this.#gone);
      left -= part;
      this.#advance(piece, part);
    }
    return wanted;
  }

  #advance(piece: Int16Array, part: number): void {
    this.#gone += part;
    this.#length -= part;
    if (this.#gone === piece.length) {
      this.#pieces.shift();
      this.#gone = 0;
    }
  }
}
