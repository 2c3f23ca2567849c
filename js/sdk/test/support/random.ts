/** Chance that is the same in every run. */

/** Numbers from 0 up to 1. Source: mulberry32, public domain. */
export function seeded(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** A whole number from 0 up to `limit`. */
export function below(random: () => number, limit: number): number {
  return Math.floor(random() * limit);
}

/** The bytes, cut anywhere. */
export function cut(bytes: Uint8Array, random: () => number, longest = 7): Uint8Array[] {
  const parts: Uint8Array[] = [];
  for (let at = 0; at < bytes.length; ) {
    const end = at + 1 + below(random, longest);
    parts.push(bytes.slice(at, end));
    at = end;
  }
  return parts;
}
