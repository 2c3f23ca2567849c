/** Times and money. */

import { signal } from "@preact/signals";
import type { JSX } from "preact";
import { absoluteTime, dollars, relativeTime } from "./format.js";

/** One clock for all: what is "3 minutes ago" moves on without a timer per row. */
const now = signal(Date.now());

/** Starts the clock of all `Time`s. */
export function startClock(): void {
  setInterval(() => {
    now.value = Date.now();
  }, 15_000);
}

/** How long ago, with the exact time as tooltip. `at`: ISO 8601; null is shown as `never`. */
export function Time(props: { at: string | null | undefined; never?: string; absolute?: boolean }): JSX.Element {
  const ms = props.at ? Date.parse(props.at) : Number.NaN;
  if (!props.at || Number.isNaN(ms)) {
    return <span class="faint">{props.never ?? "–"}</span>;
  }
  // A row that came after the last tick of the clock is not in the future.
  const relative = relativeTime(ms, Math.max(now.value, Math.min(ms, Date.now())));
  const absolute = absoluteTime(ms);
  return (
    <time dateTime={props.at} title={props.absolute ? relative : absolute}>
      {props.absolute ? absolute : relative}
    </time>
  );
}

/** An amount in micro-USD, as the gateway's strings. */
export function Money({ microUsd }: { microUsd: string | null | undefined }): JSX.Element {
  return <span class="number">{microUsd === null || microUsd === undefined ? "–" : dollars(microUsd)}</span>;
}
