/** Medians, percentiles, and how they are printed. */

export function percentile(values: number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? Number.NaN;
}

export const median = (values: number[]) => percentile(values, 0.5);

/** From each start to the next end that follows it within a second. */
export function delays(starts: number[], ends: number[]): number[] {
  return starts.flatMap((start) => {
    const end = ends.find((at) => at >= start - 2 && at < start + 1000);
    return end === undefined ? [] : [Math.max(0, end - start)];
  });
}

export function line(name: string, ours: number[], floor: number[]): string {
  const show = (value: number) => value.toFixed(1).padStart(7);
  const ratio = (median(ours) / median(floor)).toFixed(2);
  return (
    `${name.padEnd(44)} ${show(median(ours))} ${show(percentile(ours, 0.99))}   ` +
    `${show(median(floor))} ${show(percentile(floor, 0.99))}   ${ratio.padStart(5)}   n=${ours.length}/${floor.length}`
  );
}
