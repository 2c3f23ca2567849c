/** Quality against latency, with cost as size. The table below says the same in words. */

import type { ScoreRow } from "@spekoai/sdk";
import type { JSX } from "preact";
import { useRef } from "preact/hooks";
import { COLOURS } from "../../charts/colours.js";
import { Details, Levels } from "../../charts/frame.js";
import { useMarks } from "../../charts/use_marks.js";
import { useWidth } from "../../charts/use_width.js";
import { Empty } from "../../ui/index.js";
import { formatValue, type Metric } from "./metrics.js";
import { MARGIN, type Plot, type Point, plot, type Size } from "./plot.js";

export function ScorePlot(props: { rows: readonly ScoreRow[]; series: ReadonlyMap<string, number> }): JSX.Element {
  const box = useRef<HTMLDivElement>(null);
  const width = useWidth(box);
  const size = { width, height: width < 560 ? 320 : 420 };
  const picture = width > 0 ? plot(props.rows, size, props.series) : null;
  return (
    <figure class="plot">
      <div ref={box} class="plot-box">
        {picture && picture.points.length > 0 && <Picture picture={picture} size={size} />}
      </div>
      {picture && picture.points.length === 0 && (
        <Empty title="Nothing to draw">
          None of these was measured in both quality and latency; the table has the rest.
        </Empty>
      )}
      {picture && picture.points.length > 0 && <Legend picture={picture} />}
    </figure>
  );
}

function Picture({ picture, size }: { picture: Plot; size: Size }): JSX.Element {
  const marks = useMarks(picture.points.length, 0);
  const shown = picture.points[marks.shown ?? -1];
  return (
    <>
      {/* biome-ignore lint/a11y/useSemanticElements: a fieldset holds no drawing. */}
      <svg
        ref={marks.picture}
        width={size.width}
        height={size.height}
        role="group"
        aria-label={`${picture.quality.name} against ${picture.latency.name}: ${picture.points.length} points. Arrow keys go from one to the next.`}
        onKeyDown={marks.onKeyDown}
      >
        <Axes picture={picture} size={size} />
        {/* Large ones first, so that they hide nobody. */}
        {picture.points
          .map((point, place) => ({ point, place }))
          .sort((a, b) => b.point.radius - a.point.radius)
          .map(({ point, place }) => (
            // biome-ignore lint/a11y/noInteractiveElementToNoninteractiveRole: focusable only to show its details, as on hover.
            <g
              key={point.key}
              class={`point series-${point.series % COLOURS} ${point.hollow ? "point-hollow" : ""} ${point.row.status === "production" ? "" : "point-unrouted"}`}
              role="img"
              aria-label={inWords(point, picture)}
              {...marks.mark(place)}
            >
              <circle class="point-reach" cx={point.x} cy={point.y} r={Math.max(12, point.radius + 4)} />
              <circle class="point-dot" cx={point.x} cy={point.y} r={point.radius} />
            </g>
          ))}
        <Labels points={picture.points} />
      </svg>
      {shown && <PointDetails point={shown} picture={picture} size={size} />}
    </>
  );
}

function Labels({ points }: { points: readonly Point[] }): JSX.Element {
  return (
    <svg class="plot-labels" aria-hidden="true" focusable="false">
      {points.map(({ key, label }) =>
        label ? (
          <text key={key} x={label.x} y={label.y} text-anchor={label.anchor}>
            {label.text}
          </text>
        ) : null,
      )}
    </svg>
  );
}

