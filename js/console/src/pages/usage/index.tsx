/** What was used, what it cost, and how often vendors were asked for it. */

import type { JSX } from "preact";
import { useEffect, useMemo, useState } from "preact/hooks";
import { speko } from "../../api/gateway.js";
import { useLoad } from "../../api/use_load.js";
import { hrefTo, route } from "../../shell/router.js";
import { Button, ButtonLink, Empty, Page, Panel, Select, Skeleton, Unread } from "../../ui/index.js";
import { type Filter, metricName, metricsOf, providersOf } from "./figures.js";
import { askedFor, daysOf, RANGES, type RangeId, rangeName } from "./range.js";
import { UsageView, type View } from "./usage_view.js";
import "./usage.css";

interface Asked extends Filter {
  range: RangeId;
}

export function UsagePage(): JSX.Element {
  const address = route.value;
  const [asked, setAsked] = useState<Asked>(() => readAsked(address.query));
  // A link within the page, or back and forward.
  useEffect(() => setAsked(readAsked(address.query)), [address]);
  const hash = `#/usage?${writeAsked(asked)}`;
  useEffect(() => {
    if (location.hash !== hash) history.replaceState(null, "", hash);
  }, [hash]);

  const loaded = useLoad(async () => {
    // The days with the answer: a plot over other days than were asked for would show holes.
    const days = daysOf(asked.range, Date.now());
    return { days, series: await speko.usage.series(askedFor(days)) };
  }, [asked.range]);

  return (
    <Page
      title="Usage"
      width="full"
      description="What was served and what it costs you, by day in UTC; and how often vendors were asked for it."
      actions={
        <Button icon="refresh" busy={loaded.loading} onClick={loaded.reload}>
          Refresh
        </Button>
      }
    >
      <Unread
        title={loaded.data ? "Not up to date" : "The usage could not be read"}
        problem={loaded.problem}
        retry={loaded.reload}
      />
      {!loaded.data && loaded.loading && <Skeleton lines={8} label="Loading the usage" />}
      {loaded.data && <Shown view={loaded.data} asked={asked} onAsk={setAsked} />}
    </Page>
  );
}

function Shown(props: { view: View; asked: Asked; onAsk: (asked: Asked) => void }): JSX.Element {
  const { view, asked, onAsk } = props;
  const providers = useMemo(() => providersOf(view.series), [view]);
  const metrics = useMemo(() => metricsOf(view.series), [view]);
  // What another range has not is not chosen in this one.
  const filter = {
    provider: providers.includes(asked.provider) ? asked.provider : "",
    metric: metrics.includes(asked.metric) ? asked.metric : (metrics[0] ?? ""),
  };
  return (
    <>
      <div class="usage-filters">
        <Select
          label="Range"
          value={asked.range}
          choices={RANGES.map((range) => ({ value: range, label: rangeName(range) }))}
          onChange={(value) => onAsk({ ...asked, range: RANGES.find((range) => range === value) ?? "30" })}
        />
        <Select
          label="Provider"
          value={filter.provider}
          choices={[{ value: "", label: "All" }, ...providers.map((id) => ({ value: id, label: id }))]}
          onChange={(provider) => onAsk({ ...asked, provider })}
        />
        {metrics.length > 0 && (
          <Select
            label="Metric"
            value={filter.metric}
            choices={metrics.map((metric) => ({ value: metric, label: metricName(metric) }))}
            onChange={(metric) => onAsk({ ...asked, metric })}
          />
        )}
      </div>
      {providers.length === 0 ? (
        <Panel>
          <Empty
            icon="usage"
            title="Nothing was used in these days"
            action={<ButtonLink href={hrefTo("talk")}>Talk to the agent</ButtonLink>}
          >
            Each call and each session shows here a moment after it was served.
          </Empty>
        </Panel>
      ) : (
        <UsageView view={view} filter={filter} providers={providers} />
      )}
    </>
  );
}

function readAsked(query: URLSearchParams): Asked {
  return {
    range: RANGES.find((range) => range === query.get("range")) ?? "30",
    provider: query.get("provider") ?? "",
    metric: query.get("metric") ?? "",
  };
}

/** What does not restrict is left out. */
function writeAsked(asked: Asked): URLSearchParams {
  const query = new URLSearchParams({ range: asked.range });
  if (asked.provider !== "") query.set("provider", asked.provider);
  if (asked.metric !== "") query.set("metric", asked.metric);
  return query;
}
