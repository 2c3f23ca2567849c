/** The plots of a range of days, and the same as tables. */

import type { UsageSeries } from "@spekoai/sdk";
import type { JSX } from "preact";
import { BarChart, seriesClass } from "../../charts/bar_chart.js";
import { type Column, Fold, Money, Panel, Table } from "../../ui/index.js";
import {
  type AttemptsRow,
  attemptLayers,
  attemptsRows,
  costLayers,
  type DayRow,
  dayRows,
  type Filter,
  failureRate,
  metricName,
  perDay,
  quantityLayers,
  quantityText,
  totals,
  type UsageRow,
  usageRows,
} from "./figures.js";
import { longDay, shortDay } from "./range.js";

/** What was read, and the days that it was asked for. */
export interface View {
  days: readonly string[];
  series: UsageSeries;
}

export function UsageView(props: { view: View; filter: Filter; providers: readonly string[] }): JSX.Element {
  const { view, filter, providers } = props;
  const { days, series } = view;
  const names = days.map((day) => ({ short: shortDay(day), long: longDay(day) }));
  const colour = ({ id }: { id: string }): string => seriesClass(providers.indexOf(id));
  return (
    <>
      <Sums view={view} filter={filter} />
      <Panel title="Cost" description="What you pay for what was served; your own keys and embedded engines cost 0.">
        <BarChart
          label="Cost by day and provider"
          layers={costLayers(series, days, filter)}
          colour={colour}
          names={names}
          text={usd}
        />
      </Panel>
      <div class="usage-pair">
        <Panel title="Served" description={metricName(filter.metric)}>
          <BarChart
            label={`${metricName(filter.metric)} by day and provider`}
            layers={quantityLayers(series, days, filter)}
            colour={colour}
            names={names}
            text={(value) => quantityText(value, filter.metric)}
            tick={compact}
          />
        </Panel>
        <Panel title="Attempts against served" description="Every time a vendor was asked, by how it ended.">
          <BarChart
            label="Attempts by day and outcome"
            layers={attemptLayers(series, days, filter)}
            colour={({ id }) => `outcome-${id}`}
            names={names}
            text={(value) => value.toLocaleString("en")}
            tick={compact}
          />
        </Panel>
      </div>
      <Tables view={view} filter={filter} />
    </>
  );
}

function Sums({ view, filter }: { view: View; filter: Filter }): JSX.Element {
  const all = totals(view.series, filter);
  return (
    <dl class="sums">
      <div>
        <dt>Cost</dt>
        <dd>
          <Money microUsd={all.cost} />
        </dd>
      </div>
      <div>
        <dt>Cost a day</dt>
        <dd>
          <Money microUsd={perDay(all.cost, view.days.length)} />
        </dd>
      </div>
      <div>
        <dt>Attempts</dt>
        <dd>{all.made.toLocaleString("en")}</dd>
      </div>
      <div>
        <dt>Served</dt>
        <dd>{all.served.toLocaleString("en")}</dd>
      </div>
      <div>
        <dt title="Of the attempts that were not given up">Failed</dt>
        <dd class={all.failed > 0 ? "sums-bad" : ""}>
          {all.failed.toLocaleString("en")}
          <span class="small faint">{failureRate(all)}</span>
        </dd>
      </div>
      <div>
        <dt title="Given up: the caller left, or another vendor was faster">Cancelled</dt>
        <dd>{all.cancelled.toLocaleString("en")}</dd>
      </div>
    </dl>
  );
}

