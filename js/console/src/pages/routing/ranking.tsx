/** A ranking as a table: who, with what score, and what the score is made of. */

import type { ScoreAxis } from "@spekoai/sdk";
import type { JSX } from "preact";
import { LAYER_NAMES } from "../../api/layers.js";
import { Badge } from "../../ui/index.js";
import { bySnapshot, type LayerDecision, type Ranked, stateWords } from "./decision.js";
import { formatValue, metricOf, snapshotWords } from "./metrics.js";
import { Candidate } from "./names.js";

export function Ranking({ decision }: { decision: LayerDecision }): JSX.Element {
  const label = `Ranking of ${LAYER_NAMES[decision.layer].toLowerCase()}`;
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by keyboard.
    <section class="table-region ranking-region" aria-label={label} tabIndex={0}>
      <table class="table ranking">
        <caption class="sr-only">{label}</caption>
        <thead>
          <tr>
            <th scope="col" class="align-end">
              <span aria-hidden="true">#</span>
              <span class="sr-only">Rank</span>
            </th>
            <th scope="col">Candidate</th>
            <th scope="col">Can be called</th>
            <th scope="col">Score</th>
            {decision.axes.map((axis, place) => (
              <th key={axis.name} scope="col" title={metricOf(axis.name).name}>
                <span class={`axis-key axis-${place}`}>{metricOf(axis.name).short}</span>{" "}
                <span class="axis-weight">× {axis.weight}</span>
              </th>
            ))}
          </tr>
        </thead>
        {bySnapshot(decision.ranking).map((group) => (
          <tbody key={group.id}>
            <tr class="ranking-snapshot">
              <th scope="rowgroup" colSpan={4 + decision.axes.length}>
                Ranked by <code>{group.id}</code> <span class="faint">{snapshotWords(group.id)}</span>
              </th>
            </tr>
            {group.entries.map((entry) => (
              <Row key={`${entry.providerId}|${entry.modelId}`} entry={entry} axes={decision.axes} />
            ))}
          </tbody>
        ))}
      </table>
    </section>
  );
}

function Row({ entry, axes }: { entry: Ranked; axes: LayerDecision["axes"] }): JSX.Element {
  const state = stateWords(entry);
  return (
    <tr class={entry.called ? "ranking-called" : entry.usable ? "" : "ranking-blocked"}>
      <td class="align-end faint">{entry.rank}</td>
      <th scope="row">
        <Candidate provider={entry.providerId} model={entry.modelId} />
      </th>
      <td>
        <span class="ranking-state">
          {entry.called && <strong class="ranking-first">Would be called</strong>}
          <Badge tone={state.tone} dot={entry.usable} title={entry.hint}>
            {state.words}
          </Badge>
        </span>
      </td>
      <td>
        <Score entry={entry} />
      </td>
      {axes.map((wanted, place) => (
        <td key={wanted.name}>
          <Axis axis={entry.axes?.find((axis) => axis.name === wanted.name)} name={wanted.name} place={place} />
        </td>
      ))}
    </tr>
  );
}

/** The score, and how much of it each axis gives. */
function Score({ entry }: { entry: Ranked }): JSX.Element {
  if (entry.score === null) return <span class="faint">not measured</span>;
  const axes = entry.axes ?? [];
  let from = 0;
  return (
    <span class="figure">
      <strong>{entry.score.toFixed(3)}</strong>
      <svg class="bar" aria-hidden="true" focusable="false">
        <rect class="bar-ground" width="100%" height="100%" />
        {axes.map((axis, place) => {
          const x = from;
          from += axis.norm * axis.weight;
          return (
            <rect key={axis.name} class={`bar-axis-${place}`} x={percent(x)} width={percent(from - x)} height="100%" />
          );
        })}
      </svg>
    </span>
  );
}

/** A raw value, and how it compares with the rest of its set. */
function Axis(props: { axis: ScoreAxis | undefined; name: string; place: number }): JSX.Element {
  const { axis } = props;
  if (axis === undefined) return <span class="faint">–</span>;
  const { unit } = metricOf(props.name);
  return (
    <span class="figure">
      <span>
        {axis.raw === null ? <span class="faint">unknown</span> : formatValue(axis.raw, unit)}{" "}
        <span class="faint small" title="Compared with the others: 1 is best, 0 is worst">
          <span class="sr-only">normalised </span>
          {axis.norm.toFixed(2)}
        </span>
      </span>
      <svg class="bar" aria-hidden="true" focusable="false">
        <rect class="bar-ground" width="100%" height="100%" />
        <rect class={`bar-axis-${props.place}`} width={percent(axis.norm)} height="100%" />
      </svg>
    </span>
  );
}

function percent(part: number): string {
  return `${(Math.min(1, Math.max(0, part)) * 100).toFixed(2)}%`;
}
