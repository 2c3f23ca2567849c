/** The gateway's points as layers of plots and rows of tables. Pure. */

import type { AttemptsPoint, UsagePoint, UsageSeries } from "@spekoai/sdk";
import { sumMicroUsd } from "../../api/money.js";
import type { Layer } from "../../charts/bars.js";

/** What the reader looks at. An empty text is everything. */
export interface Filter {
  provider: string;
  metric: string;
}

/** The sum over the days of one vendor, metric, and source of keys. */
export interface UsageRow {
  provider: string;
  metric: string;
  keySource: string;
  quantity: number;
  calls: number;
  /** Micro-USD. */
  cost: string;
}

/** The sum over the days of one vendor's attempts. */
export interface AttemptsRow {
  provider: string;
  made: number;
  served: number;
  failed: number;
  cancelled: number;
}

/** Everything that one day had, for the table. */
export interface DayRow {
  day: string;
  /** Micro-USD. */
  cost: string;
  quantity: number;
  made: number;
  served: number;
  failed: number;
  cancelled: number;
}

/** How attempts end, in the order in which they stand on each other. */
export const OUTCOMES = ["served", "failed", "cancelled"] as const;

/** All vendors, those without usage too: the place in the list is their colour. */
export function providersOf({ usage, attempts }: UsageSeries): string[] {
  return [...new Set([...usage, ...attempts].map(({ provider }) => provider))].sort();
}

/** What was counted, in the order of the pipeline. */
export function metricsOf({ usage }: UsageSeries): string[] {
  const order = Object.keys(METRICS);
  const found = [...new Set(usage.map(({ metric }) => metric as string))];
  return found.sort((a, b) => order.indexOf(a) - order.indexOf(b));
}

const METRICS: Record<string, { name: string; unit: string }> = {
  stt_seconds: { name: "Speech to text", unit: "s" },
  llm_tokens: { name: "Language model", unit: "tokens" },
  tts_characters: { name: "Text to speech", unit: "characters" },
  s2s_input_audio_tokens: { name: "Speech to speech, heard", unit: "audio tokens" },
  s2s_output_audio_tokens: { name: "Speech to speech, spoken", unit: "audio tokens" },
  s2s_seconds: { name: "Speech to speech", unit: "s" },
};

/** "Language model (tokens)"; a metric of a later gateway as it is. */
export function metricName(metric: string): string {
  const known = METRICS[metric];
  return known === undefined ? metric : `${known.name} (${known.unit === "s" ? "seconds" : known.unit})`;
}

/** "1,250 tokens" */
export function quantityText(quantity: number, metric: string): string {
  const unit = METRICS[metric]?.unit ?? "";
  const digits = unit === "s" ? 1 : 0;
  const number = quantity.toLocaleString("en", { minimumFractionDigits: digits, maximumFractionDigits: digits });
  return `${number} ${unit}`.trim();
}

/** USD by day, a layer for each vendor that has any usage. */
export function costLayers(series: UsageSeries, days: readonly string[], { provider }: Filter): Layer[] {
  return byProvider(only(series.usage, provider), days, (point) => point.cost);
}

/** Quantity by day of one metric, likewise. */
export function quantityLayers(series: UsageSeries, days: readonly string[], { provider, metric }: Filter): Layer[] {
  const points = only(series.usage, provider).filter((point) => point.metric === metric);
  return byProvider(points, days, (point) => point.quantity);
}

/** Attempts by day, a layer for each way in which they end. */
export function attemptLayers(series: UsageSeries, days: readonly string[], { provider }: Filter): Layer[] {
  const points = only(series.attempts, provider);
  return OUTCOMES.map((outcome) => ({
    id: outcome,
    name: outcome,
    values: valuesByDay(points, days, (point) => point[outcome]),
  }));
}

/** What was served, by vendor, metric and source of keys; the dearest first. */
export function usageRows({ usage }: UsageSeries, { provider }: Filter): UsageRow[] {
  const groups = groupBy(only(usage, provider), (point) =>
    JSON.stringify([point.provider, point.metric, point.keySource]),
  );
  return [...groups.values()]
    .map((points) => ({
      ...named(points),
      quantity: sum(points, (point) => point.quantity),
      calls: sum(points, (point) => point.calls),
      cost: cost(points),
    }))
    .sort((a, b) => Number(BigInt(b.cost) - BigInt(a.cost)) || compare(a.provider + a.metric, b.provider + b.metric));
}

