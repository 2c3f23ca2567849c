/** How loud it is, for a meter. */

/** How long a meter takes to fall to 37 %. */
const FALL_MS = 120;

/** Root mean square of samples whose loudest value is `fullScale`: 0 to 1. */
export function rms(samples: ArrayLike<number>, fullScale: number): number {
  let sum = 0;
  for (let i = 0; i < samples.length; i++) {
    sum += (samples[i] ?? 0) ** 2;
  }
  return samples.length === 0 ? 0 : Math.sqrt(sum / samples.length) / fullScale;
}

/** Rises at once, and falls slowly enough to be seen. */
export class Level {
  #peak = 0;
  #at = 0;

  /** `loudness`, 0 to 1, at `now` in ms. */
  add(loudness: number, now: number): void {
    this.#peak = Math.max(loudness, this.at(now));
    this.#at = now;
  }

  at(now: number): number {
    return Math.min(1, this.#peak * Math.exp((this.#at - now) / FALL_MS));
  }

  reset(): void {
    this.#peak = 0;
  }
}
