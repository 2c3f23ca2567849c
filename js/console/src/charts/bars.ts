/** Bars that stand on each other, one pile for each day: where each part is drawn. Pure. */

import { type Interval, linearScale, niceStep, type Scale } from "./scale.js";

/** One series: a value for each pile. None is below zero. */
export interface Layer {
  id: string;
  name: string;
  values: readonly number[];
}

/** A part of a pile, in px. */
export interface Bar {
  layer: number;
  y: number;
  height: number;
}

/** The parts that are above zero, from the foot upwards. */
export interface Pile {
  x: number;
  width: number;
  total: number;
  bars: Bar[];
}

export interface BarPlot {
  y: Scale;
  piles: Pile[];
  /** Piles that have their name written below them. */
  named: { pile: number; x: number }[];
}

/** The box of the plot in px. */
export interface Size {
  width: number;
  height: number;
}

/** The space round the field, for axes. */
export const MARGIN = { top: 12, right: 12, bottom: 26, left: 64 };

/** px that the name of a pile takes. */
const NAME_WIDTH = 64;
const TICKS = 4;
/** Part of a pile's place that stays free. */
const GAP = 0.2;

/** Draws `layers` as `count` piles into a box. */
export function barPlot(layers: readonly Layer[], count: number, size: Size): BarPlot {
  const totals = Array.from({ length: count }, (_, pile) => layers.reduce((sum, layer) => sum + at(layer, pile), 0));
  const foot = size.height - MARGIN.bottom;
  const y = scaleTo(Math.max(0, ...totals), [foot, MARGIN.top]);
  const place = Math.max(0, size.width - MARGIN.left - MARGIN.right) / Math.max(1, count);
  const piles = totals.map((total, pile) => ({
    x: MARGIN.left + (pile + GAP / 2) * place,
    width: place * (1 - GAP),
    total,
    bars: stacked(layers, pile, y),
  }));
  return { y, piles, named: named(count, place) };
}

/** From zero to the next tick above the highest pile. */
function scaleTo(highest: number, range: Interval): Scale {
  const step = niceStep(highest || 1, TICKS);
  return linearScale([0, step * Math.ceil((highest || 1) / step - 1e-9)], range, TICKS);
}

function stacked(layers: readonly Layer[], pile: number, y: Scale): Bar[] {
  const bars: Bar[] = [];
  let below = 0;
  layers.forEach((layer, index) => {
    const value = at(layer, pile);
    if (value > 0) {
      const top = y.place(below + value);
      bars.push({ layer: index, y: top, height: y.place(below) - top });
      below += value;
    }
  });
  return bars;
}

/** Every so manieth pile, counted from the last one, which is today. */
function named(count: number, place: number): BarPlot["named"] {
  const every = Math.max(1, Math.ceil(NAME_WIDTH / Math.max(place, 1e-9)));
  const found: BarPlot["named"] = [];
  for (let pile = count - 1; pile >= 0; pile -= every) {
    found.unshift({ pile, x: MARGIN.left + (pile + 0.5) * place });
  }
  return found;
}

function at(layer: Layer, pile: number): number {
  return layer.values[pile] ?? 0;
}
