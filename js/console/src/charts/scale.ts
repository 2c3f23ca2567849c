/** Scales of a plot: from a value to a place in user units, and the values worth a tick. Pure. */

/** A closed interval, first to last. A range may run downwards (SVG's y). */
export type Interval = readonly [number, number];

/** One axis. */
export interface Scale {
  readonly kind: "linear" | "log";
  readonly domain: Interval;
  readonly ticks: readonly number[];
  /** The place of a value; values outside the domain are drawn at its border. */
  place(value: number): number;
}

/** The step of 1, 2 or 5 times a power of ten that gives at most about `count` intervals. */
export function niceStep(span: number, count: number): number {
  if (!(span > 0) || !(count > 0)) return 1;
  const raw = span / count;
  const power = 10 ** Math.floor(Math.log10(raw));
  const digit = [1, 2, 5, 10].find((candidate) => raw <= candidate * power * (1 + 1e-9)) ?? 10;
  return digit * power;
}

/** Multiples of a nice step within a domain. */
export function linearTicks([low, high]: Interval, count: number): number[] {
  const step = niceStep(high - low, count);
  const first = Math.ceil(low / step - 1e-9);
  const last = Math.floor(high / step + 1e-9);
  const ticks: number[] = [];
  // Through the shortest text, so that 0.30000000000000004 is 0.3.
  for (let index = first; index <= last; index++) ticks.push(Number.parseFloat((index * step).toPrecision(12)));
  return ticks;
}

/** 1, 2 and 5 of each decade; only the decades where those would be too many. */
export function logTicks([low, high]: Interval, count: number): number[] {
  const fine: number[] = [];
  const coarse: number[] = [];
  for (let exponent = Math.floor(Math.log10(low)); exponent <= Math.ceil(Math.log10(high)); exponent++) {
    for (const digit of [1, 2, 5]) {
      const value = Number.parseFloat((digit * 10 ** exponent).toPrecision(12));
      if (value < low * (1 - 1e-9) || value > high * (1 + 1e-9)) continue;
      fine.push(value);
      if (digit === 1) coarse.push(value);
    }
  }
  return fine.length > count && coarse.length >= 2 ? coarse : fine;
}

/** The smallest interval round all values; null without any finite one. */
export function extent(values: Iterable<number>): Interval | null {
  let low = Number.POSITIVE_INFINITY;
  let high = Number.NEGATIVE_INFINITY;
  for (const value of values) {
    if (!Number.isFinite(value)) continue;
    low = Math.min(low, value);
    high = Math.max(high, value);
  }
  return low <= high ? [low, high] : null;
}

/** A linear axis over `domain`. An empty domain is widened, so that a single value has a place (the middle). */
export function linearScale(domain: Interval, range: Interval, count = 6): Scale {
  const wide = widened(domain);
  return {
    kind: "linear",
    domain: wide,
    ticks: linearTicks(wide, count),
    place: (value) => between(range, (value - wide[0]) / (wide[1] - wide[0])),
  };
}

/** A logarithmic axis. Only for domains above zero. */
export function logScale(domain: Interval, range: Interval, count = 6): Scale {
  const wide: Interval = domain[0] < domain[1] ? domain : [domain[0] / 2, domain[0] * 2];
  const [low, high] = [Math.log10(wide[0]), Math.log10(wide[1])];
  return {
    kind: "log",
    domain: wide,
    ticks: logTicks(wide, count),
    place: (value) => between(range, value > 0 ? (Math.log10(value) - low) / (high - low) : 0),
  };
}

/** How much wider than its values an axis is, at each end. */
const ROOM = 0.06;

/** The axis for some values, with room at both ends: logarithmic where they differ by more than tenfold. An axis of
 * figures that cannot be negative begins at zero rather than below. */
export function scaleFor(values: readonly number[], range: Interval, count = 6): Scale {
  const [low, high] = extent(values) ?? [0, 1];
  if (low > 0 && high / low > 10) {
    const room = (high / low) ** ROOM;
    // Ticks of a logarithmic axis stand unevenly: half as many more are as easy to read.
    return logScale([low / room, high * room], range, Math.round(count * 1.5));
  }
  const [from, to] = widened([low, high]);
  const room = (to - from) * ROOM;
  return linearScale([low >= 0 ? Math.max(0, from - room) : from - room, to + room], range, count);
}

function widened([low, high]: Interval): Interval {
  if (low < high) return [low, high];
  const half = low === 0 ? 1 : Math.abs(low) / 2;
  return [low - half, low + half];
}

function between([from, to]: Interval, part: number): number {
  return from + Math.min(1, Math.max(0, part)) * (to - from);
}
