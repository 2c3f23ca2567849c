/** Chance that comes again: mulberry32. */

/** Numbers from 0 to below 1; the same for the same seed. */
export function seeded(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}

/** A whole number from `low` to `high`. */
export function between(random: () => number, low: number, high: number): number {
  return low + Math.floor(random() * (high - low + 1));
}

/** Pieces of 1 to `longest` that make up the whole. */
export function* pieces(total: number, longest: number, random: () => number): Generator<[number, number]> {
  for (let start = 0; start < total; ) {
    const end = Math.min(total, start + between(random, 1, longest));
    yield [start, end];
    start = end;
  }
}
