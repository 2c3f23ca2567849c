/** Money as the gateway counts it: whole micro-USD in decimal text, because a sum may pass 2^53. Pure. */

const MICROS = 1_000_000n;
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

/** `$0.000123`: exact, at least two decimals, and none of them a needless zero behind those. */
export function formatMicroUsd(amount: bigint): string {
  const size = amount < 0n ? -amount : amount;
  const decimals = (size % MICROS)
    .toString()
    .padStart(6, "0")
    .replace(/0{1,4}$/, "");
  return `${amount < 0n ? "-" : ""}$${size / MICROS}.${decimals}`;
}
