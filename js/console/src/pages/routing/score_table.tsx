/** The measurements as a table. */

import type { ScoreRow } from "@spekoai/sdk";
import type { JSX } from "preact";
import { Badge, type Column, Table } from "../../ui/index.js";
import { Candidate, Snapshot } from "./layer_panel.js";
import { formatValue, metricOf } from "./metrics.js";
import { rowKey } from "./scores.js";

export function ScoreTable({ rows }: { rows: readonly ScoreRow[] }): JSX.Element {
  return <Table label="Measurements" columns={columnsOf(rows)} rows={rows} rowKey={rowKey} />;
}

function columnsOf(rows: readonly ScoreRow[]): Column<ScoreRow>[] {
  const quality = metricOf(rows[0]?.qualityMetric ?? null);
  const latency = metricOf(rows[0]?.latencyMetric ?? null);
  const columns: Column<ScoreRow>[] = [
    {
      key: "model",
      header: "Provider and model",
      cell: (row) => <Candidate provider={row.providerName} model={row.model} />,
      sortValue: (row) => `${row.providerName} ${row.model}`,
    },
    {
      key: "quality",
      header: `${quality.short}, ${quality.better} is better`,
      align: "end",
      cell: (row) => formatValue(row.quality, metricOf(row.qualityMetric).unit),
      sortValue: (row) => row.quality,
    },
    {
      key: "latency",
      header: `${latency.short}, median`,
      align: "end",
      cell: (row) => formatValue(row.latencyMs, "ms"),
      sortValue: (row) => row.latencyMs,
    },
    {
      key: "cost",
      header: "Cost per minute",
      align: "end",
      cell: (row) => formatValue(row.costUsdPerMinute, "$/min"),
      sortValue: (row) => row.costUsdPerMinute,
    },
    { key: "status", header: "Status", cell: (row) => <Status row={row} />, sortValue: (row) => row.status },
    { key: "language", header: "Language", cell: (row) => row.language, sortValue: (row) => row.language },
    {
      key: "snapshot",
      header: "Snapshot",
      cell: (row) => <Snapshot id={row.snapshotId} />,
      sortValue: (row) => row.snapshotId,
    },
  ];
  if (rows.some((row) => row.voice !== null)) {
    columns.splice(1, 0, {
      key: "voice",
      header: "Voice",
      cell: (row) => row.voice ?? <span class="faint">–</span>,
      sortValue: (row) => row.voice,
    });
  }
  return columns;
}

const STATUS: Record<string, { words: string; tone: "ok" | "warn" | "neutral" }> = {
  production: { words: "Routable", tone: "ok" },
  warned: { words: "Warned", tone: "warn" },
  provisional: { words: "Provisional", tone: "neutral" },
};

function Status({ row }: { row: ScoreRow }): JSX.Element {
  const { words, tone } = STATUS[row.status] ?? { words: row.status, tone: "neutral" as const };
  return (
    <span class="score-status">
      <Badge tone={tone}>{words}</Badge>
      {row.note && <span class="small faint">{row.note}</span>}
    </span>
  );
}
