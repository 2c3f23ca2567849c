import type { ScoreRow } from "@spekoai/sdk";
import { describe, expect, it } from "vitest";
import { MARGIN, type Plot, plot, radiusOf, seriesOf } from "../../src/pages/routing/plot.js";
import { score } from "./score_fixtures.js";

const SIZE = { width: 800, height: 400 };

function drawn(rows: readonly ScoreRow[]): Plot {
  const found = plot(rows, SIZE, seriesOf(rows));
  if (found === null) throw new Error("nothing drawn");
  return found;
}

function at(found: Plot, provider: string): { x: number; y: number } {
  const point = found.points.find(({ row }) => row.provider === provider);
  return { x: point?.x ?? Number.NaN, y: point?.y ?? Number.NaN };
}

describe("better is up and to the left", () => {
  it("where lower is better", () => {
    const found = drawn([score("good", { quality: 3, latencyMs: 200 }), score("bad", { quality: 9, latencyMs: 900 })]);
    expect(at(found, "good").y).toBeLessThan(at(found, "bad").y);
    expect(at(found, "good").x).toBeLessThan(at(found, "bad").x);
  });

  it("and where higher is", () => {
    const facts = { qualityMetric: "quality_score" };
    const found = drawn([score("good", { ...facts, quality: 90 }), score("bad", { ...facts, quality: 30 })]);
    expect(at(found, "good").y).toBeLessThan(at(found, "bad").y);
  });
});

describe("what is missing", () => {
  it("is no plot without rows", () => {
    expect(plot([], SIZE, new Map())).toBeNull();
  });

  it("is a list of rows without a place", () => {
    const found = drawn([score("a"), score("b", { quality: null }), score("c", { latencyMs: null })]);
    expect(found.points).toHaveLength(1);
    expect(found.unplaced.map(({ provider }) => provider)).toEqual(["b", "c"]);
    expect(drawn([score("b", { quality: null })]).points).toEqual([]);
  });

  it("is a hollow point where nobody knows the cost", () => {
    const found = drawn([score("a", { costUsdPerMinute: null }), score("b", { costUsdPerMinute: 0 })]);
    expect(found.points.map(({ row, hollow }) => [row.provider, hollow])).toEqual([
      ["a", true],
      ["b", false],
    ]);
    expect(found.sizes).toEqual([{ cost: 0, radius: 5 }]);
    expect(drawn([score("a", { costUsdPerMinute: null })]).sizes).toEqual([]);
  });
});

it("one point stands in the middle", () => {
  const { x } = at(drawn([score("a")]), "a");
  expect(x).toBeCloseTo((MARGIN.left + SIZE.width - MARGIN.right) / 2);
});

it("cost is area", () => {
  expect(radiusOf(0, 1)).toBe(5);
  expect(radiusOf(1, 1)).toBe(15);
  const [free, half, full] = [radiusOf(0, 1) ** 2, radiusOf(0.5, 1) ** 2, radiusOf(1, 1) ** 2];
  expect(half - free).toBeCloseTo(full - half);
  expect(radiusOf(5, 0)).toBe(5);
});

it("a provider keeps its colour whatever is filtered", () => {
  const rows = [score("b"), score("a"), score("a", { model: "other", quality: 2 }), score("c", { quality: null })];
  const series = seriesOf(rows);
  expect([...series]).toEqual([
    ["a", 0],
    ["b", 1],
  ]);
  expect(plot([score("b")], SIZE, series)?.points[0]?.series).toBe(1);
});

interface Box {
  key: string;
  left: number;
  right: number;
  top: number;
  bottom: number;
}

function labelBoxes(found: Plot): Box[] {
  return found.points.flatMap(({ key, label }) => {
    if (label === null) return [];
    const width = label.text.length * 6.2;
    const left = { start: label.x, end: label.x - width, middle: label.x - width / 2 }[label.anchor];
    return [{ key, left, right: left + width, top: label.y - 10.5, bottom: label.y + 3.5 }];
  });
}

function overlap(a: Box, b: Box): boolean {
  return a.left < b.right && b.left < a.right && a.top < b.bottom && b.top < a.bottom;
}

it("labels hide neither each other nor a point, and stay in the picture", () => {
  let state = 3;
  const random = (): number => {
    state = (state * 1_103_515_245 + 12_345) % 2_147_483_648;
    return state / 2_147_483_648;
  };
  for (let round = 0; round < 60; round++) {
    const rows = Array.from({ length: 2 + Math.floor(random() * 25) }, (_, index) =>
      score(`p${index}`, { quality: random() * 20, latencyMs: random() * 3000, costUsdPerMinute: random() }),
    );
    const found = drawn(rows);
    const boxes = labelBoxes(found);
    const dots = found.points.map(({ key, x, y }) => ({ key, left: x, right: x, top: y, bottom: y }));
    for (const box of boxes) {
      expect(box.left).toBeGreaterThanOrEqual(MARGIN.left);
      expect(box.right).toBeLessThanOrEqual(SIZE.width);
      expect([...boxes, ...dots].filter((other) => other.key !== box.key && overlap(box, other))).toEqual([]);
    }
  }
});

it("a point that stands alone has its name", () => {
  expect(labelBoxes(drawn([score("a")]))).toHaveLength(1);
});

it("points stand in the order of the arrow keys", () => {
  const found = drawn([score("slow", { latencyMs: 900 }), score("fast", { latencyMs: 90 }), score("mid")]);
  expect(found.points.map(({ row }) => row.provider)).toEqual(["fast", "mid", "slow"]);
});
