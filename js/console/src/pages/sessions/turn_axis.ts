/** The axis that all turns of a picture share, in percent of its width. Pure. */

import { type Interval, linearTicks } from "../../charts/scale.js";

/** A time worth a line. */
export interface Tick {
  ms: number;
  at: string;
  words: string;
  anchor: "start" | "middle" | "end";
  /** Its words go where there is no room for all. */
  minor: boolean;
}

export interface Axis {
  ticks: Tick[];
  /** Where a span is drawn; null where nothing of it lies on the axis. A span without length keeps a hair's breadth. */
  span(from: number, to: number): { x: string; width: string } | null;
}

/** Percent of the width that a span without length is given. */
const HAIR = 0.25;
/** Percent from an end within which the words of a tick would stick out. */
const EDGE = 3;

/** The axis over a domain in ms. */
export function axisOf(domain: Interval): Axis {
  const [first, last] = domain;
  const percent = (ms: number): number => ((ms - first) / (last - first)) * 100;
  const ticks = linearTicks(domain, 8);
  const step = (ticks[1] ?? 1) - (ticks[0] ?? 0);
  return {
    ticks: ticks.map((ms) => {
      const at = percent(ms);
      return {
        ms,
        at: shown(at),
        words: tickWords(ms),
        minor: Math.round(ms / step) % 2 !== 0,
        anchor: at < EDGE ? "start" : at > 100 - EDGE ? "end" : "middle",
      };
    }),
    span: (from, to) => {
      if (to < first || from > last || Number.isNaN(from) || Number.isNaN(to)) return null;
      const left = Math.min(percent(Math.max(from, first)), 100 - HAIR);
      const right = percent(Math.min(to, last));
      return { x: shown(left), width: shown(Math.max(HAIR, right - left)) };
    },
  };
}

/** `250 ms`, `1.5 s`. */
function tickWords(ms: number): string {
  if (ms === 0) return "0";
  const sign = ms < 0 ? "−" : "";
  const size = Math.abs(ms);
  return size < 1000 ? `${sign}${Number(size.toFixed(3))} ms` : `${sign}${Number((size / 1000).toFixed(3))} s`;
}

function shown(percent: number): string {
  return `${Number(percent.toFixed(3))}%`;
}
