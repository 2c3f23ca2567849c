/** The measurements that routing goes by: a plot, and the same as a table. */

import type { ScoreSnapshot } from "@spekoai/sdk";
import type { JSX } from "preact";
import { speko } from "../../api/gateway.js";
import { LAYER_NAMES, LAYERS } from "../../api/layers.js";
import { useLoad } from "../../api/use_load.js";
import { Badge, Empty, Panel, Select, Skeleton, Tabs, Unread } from "../../ui/index.js";
import { snapshotName } from "./metrics.js";
import { seriesOf } from "./plot.js";
import { ScorePlot } from "./score_plot.js";
import { ScoreTable } from "./score_table.js";
import { type Choices, chosen, EVERY_SNAPSHOT, type Filter, fitting, placeName } from "./scores.js";

export function ScoresView({ filter, onFilter }: { filter: Filter; onFilter: (filter: Filter) => void }): JSX.Element {
  const scores = useLoad(() => speko.benchmarks.scores(), []);
  if (scores.problem && !scores.data) {
    return <Unread title="The scores could not be read" problem={scores.problem} retry={scores.reload} />;
  }
  if (!scores.data) return <Skeleton lines={8} label="Loading the scores" />;
  const { rows, snapshots } = scores.data;
  const { filter: fits, choices } = fitting(rows, filter);
  const shown = chosen(rows, fits);
  const series = seriesOf(rows.filter((row) => row.modality === fits.layer));
  return (
    <div class="stack">
      <Tabs
        label="Layer"
        tabs={LAYERS.map((layer) => ({ id: layer, label: LAYER_NAMES[layer] }))}
        selected={fits.layer}
        onSelect={(id) => onFilter({ ...fits, place: "", layer: LAYERS.find((layer) => layer === id) ?? "stt" })}
      >
        <div class="stack">
          <Filters filter={fits} choices={choices} onFilter={onFilter} />
          {shown.length === 0 ? (
            <Panel>
              <Empty icon="routing" title="No measurements">
                Nobody has measured this layer so. Own figures come from a CSV file that the setting{" "}
                <code>SPEKO_SCORES</code> names; they rank before all others.
              </Empty>
            </Panel>
          ) : (
            <>
              <Panel title="Quality against latency">
                {new Set(shown.map((row) => row.snapshotId)).size > 1 && (
                  <p class="small faint">
                    Several snapshots are shown. Each comes from a harness of its own: compare within one.
                  </p>
                )}
                <ScorePlot rows={shown} series={series} />
              </Panel>
              <Panel title="Measurements" flush>
                <ScoreTable key={fits.layer} rows={shown} />
              </Panel>
            </>
          )}
          <Snapshots snapshots={snapshots} />
        </div>
      </Tabs>
    </div>
  );
}

function Filters(props: { filter: Filter; choices: Choices; onFilter: (filter: Filter) => void }): JSX.Element {
  const { filter, choices, onFilter } = props;
  return (
    <div class="score-filters">
      <Select
        label="Measured"
        value={filter.place}
        choices={choices.places.map((place) => ({ value: place, label: placeName(place) }))}
        onChange={(place) => onFilter({ ...filter, place })}
      />
      <Select
        label="Language"
        value={filter.language}
        choices={all(choices.languages.map((tag) => ({ value: tag, label: tag === "*" ? "every language" : tag })))}
        onChange={(language) => onFilter({ ...filter, language })}
      />
      <Select
        label="Provider"
        value={filter.provider}
        choices={all(choices.providers.map(({ id, name }) => ({ value: id, label: name })))}
        onChange={(provider) => onFilter({ ...filter, provider })}
      />
      <Select
        label="Snapshot"
        value={filter.snapshot}
        choices={[
          ...choices.snapshots.map((id) => ({ value: id, label: snapshotName(id) })),
          { value: EVERY_SNAPSHOT, label: "All" },
        ]}
        onChange={(snapshot) => onFilter({ ...filter, snapshot })}
      />
    </div>
  );
}

function all(choices: { value: string; label: string }[]): { value: string; label: string }[] {
  return [{ value: "", label: "All" }, ...choices];
}

function Snapshots({ snapshots }: { snapshots: readonly ScoreSnapshot[] }): JSX.Element {
  return (
    <Panel
      title="Snapshots"
      description="In the order in which routing asks them. The first that holds a model decides."
    >
      <ol class="snapshots">
        {snapshots.map((snapshot) => (
          <li key={snapshot.id}>
            <code>{snapshot.id}</code>
            {snapshot.own && <Badge tone="accent">your own</Badge>}
            <span class="soft small">
              {[snapshot.source, snapshot.date].filter(Boolean).join(", ") || "source not named"}
            </span>
          </li>
        ))}
      </ol>
    </Panel>
  );
}

/** The filter out of the address. */
export function readFilter(query: URLSearchParams): Filter {
  const text = (name: string): string => query.get(name) ?? "";
  return {
    layer: LAYERS.find((layer) => layer === text("layer")) ?? "stt",
    language: text("in"),
    provider: text("provider"),
    place: text("measured"),
    snapshot: text("snapshot"),
  };
}

/** The filter into the address; what does not restrict is left out. */
export function writeFilter(filter: Filter): URLSearchParams {
  const query = new URLSearchParams({ view: "scores", layer: filter.layer });
  const members = { measured: filter.place, in: filter.language, provider: filter.provider, snapshot: filter.snapshot };
  for (const [name, value] of Object.entries(members)) if (value !== "") query.set(name, value);
  return query;
}
