/** Numbers and times as words. */

const STEPS: readonly [limit: number, unit: Intl.RelativeTimeFormatUnit, seconds: number][] = [
  [45, "second", 1],
  [45 * 60, "minute", 60],
  [22 * 3600, "hour", 3600],
  [26 * 86_400, "day", 86_400],
  [320 * 86_400, "month", 30.44 * 86_400],
  [Number.POSITIVE_INFINITY, "year", 365.25 * 86_400],
];

const RELATIVE = new Intl.RelativeTimeFormat("en", { numeric: "auto" });

/** "3 minutes ago"; "just now" within ten seconds. Both are milliseconds since 1970. */
export function relativeTime(at: number, now: number): string {
  const seconds = (at - now) / 1000;
  const size = Math.abs(seconds);
  if (size < 10) {
    return "just now";
  }
  const [, unit, length] = STEPS.find(([limit]) => size < limit) ?? ["", "year" as const, 365.25 * 86_400];
  return RELATIVE.format(Math.round(seconds / length), unit);
}

/** Local date and time to the second: "2026-03-09 14:05:00". */
export function absoluteTime(at: number): string {
  const date = new Date(at);
  const two = (value: number): string => String(value).padStart(2, "0");
  const day = `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())}`;
  return `${day} ${two(date.getHours())}:${two(date.getMinutes())}:${two(date.getSeconds())}`;
}

/** US dollars of a whole number of micro-USD, exact however large: "1250000" is "$1.25". At least two decimals. */
export function dollars(microUsd: string): string {
  if (!/^-?\d+$/.test(microUsd)) {
    return "–";
  }
  const negative = microUsd.startsWith("-");
  const digits = microUsd
    .replace("-", "")
    .replace(/^0+(?=\d)/, "")
    .padStart(7, "0");
  const whole = digits.slice(0, -6).replace(/\B(?=(\d{3})+$)/g, ",");
  const fraction = digits.slice(-6).replace(/0{1,4}$/, "");
  return `${negative ? "−" : ""}$${whole}.${fraction}`;
}

/** A length of time: "320 ms", "1.4 s", "2 min 5 s". */
export function duration(ms: number): string {
  const size = Math.abs(ms);
  if (size < 999.5) {
    return `${Math.round(ms)} ms`;
  }
  if (size < 59_950) {
    return `${(ms / 1000).toFixed(1)} s`;
  }
  const seconds = Math.round(size / 1000);
  const sign = ms < 0 ? "−" : "";
  if (seconds < 3600) {
    return `${sign}${Math.floor(seconds / 60)} min ${seconds % 60} s`;
  }
  return `${sign}${Math.floor(seconds / 3600)} h ${Math.floor((seconds % 3600) / 60)} min`;
}

/** "1 model", "3 models". */
export function count(number: number, one: string, many: string = `${one}s`): string {
  return `${number.toLocaleString("en")} ${number === 1 ? one : many}`;
}
