/** The measurements as a table. */

import type { ScoreRow } from "@spekoai/sdk";
import type { JSX } from "preact";
import { Badge, type Column, Table } from "../../ui/index.js";
import { formatValue, metricOf } from "./metrics.js";
import { Candidate, Snapshot } from "./names.js";
import { rowKey } from "./scores.js";

export function ScoreTable({ rows }: { rows: readonly ScoreRow[] }): JSX.Element {
  return <Table label="Measurements, row by row" columns={columnsOf(rows)} rows={rows} rowKey={rowKey} />;
}

function columnsOf(rows: readonly ScoreRow[]): Column<ScoreRow>[] {
  const quality = metricOf(rows[0]?.qualityMetric ?? null);
  const latency = metricOf(rows[0]?.latencyMetric ?? null);
  const columns: Column<ScoreRow>[] = [
    {
      key: "model",
      header: "Provider and model",
      cell: (row) => <Measured row={row} />,
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
  ];
  if (differ(rows, "language")) {
    columns.push({
      key: "language",
      header: "Language",
      cell: (row) => row.language,
      sortValue: (row) => row.language,
    });
  }
  if (differ(rows, "snapshotId")) {
    columns.push({
      key: "snapshot",
      header: "Snapshot",
      cell: (row) => <Snapshot id={row.snapshotId} />,
      sortValue: (row) => row.snapshotId,
    });
  }
  return columns;
}

/** A column in which every row says the same says nothing: the filters above have it. */
function differ(rows: readonly ScoreRow[], member: "language" | "snapshotId"): boolean {
  return rows.some((row) => row[member] !== rows[0]?.[member]);
}

function Measured({ row }: { row: ScoreRow }): JSX.Element {
  return (
    <span class="measured">
      <Candidate provider={row.providerName} model={row.model} />
      {row.voice !== null && <span class="small faint">voice {row.voice}</span>}
    </span>
  );
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