function Axes({ picture: { x, y, quality, latency }, size }: { picture: Plot; size: Size }): JSX.Element {
  const bottom = size.height - MARGIN.bottom;
  const right = size.width - MARGIN.right;
  const middle = (MARGIN.top + bottom) / 2;
  return (
    <svg class="plot-axes" aria-hidden="true" focusable="false">
      <Levels scale={y} left={MARGIN.left} right={right} text={String} />
      {x.ticks.map((tick) => (
        <g key={tick}>
          <line x1={x.place(tick)} x2={x.place(tick)} y1={MARGIN.top} y2={bottom} />
          <text x={x.place(tick)} y={bottom + 18} text-anchor="middle">
            {tick.toLocaleString("en")}
          </text>
        </g>
      ))}
      <text class="plot-title" x={(MARGIN.left + right) / 2} y={size.height - 6} text-anchor="middle">
        {`← better · ${size.width < 480 ? latency.short : latency.name} (ms${x.kind === "log" ? ", logarithmic" : ""})`}
      </text>
      <text class="plot-title" x={14} y={middle} text-anchor="middle" transform={`rotate(-90 14 ${middle})`}>
        {`${qualityTitle(quality, y.kind === "log")} · better →`}
      </text>
    </svg>
  );
}

/** Read along the axis, which runs upwards. */
function qualityTitle(quality: Metric, log: boolean): string {
  const facts = [quality.unit, log ? "logarithmic" : ""].filter((fact) => fact !== "");
  return facts.length === 0 ? quality.name : `${quality.name} (${facts.join(", ")})`;
}

function PointDetails(props: { point: Point; picture: Plot; size: Size }): JSX.Element {
  const { point, picture, size } = props;
  const { row } = point;
  return (
    <Details
      x={point.x}
      y={point.y}
      width={size.width}
      end={point.y > size.height / 2 ? "above" : "below"}
      title={`${row.providerName} ${row.model}`}
    >
      <dt>{picture.quality.short}</dt>
      <dd>{formatValue(row.quality, picture.quality.unit)}</dd>
      <dt>{picture.latency.short}</dt>
      <dd>{formatValue(row.latencyMs, "ms")}</dd>
      <dt>Cost</dt>
      <dd>{point.hollow ? "unknown" : `${formatValue(row.costUsdPerMinute, "$/min")} per minute`}</dd>
      {row.status !== "production" && (
        <>
          <dt>Status</dt>
          <dd>{row.note ? `${row.status}: ${row.note}` : row.status}</dd>
        </>
      )}
    </Details>
  );
}

function Legend({ picture }: { picture: Plot }): JSX.Element {
  const unknown = picture.points.some((point) => point.hollow);
  const unrouted = picture.points.some((point) => point.row.status !== "production");
  const providers = new Map(picture.points.map((point) => [point.row.providerName, point.series]));
  return (
    <figcaption class="plot-legend">
      <ul aria-label="Providers">
        {[...providers]
          .sort(([, a], [, b]) => a - b)
          .map(([name, series]) => (
            <li key={name}>
              <Dot class={`series-${series % COLOURS}`} radius={5} />
              {name}
            </li>
          ))}
      </ul>
      <ul aria-label="Meaning of the circles">
        {picture.sizes.map(({ cost, radius }) => (
          <li key={cost}>
            <Dot class="point-plain" radius={radius} />
            {formatValue(cost, "$/min")} per minute
          </li>
        ))}
        {unknown && (
          <li>
            <Dot class="point-plain point-hollow" radius={7} />
            cost unknown
          </li>
        )}
        {unrouted && (
          <li>
            <Dot class="point-plain point-unrouted" radius={7} />
            not routed to
          </li>
        )}
        {picture.unplaced.length > 0 && <li>{picture.unplaced.length} without figures: in the table only</li>}
      </ul>
    </figcaption>
  );
}

function Dot(props: { class: string; radius: number }): JSX.Element {
  const side = 2 * props.radius + 4;
  return (
    <svg width={side} height={side} class={`point ${props.class}`} aria-hidden="true" focusable="false">
      <circle class="point-dot" cx={side / 2} cy={side / 2} r={props.radius} />
    </svg>
  );
}

function inWords({ row, hollow }: Point, picture: Plot): string {
  return [
    `${row.providerName} ${row.model}`,
    `${picture.quality.name} ${formatValue(row.quality, picture.quality.unit)}`,
    `${picture.latency.name} ${formatValue(row.latencyMs, "ms")}`,
    hollow ? "cost unknown" : `${formatValue(row.costUsdPerMinute, "$/min")} per minute`,
    ...(row.status === "production" ? [] : [row.status]),
  ].join(", ");
}
