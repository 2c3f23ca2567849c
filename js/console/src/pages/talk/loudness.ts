/** Linear level (RMS, 0 to 1) to the share of a meter: -60 dBFS is empty, 0 dBFS is full. Pure. */
export function loudness(level: number): number {
  return level > 0 ? Math.min(1, Math.max(0, 1 + (20 * Math.log10(level)) / 60)) : 0;
}
