/** Comparing what was captured with what was said. */

import { readFileSync } from "node:fs";

/** The samples of a mono 16-bit WAV as `record` writes it. */
export function samplesOf(path: string): Int16Array {
  const file = readFileSync(path);
  const at = file.indexOf("data", 12, "latin1") + 8;
  return new Int16Array(file.buffer.slice(file.byteOffset + at, file.byteOffset + file.length));
}

/**
 * The best correlation of `captured` with a piece of `original` that has `finer` times its rate, over the whole of the
 * piece and at one fixed delay: a sample that was lost or doubled on the way would lower it from there on.
 *
 * @param from first sample of the piece in the original, and `to` the one after its last.
 */
export function correlation(
  captured: Int16Array,
  original: Int16Array,
  finer: number,
  from: number,
  to: number,
): number {
  const coarse = firstLoud(captured, 0) - Math.round(firstLoud(original, from) / finer);
  const length = Math.floor((to - from) / finer) - 2;
  const start = Math.round(from / finer);
  let best = 0;
  for (let shift = -480; shift <= 480; shift++) {
    for (let part = 0; part < finer; part++) {
      best = Math.max(best, similarity(captured, start + coarse + shift, original, from + part, finer, length));
    }
  }
  return best;
}

function similarity(a: Int16Array, atA: number, b: Int16Array, atB: number, step: number, length: number): number {
  let ab = 0;
  let aa = 0;
  let bb = 0;
  for (let i = 0; i < length; i++) {
    const x = a[atA + i] ?? 0;
    const y = b[atB + i * step] ?? 0;
    ab += x * y;
    aa += x * x;
    bb += y * y;
  }
  return ab / Math.sqrt(aa * bb || 1);
}

function firstLoud(samples: Int16Array, from: number): number {
  let most = 0;
  for (let i = from; i < samples.length; i++) {
    most = Math.max(most, Math.abs(samples[i] ?? 0));
  }
  let at = from;
  while (Math.abs(samples[at] ?? 0) < most / 8) {
    at++;
  }
  return at;
}
