/** The rows of a turn's picture. Pure. */

import { median } from "../../turn/median.js";
import { PARTS, type Part } from "../../turn/parts.js";
import type { Segment } from "../../turn/waits.js";
import type { TurnPicture } from "./turn_picture.js";

/** One row: a part of the turn, and when it was served. */
export interface Lane {
  part: Part;
  /** Several where an answer was heard in pieces, or several tools ran. None: it is still to come. */
  segments: Segment[];
}

/** What the gateway's own agent goes through. */
export const CASCADE: readonly Part[] = [
  "speech",
  "endpointing",
  "recognition",
  "model",
  "synthesis",
  "delivery",
  "playout",
  "answer",
];

/** What is known of a turn with a speech-to-speech engine. */
export const SPEECH_TO_SPEECH: readonly Part[] = ["speech", "endpointing", "engine", "playout", "answer"];

/** What only speech goes through. */
const OF_SPEECH: readonly Part[] = ["speech", "endpointing", "recognition"];

/**
 * The rows in order. While a turn goes on, those to come are there already (`expected`), and what is waited for grows in
 * the row that comes next.
 */
export function lanesOf(picture: TurnPicture, expected: readonly Part[]): Lane[] {
  const waiting = picture.segments.find((segment) => segment.part === "waiting");
  const isThere = (part: Part): boolean => picture.segments.some((segment) => segment.part === part);
  const isToCome = (part: Part): boolean =>
    picture.live && expected.includes(part) && !(picture.kind !== "spoken" && OF_SPEECH.includes(part));
  const parts = PARTS.filter((part) => part !== "waiting" && (isThere(part) || isToCome(part)));
  const last = parts.filter(isThere).at(-1);
  const next = parts.find((part) => !isThere(part) && PARTS.indexOf(part) > (last ? PARTS.indexOf(last) : -1));
  const lanes = parts.map((part): Lane => {
    const own = picture.segments.filter((segment) => segment.part === part);
    return { part, segments: part === next && waiting !== undefined ? [...own, waiting] : own };
  });
  return next === undefined && waiting !== undefined ? [...lanes, { part: "waiting", segments: [waiting] }] : lanes;
}

/** How long a row took: ms, of all its pieces; null where nothing was reached or nobody waited. */
export function lengthOf(lane: Lane): number | null {
  const own = lane.segments.filter((segment) => !segment.ahead);
  return own.length === 0 ? null : own.reduce((sum, segment) => sum + segment.to - segment.from, 0);
}

/** Who served a row: `provider · model`. */
export function servedBy(lane: Lane): string {
  const { provider, model, name } = lane.segments[0] ?? {};
  if (name !== undefined) return name;
  return [provider, model === provider ? null : model].filter(Boolean).join(" · ");
}

/** The middle of all times to the first sound, in ms; null without any. */
export function medianHeard(pictures: readonly TurnPicture[]): number | null {
  return median(pictures.flatMap((picture) => picture.heardMs ?? []));
}
