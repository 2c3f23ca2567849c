/** The decision of one layer: the ranking, and who is not in it. */

import type { FilteredCandidate } from "@spekoai/sdk";
import type { JSX } from "preact";
import { LAYER_NAMES } from "../../api/layers.js";
import { hrefTo } from "../../shell/router.js";
import { Badge, type Column, Empty, Fold, Panel, Table } from "../../ui/index.js";
import { type LayerDecision, type Ranked, reasonWords } from "./decision.js";
import { Candidate, Snapshot } from "./names.js";
import { Ranking } from "./ranking.js";

export function LayerPanel({ decision }: { decision: LayerDecision }): JSX.Element {
  const { layer, ranking, leftOut, notes } = decision;
  return (
    <Panel title={LAYER_NAMES[layer]} description={<Outcome ranking={ranking} />} flush>
      {notes.map((note) => (
        <p key={note} class="layer-note">
          {note}
        </p>
      ))}
      {ranking.length > 0 ? (
        <Ranking decision={decision} />
      ) : (
        <Empty title="No candidate">
          A call would fail with <code>NO_CANDIDATE</code>.
          {leftOut.length > 0
            ? " Below is who was left out, and why."
            : " Try another language, or widen the allow-list."}
        </Empty>
      )}
      <Hints ranking={ranking} />
      {leftOut.length > 0 && <LeftOut rows={leftOut} />}
    </Panel>
  );
}

function Outcome({ ranking }: { ranking: readonly Ranked[] }): JSX.Element {
  const called = ranking.find((entry) => entry.called);
  if (called) {
    return (
      <>
        A call would reach{" "}
        <strong>
          {called.providerId} {called.modelId}
        </strong>{" "}
        first{called.rank > 1 ? `, ranked ${called.rank} of ${ranking.length}` : ""}.
      </>
    );
  }
  return <>{ranking.length > 0 ? "Nobody in the ranking can be called." : "Nobody is left to ask."}</>;
}

/** What to do about those who cannot be called; what several share is said once. */
function Hints({ ranking }: { ranking: readonly Ranked[] }): JSX.Element | null {
  const blocked = ranking.filter((entry) => !entry.usable);
  const hints = new Map(blocked.map((entry) => [entry.hint ?? reasonWords(entry.reason), entry]));
  if (hints.size === 0) return null;
  return (
    <div class="layer-fold">
      <Fold summary={`Why ${blocked.length} cannot be called`}>
        <ul class="layer-hints">
          {[...hints].map(([hint, entry]) => (
            <li key={hint}>
              <Badge tone="neutral">{entry.providerId}</Badge>
              <span>
                {hint}
                {entry.reason === "NO_CREDENTIAL" && (
                  <>
                    {" "}
                    <a href={hrefTo("providers")}>Paste a key</a>
                  </>
                )}
              </span>
            </li>
          ))}
        </ul>
      </Fold>
    </div>
  );
}

const LEFT_OUT: readonly Column<FilteredCandidate>[] = [
  {
    key: "candidate",
    header: "Candidate",
    cell: (row) => <Candidate provider={row.providerId} model={row.modelId} />,
    sortValue: (row) => `${row.providerId} ${row.modelId}`,
  },
  {
    key: "reason",
    header: "Why",
    cell: (row) => <span class="left-out-why">{row.reason}</span>,
    sortValue: (row) => row.reason,
  },
  { key: "mode", header: "Asked for", cell: (row) => <code>{row.mode}</code>, sortValue: (row) => row.mode },
  {
    key: "snapshot",
    header: "Snapshot",
    cell: (row) => <Snapshot id={row.scoresRunId} />,
    sortValue: (row) => row.scoresRunId,
  },
];

function LeftOut({ rows }: { rows: readonly FilteredCandidate[] }): JSX.Element {
  return (
    <div class="layer-fold layer-fold-table">
      <Fold summary={`${rows.length} left out of the ranking`}>
        <Table
          label="Left out"
          columns={LEFT_OUT}
          rows={rows}
          rowKey={(row) => `${row.providerId}|${row.modelId}|${row.mode}|${row.scoresRunId}`}
        />
      </Fold>
    </div>
  );
}
