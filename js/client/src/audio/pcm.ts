/**
 * 16-bit samples, as they travel, and float samples, as the browser's audio graph has them.
 *
 * Int16Array has the machine's byte order. The wire's is little-endian, and so is every machine that runs a browser.
 */

/** One sample, −1 to 1; what is beyond is clipped. Rounding is left to Int16Array: toward zero. */
export function toInt16(sample: number): number {
  const clipped = Math.max(-1, Math.min(1, sample));
  return clipped * (clipped < 0 ? 0x8000 : 0x7fff);
}

/** The way back: −1 to 1. */
export function toFloat(sample: number): number {
  return sample / (sample < 0 ? 0x8000 : 0x7fff);
}
