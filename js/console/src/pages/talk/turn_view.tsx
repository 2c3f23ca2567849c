/** The picture of a turn: a table, in which time runs to the right. */

import type { JSX } from "preact";
import { type Interval, linearTicks } from "../../charts/scale.js";
import { type Lane, lanesOf, lengthOf, servedBy } from "./lanes.js";
import { axisOf, barOf } from "./turn_axis.js";
import { PART_NAMES, type Part, type Segment, type TurnPicture } from "./turn_picture.js";

const TICKS = 6;

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
        <span class="lane-name">{PART_NAMES[lane.part]}</span>
        <span class="lane-server">{servedBy(lane)}</span>
      </th>
      <td>
        <span class="sr-only">{lane.segments.map(spoken).join("; ")}</span>
        <svg class="lane-picture" width="100%" height="20" aria-hidden="true" focusable="false">
          <Grid axis={axis} />
          {lane.segments.map((segment, index) => (
            <SegmentBar key={index} segment={segment} axis={axis} />
          ))}
          <Mark at={0} axis={axis} class="lane-zero" />
          {picture.heardMs !== null && <Mark at={picture.heardMs} axis={axis} class="lane-heard" />}
          {lane.part === "answer" && picture.cutMs !== null && <Cut at={picture.cutMs} axis={axis} />}
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
  if (segment.ahead) return `done at ${round(segment.to)}, ahead of time`;
  return `${round(segment.from)} to ${segment.live ? "now" : round(segment.to)}`;
}

function SegmentBar(props: { segment: Segment; axis: Interval }): JSX.Element | null {
  const { segment, axis } = props;
  const bar = barOf(segment, axis);
  if (bar === null) return null;
  const from = percent(bar.from);
  if (segment.ahead) return <circle class={`bar-${segment.part} bar-ahead`} cx={from} cy="10" r="4" />;
  const width = percent(bar.to - bar.from);
  return (
    <g class={`bar-${segment.part} ${segment.live ? "bar-live" : ""}`}>
      {/* What took less than a pixel can be seen, too. */}
      <line class="bar-least" x1={from} x2={from} y1="4" y2="16" />
      <rect x={from} width={width} y="4" height="12" rx="2" />
      {bar.tornLeft && <Tear at={from} />}
      {bar.tornRight && <Tear at={percent(bar.to)} />}
    </g>
  );
}

/** The bar goes on beyond the picture. */
function Tear({ at }: { at: string }): JSX.Element {
  return (
    <svg x={at} overflow="visible" aria-hidden="true">
      <path class="bar-tear" d="M-7 2 l4 4 -4 4 4 4 -4 4 M7 2 l-4 4 4 4 -4 4 4 4" />
    </svg>
  );
}

function Cut(props: { at: number; axis: Interval }): JSX.Element | null {
  const at = place(props.at, props.axis);
  if (at === null) return null;
  return (
    <svg x={at} overflow="visible" aria-hidden="true">
      <path class="lane-cut" d="M0 0v20M-4 6l8 8M4 6l-8 8" />
    </svg>
  );
}

function Mark(props: { at: number; axis: Interval; class: string }): JSX.Element | null {
  const at = place(props.at, props.axis);
  return at === null ? null : <line class={props.class} x1={at} x2={at} y1="0" y2="20" />;
}

function Grid({ axis }: { axis: Interval }): JSX.Element {
  return (
    <g class="lane-grid">
      {linearTicks(axis, TICKS).map((tick) => {
        const at = place(tick, axis);
        return at !== null && <line key={tick} x1={at} x2={at} y1="0" y2="20" />;
      })}
    </g>
  );
}

function Axis({ axis }: { axis: Interval }): JSX.Element {
  return (
    <svg class="turn-axis" width="100%" height="16" aria-hidden="true" focusable="false">
      {linearTicks(axis, TICKS).map((tick) => {
        const share = (tick - axis[0]) / (axis[1] - axis[0]);
        const anchor = share < 0.03 ? "start" : share > 0.97 ? "end" : "middle";
        return (
          <text key={tick} x={percent(share)} y="12" text-anchor={anchor}>
            {tick === 0 ? "0 ms" : tick}
          </text>
        );
      })}
    </svg>
  );
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
