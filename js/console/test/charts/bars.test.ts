import { describe, expect, it } from "vitest";
import { barPlot, type Layer, MARGIN } from "../../src/charts/bars.js";

const SIZE = { width: 700, height: 300 };
const FOOT = SIZE.height - MARGIN.bottom;

function layer(id: string, ...values: number[]): Layer {
  return { id, name: id, values };
}

describe("a pile", () => {
  const { piles, y } = barPlot([layer("a", 3, 0, 1), layer("b", 1, 0, 4)], 3, SIZE);

  it("stands on the axis, each part on the one before", () => {
    const [first] = piles[0]?.bars ?? [];
    expect((first?.y ?? 0) + (first?.height ?? 0)).toBeCloseTo(FOOT);
    const [, second] = piles[0]?.bars ?? [];
    expect((second?.y ?? 0) + (second?.height ?? 0)).toBeCloseTo(first?.y ?? 0);
    expect(piles[0]?.total).toBe(4);
  });

  it("is as high as it is much", () => {
    const height = (pile: number): number => (piles[pile]?.bars ?? []).reduce((sum, bar) => sum + bar.height, 0);
    expect(height(0) / height(2)).toBeCloseTo(4 / 5);
    expect(height(1)).toBe(0);
    expect(piles[1]?.bars).toEqual([]);
  });

  it("keeps the number of its layer where others are empty", () => {
    expect(barPlot([layer("a", 0), layer("b", 2)], 1, SIZE).piles[0]?.bars.map((bar) => bar.layer)).toEqual([1]);
  });

  it("ends below the highest tick", () => {
    expect(y.domain[0]).toBe(0);
    expect(y.ticks.at(-1)).toBe(y.domain[1]);
    expect(y.domain[1]).toBeGreaterThanOrEqual(5);
  });
});

it.each([0.000_04, 0.7, 1, 99, 100, 101, 7_654_321])("a highest pile of %s fits, under few ticks", (highest) => {
  const { y, piles } = barPlot([layer("a", highest)], 1, SIZE);
  expect(y.domain[1]).toBeGreaterThanOrEqual(highest * (1 - 1e-9));
  expect(y.ticks.length).toBeLessThanOrEqual(6);
  expect(piles[0]?.bars[0]?.y).toBeGreaterThanOrEqual(MARGIN.top - 1e-6);
});

it("nothing has an axis, too", () => {
  const { y, piles } = barPlot([], 7, SIZE);
  expect(y.domain).toEqual([0, 1]);
  expect(piles).toHaveLength(7);
  expect(piles.every((pile) => pile.bars.length === 0)).toBe(true);
});

it.each([1, 7, 30, 90])("%s piles stand side by side, and as many are named as there is room for", (count) => {
  const { piles, named } = barPlot([layer("a")], count, SIZE);
  piles.forEach((pile, index) => {
    const next = piles[index + 1]?.x ?? SIZE.width - MARGIN.right;
    expect(pile.x + pile.width).toBeLessThanOrEqual(next + 1e-6);
  });
  expect(named.at(-1)?.pile).toBe(count - 1);
  named.forEach(({ x }, index) => {
    const before = named[index - 1];
    if (before) expect(x - before.x).toBeGreaterThanOrEqual(64 - 1e-6);
  });
});

it("a box without any width is drawn without harm", () => {
  const { piles } = barPlot([layer("a", 1, 2)], 2, { width: 0, height: 200 });
  expect(piles.map(({ width }) => width)).toEqual([0, 0]);
});
