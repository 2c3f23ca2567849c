/** Routing: an intent in, a decision out; and the figures that it goes by. */

import type { JSX } from "preact";
import { useEffect, useState } from "preact/hooks";
import { route } from "../../shell/router.js";
import { CopyButton, Page, Tabs } from "../../ui/index.js";
import { DecisionView } from "./decision_view.js";
import { type Asked, readIntent, writeIntent } from "./intent.js";
import type { Filter } from "./scores.js";
import { readFilter, ScoresView, writeFilter } from "./scores_view.js";
import "../../style/routing.css";
import "../../style/score_plot.css";

type View = "decision" | "scores";

export function RoutingPage(): JSX.Element {
  const address = route.value;
  const [view, setView] = useState<View>(() => readView(address.query));
  const [asked, setAsked] = useState<Asked>(() => readIntent(address.query));
  const [filter, setFilter] = useState<Filter>(() => readFilter(address.query));

  // A link within the page, or back and forward.
  useEffect(() => {
    setView(readView(address.query));
    setAsked(readIntent(address.query));
    setFilter(readFilter(address.query));
  }, [address]);

  const query = view === "decision" ? writeIntent(asked) : writeFilter(filter);
  const hash = `#/routing?${query}`;
  useEffect(() => {
    // In place: a history entry for each letter typed would bury the page before.
    if (location.hash !== hash) history.replaceState(null, "", hash);
  }, [hash]);

  return (
    <Page
      title="Routing"
      width="full"
      description="Say what you need, and see who would serve it: the same code decides about real calls."
      actions={<CopyButton text={new URL(hash, location.href).href} label="Copy link" />}
    >
      <Tabs
        label="Routing"
        tabs={[
          { id: "decision", label: "Decision" },
          { id: "scores", label: "Scores" },
        ]}
        selected={view}
        onSelect={(id) => setView(id === "scores" ? "scores" : "decision")}
      >
        {view === "decision" ? (
          <DecisionView asked={asked} onAsk={setAsked} />
        ) : (
          <ScoresView filter={filter} onFilter={setFilter} />
        )}
      </Tabs>
    </Page>
  );
}

function readView(query: URLSearchParams): View {
  return query.get("view") === "scores" ? "scores" : "decision";
}
