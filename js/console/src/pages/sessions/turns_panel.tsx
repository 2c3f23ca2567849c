/** The turns of a session as a waterfall. */

import type { Attempt } from "@spekoai/sdk";
import type { JSX } from "preact";
import { useState } from "preact/hooks";
import { PART_NAMES, PARTS } from "../../turn/parts.js";
import { Button, Empty, Panel } from "../../ui/index.js";
import type { Attribution } from "./attribution.js";
import { type Axis, axisOf } from "./turn_axis.js";
import { TurnEntry } from "./turn_entry.js";
import type { Waterfall } from "./waterfall.js";

export function TurnsPanel(props: { picture: Waterfall; calls: Attribution<Attempt>; live: boolean }): JSX.Element {
  const { picture, calls } = props;
  const [whole, setWhole] = useState(false);
  const axis = axisOf(whole ? picture.whole : picture.wait);
  if (picture.rows.length === 0) {
    return (
      <Panel title="Turns">
        <Empty icon="clock" title={props.live ? "No turn yet" : "No turns"}>
          {props.live
            ? "A turn is listed when its answer is over. This page refreshes itself."
            : "Nobody was answered in this session."}
        </Empty>
      </Panel>
    );
  }
  return (
    <Panel
      title="Turns"
      description="Zero is the user's end of speech, or when the words were typed. Open a turn for its parts and vendor calls."
      flush
      actions={
        <>
          <Button size="small" pressed={!whole} onClick={() => setWhole(false)}>
            Until the first sound
          </Button>
          <Button size="small" pressed={whole} onClick={() => setWhole(true)}>
            Whole turns
          </Button>
        </>
      }
    >
      <Legend picture={picture} />
      <Ruler axis={axis} />
      <ol class="turns">
        {picture.rows.map((row, place) => (
          <TurnEntry key={row.index} row={row} calls={calls.turns[place] ?? []} axis={axis} />
        ))}
      </ol>
    </Panel>
  );
}

function Legend({ picture }: { picture: Waterfall }): JSX.Element {
  const seen = new Set(picture.rows.flatMap((row) => row.segments.map((segment) => segment.part)));
  const parts = PARTS.filter((part) => seen.has(part));
  return (
    <ul class="session-legend" aria-label="Colours">
      {parts.map((part) => (
        <li key={part}>
          <span class={`part-key part-${part}`} />
          {PART_NAMES[part]}
        </li>
      ))}
      <li>
        <span class="call-key" />
        Vendor call
      </li>
      <li>
        <span class="call-key call-key-failed" />
        Failed call
      </li>
    </ul>
  );
}

function Ruler({ axis }: { axis: Axis }): JSX.Element {
  return (
    <div class="turn-grid turn-ruler" aria-hidden="true">
      <span />
      <svg class="turn-picture" aria-hidden="true" focusable="false">
        {axis.ticks.map((tick) => (
          <text key={tick.ms} class={tick.minor ? "tick-odd" : ""} x={tick.at} y="14" text-anchor={tick.anchor}>
            {tick.words}
          </text>
        ))}
      </svg>
      <span class="turn-figures">
        <span>Wait</span>
        <span>Failovers</span>
        <span>Cost</span>
      </span>
    </div>
  );
}
