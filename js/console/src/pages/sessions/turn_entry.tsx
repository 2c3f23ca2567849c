/** One turn of the waterfall; opened, its parts and its vendor calls. */

import type { Attempt } from "@spekoai/sdk";
import type { JSX } from "preact";
import { PART_NAMES } from "../../turn/parts.js";
import type { Segment } from "../../turn/waits.js";
import { Badge, type Column, duration, Money, Table } from "../../ui/index.js";
import { AttemptTable } from "./attempt_table.js";
import { type Placed, tally } from "./attribution.js";
import type { Axis } from "./turn_axis.js";
import type { TurnRow } from "./waterfall.js";
import { askedWords, outcomeWords } from "./words.js";

export function TurnEntry(props: { row: TurnRow; calls: readonly Placed<Attempt>[]; axis: Axis }): JSX.Element {
  const { row, calls, axis } = props;
  const sums = tally(calls.map(({ attempt }) => attempt));
  return (
    <li>
      <details class="turn">
        <summary class="turn-grid">
          <span class="turn-name">
            <strong>Turn {row.index + 1}</strong>
            {row.startedAt !== null && (
              <span class="small faint">{new Date(row.startedAt).toLocaleTimeString("en-GB")}</span>
            )}
            {row.interrupted && <Badge tone="warn">interrupted</Badge>}
            {row.kind !== "spoken" && <Badge>{askedWords(row.kind)}</Badge>}
          </span>
          <Picture row={row} calls={calls} axis={axis} />
          <span class="turn-figures">
            <span class={row.firstAudioMs === null ? "faint" : "turn-wait"}>
              <span class="sr-only">wait </span>
              {row.firstAudioMs === null ? "–" : duration(row.firstAudioMs)}
            </span>
            <span class={sums.failovers > 0 ? "turn-failed" : "faint"}>
              <span class="sr-only">failovers </span>
              {sums.failovers}
            </span>
            <span>
              <span class="sr-only">cost </span>
              <Money microUsd={sums.cost.toString()} />
            </span>
          </span>
        </summary>
        <div class="turn-details">
          <Table
            label={`Parts of turn ${row.index + 1}`}
            columns={PART_COLUMNS}
            rows={row.segments}
            rowKey={(part) => part.part}
          />
          {calls.length > 0 ? (
            <AttemptTable label={`Vendor calls of turn ${row.index + 1}`} calls={calls} />
          ) : (
            <p class="small soft">No vendor call of its own: the engine did everything.</p>
          )}
        </div>
      </details>
    </li>
  );
}

/** Above the parts, below the vendor calls. The tables of the opened turn say the same in words. */
function Picture(props: { row: TurnRow; calls: readonly Placed<Attempt>[]; axis: Axis }): JSX.Element {
  const { row, calls, axis } = props;
  const stop = row.interrupted && row.segments.length > 0 ? axis.span(row.end, row.end) : null;
  return (
    <svg class="turn-picture" aria-hidden="true" focusable="false">
      {axis.ticks.map((tick) => (
        <line
          key={tick.ms}
          class={tick.ms === 0 ? "turn-zero" : "turn-tick"}
          x1={tick.at}
          x2={tick.at}
          y1="0"
          y2="100%"
        />
      ))}
      {row.segments.map((segment) => (
        <Bar key={segment.part} segment={segment} axis={axis} />
      ))}
      {stop && <rect class="turn-stop" x={stop.x} y="3" width="3" height="20" />}
      {calls.map(({ attempt, atMs }, place) => {
        const span = atMs === null ? null : axis.span(atMs, atMs + attempt.totalMs);
        return span === null ? null : (
          <rect
            key={place}
            class={attempt.outcome === "failed" ? "call call-failed" : `call layer-${attempt.modality}`}
            x={span.x}
            width={span.width}
            y="27"
            height="5"
          >
            <title>{`${attempt.provider} ${attempt.model}: ${outcomeWords(attempt.outcome).words.toLowerCase()}, ${duration(attempt.totalMs)}`}</title>
          </rect>
        );
      })}
    </svg>
  );
}

function Bar({ segment, axis }: { segment: Segment; axis: Axis }): JSX.Element | null {
  const span = axis.span(segment.from, segment.to);
  // What took no time is in the table; as a hair it would only hide the border of its neighbours.
  if (span === null || segment.to === segment.from) return null;
  const who = segment.provider === null ? "" : `, ${segment.provider} ${segment.model ?? ""}`;
  return (
    <rect class={`part part-${segment.part}`} x={span.x} width={span.width} y="6" height="14">
      <title>{`${PART_NAMES[segment.part]} ${duration(segment.to - segment.from)}${who}`}</title>
    </rect>
  );
}

function Took({ segment }: { segment: Segment }): JSX.Element {
  if (segment.ahead) return <span title="Done while something else was waited for">ahead</span>;
  return <>{duration(segment.to - segment.from)}</>;
}

const PART_COLUMNS: readonly Column<Segment>[] = [
  {
    key: "part",
    header: "Part",
    cell: (segment) => (
      <>
        <span class={`part-key part-${segment.part}`} /> {PART_NAMES[segment.part]}
      </>
    ),
  },
  { key: "took", header: "Took", align: "end", cell: (segment) => <Took segment={segment} /> },
  {
    key: "until",
    header: "Until",
    align: "end",
    cell: (segment) => `${Math.round(segment.to).toLocaleString("en")} ms`,
  },
  {
    key: "who",
    header: "By",
    cell: (segment) =>
      segment.provider === null ? (
        <span class="faint">–</span>
      ) : (
        <>
          <span class="soft">{segment.provider}</span> {segment.model}
        </>
      ),
  },
];
