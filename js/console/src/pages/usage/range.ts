/** The days that the Usage page shows: those of UTC, as the gateway counts them. Pure. */

export const RANGES = ["7", "30", "90", "month", "last-month"] as const;
export type RangeId = (typeof RANGES)[number];

const DAY_MS = 86_400_000;

/** Days as 2026-03-14, oldest first. */
export function daysOf(range: RangeId, now: number): string[] {
  const today = new Date(now);
  const midnight = Date.UTC(today.getUTCFullYear(), today.getUTCMonth(), today.getUTCDate());
  const month = Date.UTC(today.getUTCFullYear(), today.getUTCMonth(), 1);
  switch (range) {
    case "month":
      return between(month, midnight);
    case "last-month":
      return between(Date.UTC(today.getUTCFullYear(), today.getUTCMonth() - 1, 1), month - DAY_MS);
    default:
      return between(midnight - (Number(range) - 1) * DAY_MS, midnight);
  }
}

/** What the gateway is asked for: both ends are included. */
export function askedFor(days: readonly string[]): { from: string; to: string } {
  return { from: `${days[0]}T00:00:00.000Z`, to: `${days.at(-1)}T23:59:59.999Z` };
}

const NAMES: Record<RangeId, string> = {
  "7": "Last 7 days",
  "30": "Last 30 days",
  "90": "Last 90 days",
  month: "This month",
  "last-month": "Last month",
};

export function rangeName(range: RangeId): string {
  return NAMES[range];
}

const SHORT = new Intl.DateTimeFormat("en-GB", { day: "numeric", month: "short", timeZone: "UTC" });
const LONG = new Intl.DateTimeFormat("en-GB", { day: "numeric", month: "long", year: "numeric", timeZone: "UTC" });

/** "14 Mar" */
export function shortDay(day: string): string {
  return SHORT.format(Date.parse(day));
}

/** "14 March 2026" */
export function longDay(day: string): string {
  return LONG.format(Date.parse(day));
}

function between(first: number, last: number): string[] {
  const days: string[] = [];
  for (let day = first; day <= last; day += DAY_MS) days.push(new Date(day).toISOString().slice(0, 10));
  return days;
}
