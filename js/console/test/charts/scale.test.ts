import { describe, expect, it } from "vitest";
import { extent, linearScale, linearTicks, logScale, logTicks, niceStep, scaleFor } from "../../src/charts/scale.js";

/** A small seeded generator, so that a failure can be repeated. */
function seeded(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state * 1_664_525 + 1_013_904_223) % 4_294_967_296;
    return state / 4_294_967_296;
  };
}

describe("ticks", () => {
  it("have steps of 1, 2 or 5", () => {
    expect(niceStep(100, 5)).toBe(20);
    expect(niceStep(7, 7)).toBe(1);
    expect(niceStep(0.03, 6)).toBe(0.005);
    expect(niceStep(0, 6)).toBe(1);
  });

  it("are exact decimals", () => {
    expect(linearTicks([0, 0.5], 5)).toEqual([0, 0.1, 0.2, 0.3, 0.4, 0.5]);
    expect(linearTicks([-250, 260], 5)).toEqual([-200, 0, 200]);
  });

  it("of a logarithmic axis are 1, 2, 5, or decades where those are too many", () => {
    expect(logTicks([100, 3000], 6)).toEqual([100, 200, 500, 1000, 2000]);
    expect(logTicks([0.1, 10_000], 6)).toEqual([0.1, 1, 10, 100, 1000, 10_000]);
    expect(logTicks([300, 900], 6)).toEqual([500]);
  });

  it("lie within the domain, in order, and are neither none nor many", () => {
    const random = seeded(7);
    for (let round = 0; round < 500; round++) {
      const low = (random() - 0.5) * 10 ** (random() * 8 - 3);
      const high = low + random() * 10 ** (random() * 8 - 3) + 1e-6;
      const ticks = linearTicks([low, high], 6);
      expect(ticks.length).toBeLessThanOrEqual(8);
      expect(ticks.length).toBeGreaterThan(0);
      const slack = (high - low) * 1e-6;
      for (const [index, tick] of ticks.entries()) {
        expect(tick).toBeGreaterThanOrEqual(low - slack);
        expect(tick).toBeLessThanOrEqual(high + slack);
        if (index > 0) expect(tick).toBeGreaterThan(ticks[index - 1] ?? 0);
      }
    }
  });
});

describe("scales", () => {
  it("place linearly, and keep what is outside at the border", () => {
    const scale = linearScale([0, 10], [0, 100]);
    expect([scale.place(0), scale.place(5), scale.place(10), scale.place(99), scale.place(-1)]).toEqual([
      0, 50, 100, 100, 0,
    ]);
  });

  it("run downwards where the range does", () => {
    expect(linearScale([0, 10], [100, 0]).place(2)).toBe(80);
  });

  it("place by ratio on a logarithmic axis", () => {
    const scale = logScale([1, 100], [0, 100]);
    expect(scale.place(10)).toBeCloseTo(50);
    expect(scale.place(0)).toBe(0);
  });

  it("give a single value the middle", () => {
    expect(linearScale([3, 3], [0, 100]).place(3)).toBe(50);
    expect(linearScale([0, 0], [0, 100]).place(0)).toBe(50);
    expect(logScale([3, 3], [0, 100]).place(3)).toBeCloseTo(50);
    expect(scaleFor([700], [0, 100]).place(700)).toBeCloseTo(50);
  });

  it("are logarithmic only where values differ by more than tenfold", () => {
    expect(scaleFor([100, 900], [0, 1]).kind).toBe("linear");
    expect(scaleFor([100, 1100], [0, 1]).kind).toBe("log");
    expect(scaleFor([0, 1100], [0, 1]).kind).toBe("linear");
    expect(scaleFor([], [0, 1]).domain[0]).toBe(0);
  });

  it("never begin below zero for figures that cannot be negative", () => {
    expect(scaleFor([0, 10], [0, 1]).domain[0]).toBe(0);
    expect(scaleFor([-5, 10], [0, 1]).domain[0]).toBeLessThan(-5);
  });
});

describe("extent", () => {
  it("ignores what is no number", () => {
    expect(extent([3, Number.NaN, 1, Number.POSITIVE_INFINITY])).toEqual([1, 3]);
    expect(extent([])).toBeNull();
  });
});
