/** Money as the gateway counts it: whole micro-USD in decimal text, because a sum may pass 2^53. Pure. */

const WHOLE = /^-?\d{1,40}$/;

/** Micro-USD out of the gateway's text; null for anything that is no whole number. */
export function microUsd(text: string | null | undefined): bigint | null {
  return typeof text === "string" && WHOLE.test(text) ? BigInt(text) : null;
}

/** The exact sum; what is no amount counts as nothing. */
export function sumMicroUsd(texts: Iterable<string | null | undefined>): bigint {
  let sum = 0n;
  for (const text of texts) sum += microUsd(text) ?? 0n;
  return sum;
}
