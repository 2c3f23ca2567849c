/** The axis of a turn's picture: linear, on what happens round the wait. Speech and answer reach beyond its ends. Pure. */

import { type Interval, niceStep } from "../../charts/scale.js";
import type { Segment } from "../../turn/waits.js";
import type { TurnPicture } from "./turn_picture.js";

/** At least so much is shown, in ms from the user's end of speech: most turns have the same axis, and it stands still. */
const LEAST: Interval = [-400, 1000];
/** Of the answer so much is shown behind its beginning. */
const ROOM = 0.3;

/** What a picture shows, in ms; a bar that goes on beyond an end is torn there. */
export function axisOf(picture: TurnPicture): Interval {
  const answer = picture.segments.find((segment) => segment.part === "answer");
  const needed = answer?.from ?? picture.end;
  const wanted = Math.max(LEAST[1], needed * (1 + ROOM));
  const step = niceStep(wanted, 6);
  return [Math.max(LEAST[0], -wanted * 0.4), Math.ceil(wanted / step) * step];
}

/** The axis that some pictures share. */
export function commonAxis(pictures: readonly TurnPicture[]): Interval {
  const needed = pictures.map((picture) => axisOf(picture)[1]);
  return [0, Math.max(LEAST[1], ...needed)];
}

/** A bar on the axis: both ends as a share of its length, and where it is torn. */
export interface Bar {
  from: number;
  to: number;
  tornLeft: boolean;
  tornRight: boolean;
}

/** Where a segment is drawn; null = beyond the axis. */
export function barOf(segment: Segment, [low, high]: Interval): Bar | null {
  if (segment.to < low || segment.from > high) return null;
  const share = (ms: number): number => (Math.min(high, Math.max(low, ms)) - low) / (high - low);
  return {
    from: share(segment.from),
    to: share(segment.to),
    tornLeft: segment.from < low,
    tornRight: segment.to > high,
  };
}