function Tables({ view, filter }: { view: View; filter: Filter }): JSX.Element {
  const { days, series } = view;
  return (
    <>
      <Panel title="Usage" flush>
        <Table
          label="Usage by provider and metric"
          columns={USAGE_COLUMNS}
          rows={usageRows(series, filter)}
          rowKey={(row) => `${row.provider} ${row.metric} ${row.keySource}`}
        />
      </Panel>
      <Panel title="Attempts" flush>
        <Table
          label="Attempts by provider"
          columns={ATTEMPT_COLUMNS}
          rows={attemptsRows(series, filter)}
          rowKey={(row) => row.provider}
        />
      </Panel>
      <Panel flush>
        <div class="usage-days">
          <Fold summary="Day by day">
            <Table
              label="Usage day by day"
              columns={dayColumns(filter.metric)}
              rows={dayRows(series, days, filter)}
              rowKey={(row) => row.day}
            />
          </Fold>
        </div>
      </Panel>
    </>
  );
}

const USAGE_COLUMNS: readonly Column<UsageRow>[] = [
  { key: "provider", header: "Provider", sortValue: (row) => row.provider, cell: (row) => row.provider },
  { key: "metric", header: "Metric", sortValue: (row) => row.metric, cell: (row) => metricName(row.metric) },
  { key: "keys", header: "Keys", cell: (row) => (row.keySource === "BYOK" ? "your own" : "the gateway's") },
  {
    key: "quantity",
    header: "Quantity",
    align: "end",
    sortValue: (row) => row.quantity,
    cell: (row) => quantityText(row.quantity, row.metric),
  },
  { key: "calls", header: "Calls", align: "end", sortValue: (row) => row.calls, cell: (row) => number(row.calls) },
  {
    key: "cost",
    header: "Cost",
    align: "end",
    sortValue: (row) => Number(row.cost),
    cell: (row) => <Money microUsd={row.cost} />,
  },
];

const ATTEMPT_COLUMNS: readonly Column<AttemptsRow>[] = [
  { key: "provider", header: "Provider", sortValue: (row) => row.provider, cell: (row) => row.provider },
  { key: "made", header: "Made", align: "end", sortValue: (row) => row.made, cell: (row) => number(row.made) },
  { key: "served", header: "Served", align: "end", sortValue: (row) => row.served, cell: (row) => number(row.served) },
  { key: "failed", header: "Failed", align: "end", sortValue: (row) => row.failed, cell: (row) => number(row.failed) },
  {
    key: "cancelled",
    header: "Cancelled",
    align: "end",
    sortValue: (row) => row.cancelled,
    cell: (row) => number(row.cancelled),
  },
  { key: "rate", header: "Failure rate", align: "end", cell: failureRate },
];

function dayColumns(metric: string): Column<DayRow>[] {
  return [
    {
      key: "day",
      header: "Day",
      sortValue: (row) => row.day,
      cell: (row) => <span class="usage-day">{longDay(row.day)}</span>,
    },
    {
      key: "cost",
      header: "Cost",
      align: "end",
      sortValue: (row) => Number(row.cost),
      cell: (row) => <Money microUsd={row.cost} />,
    },
    {
      key: "quantity",
      header: metric === "" ? "Quantity" : metricName(metric),
      align: "end",
      sortValue: (row) => row.quantity,
      cell: (row) => quantityText(row.quantity, metric),
    },
    { key: "made", header: "Attempts", align: "end", sortValue: (row) => row.made, cell: (row) => number(row.made) },
    {
      key: "served",
      header: "Served",
      align: "end",
      sortValue: (row) => row.served,
      cell: (row) => number(row.served),
    },
    {
      key: "failed",
      header: "Failed",
      align: "end",
      sortValue: (row) => row.failed,
      cell: (row) => number(row.failed),
    },
  ];
}

function number(value: number): string {
  return value.toLocaleString("en");
}

const COMPACT = new Intl.NumberFormat("en", { notation: "compact", maximumFractionDigits: 1 });

function compact(value: number): string {
  return COMPACT.format(value);
}

/** As many decimals as a small amount needs. */
function usd(value: number): string {
  const digits = value === 0 || value >= 1 ? 2 : Math.min(6, 1 - Math.floor(Math.log10(value)));
  return `$${value.toLocaleString("en", { minimumFractionDigits: 2, maximumFractionDigits: Math.max(2, digits) })}`;
}
