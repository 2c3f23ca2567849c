/** The picture of a turn: a table, in which time runs to the right. */

import type { JSX } from "preact";
import { type Interval, linearTicks } from "../../charts/scale.js";
import type { Part } from "../../turn/parts.js";
import type { Segment } from "../../turn/waits.js";
import { type Lane, lanesOf, lengthOf, servedBy } from "./lanes.js";
import { axisOf, barOf } from "./turn_axis.js";
import { type TurnPicture, YOUR_PARTS } from "./turn_picture.js";

const TICKS = 8;

/** Pixels of a row, and of the bar in its middle. */
const ROW = 28;
const BAR = { from: 8, height: 12 };

/** Shares of the axis that a server's name takes. */
const ROOM = { full: 0.45, short: 0.28 };

/** One turn, large. `expected`: the rows that a turn of this engine has. */
export function TurnView(props: { picture: TurnPicture; expected: readonly Part[] }): JSX.Element {
  const { picture } = props;
  const axis = axisOf(picture);
  return (
    <table class={`turn-lanes ${picture.live ? "turn-live" : ""}`}>
      <caption class="sr-only">
        The turn in its parts. Times in milliseconds, counted from{" "}
        {picture.kind === "typed" ? "when you sent" : "when you ended"}.
      </caption>
      <thead>
        <tr>
          <th scope="col">
            <span class="sr-only">Part</span>
          </th>
          <th scope="col">
            <span class="sr-only">From and to</span>
            <Axis axis={axis} />
          </th>
          <th scope="col" class="turn-ms">
            ms
          </th>
        </tr>
      </thead>
      <tbody>
        {lanesOf(picture, props.expected).map((lane) => (
          <LaneRow key={lane.part} lane={lane} axis={axis} picture={picture} />
        ))}
      </tbody>
    </table>
  );
}

function LaneRow(props: { lane: Lane; axis: Interval; picture: TurnPicture }): JSX.Element {
  const { lane, axis, picture } = props;
  const length = lengthOf(lane);
  const isAhead = length === null && lane.segments.length > 0;
  return (
    <tr class={`lane lane-${lane.part}`}>
      <th scope="row">
        {YOUR_PARTS[lane.part]}
        <span class="lane-under" aria-hidden="true">
          {servedBy(lane).split(" · ")[0]}
        </span>
      </th>
      <td>
        <span class="sr-only">{[...lane.segments.map(spoken), servedBy(lane)].filter(Boolean).join("; ")}</span>
        <svg class="lane-picture" width="100%" height={ROW} aria-hidden="true" focusable="false">
          <Grid axis={axis} />
          {lane.segments.map((segment, index) => (
            <SegmentBar key={index} segment={segment} axis={axis} />
          ))}
          <Mark at={0} axis={axis} class="lane-zero" />
          {picture.heardMs !== null && <Mark at={picture.heardMs} axis={axis} class="lane-heard" />}
          {lane.part === "answer" && picture.cutMs !== null && <Cut at={picture.cutMs} axis={axis} />}
          <ServerName lane={lane} axis={axis} />
        </svg>
      </td>
      <td class="turn-ms">
        {isAhead ? (
          <span title="Done while something else was waited for">ahead</span>
        ) : length === null ? (
          ""
        ) : (
          round(length)
        )}
      </td>
    </tr>
  );
}

function spoken(segment: Segment): string {
  if (segment.ahead) return `done at ${round(segment.to)}, not waited for`;
  return `${round(segment.from)} to ${segment.live ? "now" : round(segment.to)}`;
}

