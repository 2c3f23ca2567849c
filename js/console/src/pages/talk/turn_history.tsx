/** The last turns, small: what was waited for, one beside the other. */

import type { JSX } from "preact";
import type { Interval } from "../../charts/scale.js";
import { barOf, commonAxis } from "./turn_axis.js";
import { sentenceOf, type TurnPicture, waits } from "./turn_picture.js";

/** Newest first. `onShow` shows one large; null: the newest again. */
export function TurnHistory(props: {
  pictures: readonly TurnPicture[];
  shown: number;
  onShow: (id: number) => void;
}): JSX.Element {
  const axis = commonAxis(props.pictures);
  return (
    <ol class="turn-history" aria-label="Turns, the newest first" reversed>
      {[...props.pictures].reverse().map((picture) => (
        <li key={picture.id}>
          <button
            type="button"
            class="turn-line"
            aria-pressed={picture.id === props.shown}
            onClick={() => props.onShow(picture.id)}
          >
            <span class="turn-said">{titleOf(picture)}</span>
            <Strip picture={picture} axis={axis} />
            <span class="turn-cut" aria-hidden="true">
              {picture.cutMs === null ? "" : "cut"}
            </span>
            <span class="turn-total" aria-hidden="true">
              {picture.heardMs === null ? "–" : Math.round(picture.heardMs).toLocaleString("en")}
            </span>
            <span class="sr-only">{sentenceOf(picture)}</span>
          </button>
        </li>
      ))}
    </ol>
  );
}

/** What a turn is called. */
export function titleOf(picture: TurnPicture): string {
  if (picture.said !== "") return `“${picture.said}”`;
  if (picture.kind === "unasked") return "The agent began";
  if (picture.segments.some((segment) => segment.part === "speech" && segment.live)) return "You speak…";
  return picture.live ? "…" : "No words";
}

function Strip(props: { picture: TurnPicture; axis: Interval }): JSX.Element {
  return (
    <svg class="turn-strip" width="100%" height="12" aria-hidden="true" focusable="false">
      {waits(props.picture).map((segment, index) => {
        const bar = segment.ahead ? null : barOf(segment, props.axis);
        if (bar === null) return null;
        const width = `${((bar.to - bar.from) * 100).toFixed(3)}%`;
        return (
          <rect key={index} class={`part-${segment.part}`} x={`${bar.from * 100}%`} width={width} y="1" height="10" />
        );
      })}
    </svg>
  );
}
