/** What is going on, in a word or two. Pure. */

import type { TurnPicture } from "./turn_picture.js";

/** Where the page stands: no conversation, one that begins, that goes on, or that ends. */
export type Phase = "idle" | "starting" | "live" | "ending";

/** What there is to know. `picture`: of the newest turn. */
export interface Situation {
  phase: Phase;
  reconnecting: boolean;
  speaking: boolean;
  muted: boolean;
  picture: TurnPicture | null;
}

/** For the eye `kind`, for everybody `words`. */
export interface Activity {
  kind: "idle" | "busy" | "listening" | "muted" | "hearing" | "thinking" | "speaking" | "lost";
  words: string;
}

export function activityOf(situation: Situation): Activity {
  const { phase, picture, muted } = situation;
  if (phase === "idle") return { kind: "idle", words: "Ready" };
  if (phase === "starting") return { kind: "busy", words: "Connecting…" };
  if (phase === "ending") return { kind: "busy", words: "Ending…" };
  if (situation.reconnecting) return { kind: "lost", words: "Connection lost, reconnecting…" };
  const segments = picture?.segments ?? [];
  if (segments.some((segment) => segment.part === "speech" && segment.live))
    return { kind: "hearing", words: "You speak" };
  if (situation.speaking) return { kind: "speaking", words: "The agent speaks" };
  const pending = segments.find((segment) => segment.live);
  if (pending?.part === "tool") return { kind: "thinking", words: "A tool runs" };
  if (pending !== undefined) return { kind: "thinking", words: "The agent thinks" };
  return muted ? { kind: "muted", words: "Muted" } : { kind: "listening", words: "Listening" };
}