function SegmentBar(props: { segment: Segment; axis: Interval }): JSX.Element | null {
  const { segment, axis } = props;
  const bar = barOf(segment, axis);
  if (bar === null) return null;
  const from = percent(bar.from);
  if (segment.ahead) return <circle class={`part-${segment.part} bar-ahead`} cx={from} cy={ROW / 2} r="4" />;
  const width = percent(bar.to - bar.from);
  return (
    <g class={`part-${segment.part} ${segment.live ? "bar-live" : ""}`}>
      {/* What took less than a pixel can be seen, too. */}
      <line class="bar-least" x1={from} x2={from} y1={BAR.from} y2={BAR.from + BAR.height} />
      <rect x={from} width={width} y={BAR.from} height={BAR.height} rx="2" />
      {bar.tornLeft && <Tear at={from} d="M4 22l6-16M9 22l6-16" />}
      {bar.tornRight && <Tear at={percent(bar.to)} d="M-15 22l6-16M-10 22l6-16" />}
    </g>
  );
}

/** The bar goes on beyond the picture. */
function Tear({ at, d }: { at: string; d: string }): JSX.Element {
  return (
    <svg x={at} overflow="visible" aria-hidden="true">
      <path class="bar-tear" d={d} />
    </svg>
  );
}

/** Who served it, beside the bar, where there is more room: all of the name, its beginning, or nothing. */
function ServerName({ lane, axis }: { lane: Lane; axis: Interval }): JSX.Element | null {
  const last = lane.segments.at(-1);
  const bar = last === undefined ? null : barOf(last, axis);
  if (bar === null) return null;
  const isBefore = bar.from > 1 - bar.to;
  const room = isBefore ? bar.from : 1 - bar.to;
  const name = room > ROOM.full ? servedBy(lane) : room > ROOM.short ? servedBy(lane).split(" · ")[0] : "";
  if (!name) return null;
  return (
    <svg x={percent(isBefore ? bar.from : bar.to)} overflow="visible" aria-hidden="true">
      <text class="lane-server" x={isBefore ? -8 : 8} y={ROW / 2 + 4} text-anchor={isBefore ? "end" : "start"}>
        {name}
      </text>
    </svg>
  );
}

function Cut(props: { at: number; axis: Interval }): JSX.Element | null {
  const at = place(props.at, props.axis);
  if (at === null) return null;
  return (
    <svg x={at} overflow="visible" aria-hidden="true">
      <path class="lane-cut" d="M0 4v20M-4 10l8 8M4 10l-8 8" />
    </svg>
  );
}

function Mark(props: { at: number; axis: Interval; class: string }): JSX.Element | null {
  const at = place(props.at, props.axis);
  return at === null ? null : <line class={props.class} x1={at} x2={at} y1="0" y2={ROW} />;
}

function Grid({ axis }: { axis: Interval }): JSX.Element {
  return (
    <g class="lane-grid">
      {linearTicks(axis, TICKS).map((tick) => {
        const at = place(tick, axis);
        return at !== null && <line key={tick} x1={at} x2={at} y1="0" y2={ROW} />;
      })}
    </g>
  );
}

function Axis({ axis }: { axis: Interval }): JSX.Element {
  const ticks = linearTicks(axis, TICKS);
  return (
    <svg class="turn-axis" width="100%" height="16" aria-hidden="true" focusable="false">
      {ticks.map((tick) => {
        const share = (tick - axis[0]) / (axis[1] - axis[0]);
        return (
          <text
            key={tick}
            class={isMinor(tick, ticks) ? "tick-minor" : ""}
            x={percent(share)}
            y="12"
            text-anchor="middle"
          >
            {String(tick).replace("-", "−")}
          </text>
        );
      })}
    </svg>
  );
}

/** Every second one goes where there is no room. */
function isMinor(tick: number, ticks: readonly number[]): boolean {
  const [first = 0, second = 1] = ticks;
  return Math.round(tick / (second - first)) % 2 !== 0;
}

function place(ms: number, [low, high]: Interval): string | null {
  return ms < low || ms > high ? null : percent((ms - low) / (high - low));
}

function percent(share: number): string {
  return `${(share * 100).toFixed(3)}%`;
}

function round(ms: number): string {
  return Math.round(ms).toLocaleString("en");
}