/** How the attempts at each vendor ended; whoever was asked most stands first. */
export function attemptsRows({ attempts }: UsageSeries, { provider }: Filter): AttemptsRow[] {
  const groups = groupBy(only(attempts, provider), (point) => point.provider);
  return [...groups]
    .map(([name, points]) => ({ provider: name, ...outcomes(points) }))
    .sort((a, b) => b.made - a.made || compare(a.provider, b.provider));
}

/** Day by day, the latest first. */
export function dayRows(series: UsageSeries, days: readonly string[], filter: Filter): DayRow[] {
  const usage = groupBy(only(series.usage, filter.provider), ({ date }) => date);
  const attempts = groupBy(only(series.attempts, filter.provider), ({ date }) => date);
  return days
    .map((day) => {
      const used = usage.get(day) ?? [];
      const counted = used.filter(({ metric }) => metric === filter.metric);
      return {
        day,
        cost: cost(used),
        quantity: sum(counted, (point) => point.quantity),
        ...outcomes(attempts.get(day) ?? []),
      };
    })
    .reverse();
}

/** The whole range: micro-USD, and attempts. */
export function totals(series: UsageSeries, { provider }: Filter): { cost: string } & Omit<AttemptsRow, "provider"> {
  return { cost: cost(only(series.usage, provider)), ...outcomes(only(series.attempts, provider)) };
}

/** The mean over some days, in whole micro-USD; what is below is left out. */
export function perDay(microUsd: string, days: number): string {
  return (BigInt(microUsd) / BigInt(Math.max(1, days))).toString();
}

/** Part of the attempts that failed, in words; those that were given up are left out. */
export function failureRate({ served, failed }: Pick<AttemptsRow, "served" | "failed">): string {
  if (served + failed === 0) return "–";
  const percent = (100 * failed) / (served + failed);
  return `${percent > 0 && percent < 10 ? percent.toFixed(1) : Math.round(percent)} %`;
}

function only<Point extends { provider: string }>(points: readonly Point[], provider: string): Point[] {
  return points.filter((point) => provider === "" || point.provider === provider);
}

function byProvider(points: readonly UsagePoint[], days: readonly string[], value: (p: UsagePoint) => number): Layer[] {
  const groups = groupBy(points, ({ provider }) => provider);
  return [...groups]
    .sort(([a], [b]) => compare(a, b))
    .map(([provider, theirs]) => ({ id: provider, name: provider, values: valuesByDay(theirs, days, value) }));
}

function valuesByDay<Point extends { date: string }>(
  points: readonly Point[],
  days: readonly string[],
  value: (point: Point) => number,
): number[] {
  const groups = groupBy(points, ({ date }) => date);
  return days.map((day) => sum(groups.get(day) ?? [], value));
}

function outcomes(points: readonly AttemptsPoint[]): Omit<AttemptsRow, "provider"> {
  return {
    made: sum(points, (point) => point.made),
    served: sum(points, (point) => point.served),
    failed: sum(points, (point) => point.failed),
    cancelled: sum(points, (point) => point.cancelled),
  };
}

function named(points: readonly UsagePoint[]): Pick<UsageRow, "provider" | "metric" | "keySource"> {
  const [first] = points;
  return { provider: first?.provider ?? "", metric: first?.metric ?? "", keySource: first?.keySource ?? "" };
}

function cost(points: readonly UsagePoint[]): string {
  return sumMicroUsd(points.map(({ costMicroUsd }) => costMicroUsd)).toString();
}

function groupBy<Point>(points: readonly Point[], key: (point: Point) => string): Map<string, Point[]> {
  const groups = new Map<string, Point[]>();
  for (const point of points) {
    const group = groups.get(key(point));
    if (group === undefined) groups.set(key(point), [point]);
    else group.push(point);
  }
  return groups;
}

function sum<Point>(points: readonly Point[], value: (point: Point) => number): number {
  return points.reduce((total, point) => total + value(point), 0);
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
