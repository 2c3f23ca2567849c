/** Quality against latency, with cost as size: where each measurement is drawn. Pure. */

import type { ScoreRow } from "@spekoai/sdk";
import { extent, type Interval, type Scale, scaleFor } from "../../charts/scale.js";
import { type Metric, metricOf } from "./metrics.js";
import { rowKey } from "./scores.js";

/** The plot's box in px. */
export interface Size {
  width: number;
  height: number;
}

/** The space round the field, for axes. */
export const MARGIN = { top: 20, right: 24, bottom: 46, left: 58 };

/** A circle. */
export interface Point {
  key: string;
  row: ScoreRow;
  x: number;
  y: number;
  /** px; its area grows with the cost. */
  radius: number;
  /** Nobody knows the cost: drawn hollow. */
  hollow: boolean;
  /** Which colour: the number of its provider. */
  series: number;
  label: Label | null;
}

/** Where the name of a point stands. */
export interface Label {
  text: string;
  x: number;
  y: number;
  anchor: "start" | "end" | "middle";
}

/** Everything that is drawn. */
export interface Plot {
  x: Scale;
  y: Scale;
  quality: Metric;
  latency: Metric;
  /** From left to right. */
  points: Point[];
  /** Rows without quality or latency: they have no place. */
  unplaced: ScoreRow[];
  /** Costs shown in the legend with their radius, small to large. */
  sizes: { cost: number; radius: number }[];
}

const RADIUS: Interval = [5, 15];
const HOLLOW_RADIUS = 7;

/** Draws the rows into a box. Better is up and to the left: axes on which lower is better run accordingly. */
export function plot(rows: readonly ScoreRow[], size: Size, series: ReadonlyMap<string, number>): Plot | null {
  const placed = rows.filter((row) => row.quality !== null && row.latencyMs !== null);
  const first = placed[0] ?? rows[0];
  if (first === undefined) return null;
  const quality = metricOf(first.qualityMetric);
  const bottom = size.height - MARGIN.bottom;
  const y = scaleFor(
    placed.map((row) => row.quality ?? 0),
    quality.better === "lower" ? [MARGIN.top, bottom] : [bottom, MARGIN.top],
    5,
  );
  const x = scaleFor(
    placed.map((row) => row.latencyMs ?? 0),
    [MARGIN.left, size.width - MARGIN.right],
    size.width < 480 ? 4 : 8,
  );
  const costs = placed.flatMap((row) => row.costUsdPerMinute ?? []);
  const dearest = extent(costs)?.[1] ?? 0;
  const points = placed
    .map((row) => ({
      key: rowKey(row),
      row,
      x: x.place(row.latencyMs ?? 0),
      y: y.place(row.quality ?? 0),
      radius: row.costUsdPerMinute === null ? HOLLOW_RADIUS : radiusOf(row.costUsdPerMinute, dearest),
      hollow: row.costUsdPerMinute === null,
      series: series.get(row.provider) ?? 0,
      label: null,
    }))
    .sort((a, b) => a.x - b.x || a.y - b.y || a.key.localeCompare(b.key));
  return {
    x,
    y,
    quality,
    latency: metricOf(first.latencyMetric),
    points: labelled(points, size),
    unplaced: rows.filter((row) => row.quality === null || row.latencyMs === null),
    sizes: sizesOf(costs),
  };
}

/** Numbers from 0 for the providers of a layer, by the alphabet. Ask with all its rows: a filter must not change
 * anybody's colour. */
export function seriesOf(rows: readonly ScoreRow[]): Map<string, number> {
  const drawn = rows.filter((row) => row.quality !== null && row.latencyMs !== null).map((row) => row.provider);
  return new Map([...new Set(drawn)].sort().map((provider, index) => [provider, index]));
}

/** Area in proportion to cost, from the radius of what is free to that of the dearest. */
export function radiusOf(cost: number, dearest: number): number {
  const [least, most] = RADIUS;
  const part = dearest > 0 ? Math.min(1, Math.max(0, cost / dearest)) : 0;
  return Math.sqrt(least ** 2 + part * (most ** 2 - least ** 2));
}

function sizesOf(costs: readonly number[]): Plot["sizes"] {
  const range = extent(costs);
  if (range === null) return [];
  const [cheapest, dearest] = range;
  const shown = cheapest < dearest ? [cheapest, dearest] : [dearest];
  return shown.map((cost) => ({ cost, radius: radiusOf(cost, dearest) }));
}

/** px per character and per line of a label. */
const CHARACTER = 6.2;
const LINE = 14;
const GAP = 5;

interface Box {
  left: number;
  right: number;
  top: number;
  bottom: number;
}

/** Gives each point its name where it hides nothing: right, left, above or below; a point in a crowd stays without. */
function labelled(points: Point[], size: Size): Point[] {
  const taken: Box[] = points.map(({ x, y, radius }) => boxOf(x - radius, y - radius, 2 * radius, 2 * radius));
  return points.map((point, index) => {
    const text = point.row.model;
    const width = text.length * CHARACTER;
    for (const label of placesFor(point, text)) {
      const left = label.anchor === "start" ? label.x : label.anchor === "end" ? label.x - width : label.x - width / 2;
      const box = boxOf(left, label.y - LINE * 0.75, width, LINE);
      if (left < MARGIN.left || left + width > size.width || box.top < 0) continue;
      if (box.bottom > size.height - MARGIN.bottom) continue;
      if (taken.some((other, at) => at !== index && overlaps(box, other))) continue;
      taken.push(box);
      return { ...point, label };
    }
    return point;
  });
}

function placesFor({ x, y, radius }: Point, text: string): Label[] {
  const aside = radius + GAP;
  return [
    { text, x: x + aside, y: y + 4, anchor: "start" },
    { text, x: x - aside, y: y + 4, anchor: "end" },
    { text, x, y: y - aside, anchor: "middle" },
    { text, x, y: y + aside + LINE * 0.75, anchor: "middle" },
  ];
}

function boxOf(left: number, top: number, width: number, height: number): Box {
  return { left, right: left + width, top, bottom: top + height };
}

function overlaps(a: Box, b: Box): boolean {
  return a.left < b.right && b.left < a.right && a.top < b.bottom && b.top < a.bottom;
}
