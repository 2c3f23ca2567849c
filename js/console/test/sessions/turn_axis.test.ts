import { describe, expect, it } from "vitest";
import { axisOf } from "../../src/pages/sessions/turn_axis.js";

describe("the axis of the turns", () => {
  const axis = axisOf([-200, 800]);

  it("places a span in percent", () => {
    expect(axis.span(-200, 800)).toEqual({ x: "0%", width: "100%" });
    expect(axis.span(0, 300)).toEqual({ x: "20%", width: "30%" });
  });

  it("cuts what sticks out, and leaves out what lies outside", () => {
    expect(axis.span(-5000, 0)).toEqual({ x: "0%", width: "20%" });
    expect(axis.span(700, 5000)).toEqual({ x: "90%", width: "10%" });
    expect(axis.span(900, 1000)).toBeNull();
    expect(axis.span(-900, -300)).toBeNull();
    expect(axis.span(Number.NaN, 3)).toBeNull();
  });

  it("keeps a span without length in sight, also at the end", () => {
    expect(axis.span(300, 300)).toEqual({ x: "50%", width: "0.25%" });
    expect(axis.span(800, 800)).toEqual({ x: "99.75%", width: "0.25%" });
  });

  it("has ticks in words that stay within the picture", () => {
    const { ticks } = axisOf([-1500, 2000]);
    expect(ticks.map(({ words }) => words)).toEqual([
      "−1.5 s",
      "−1 s",
      "−500 ms",
      "0",
      "500 ms",
      "1 s",
      "1.5 s",
      "2 s",
    ]);
    expect(ticks.flatMap(({ minor, words }) => (minor ? [] : [words]))).toEqual(["−1 s", "0", "1 s", "2 s"]);
    expect(ticks.at(0)?.anchor).toBe("start");
    expect(ticks.at(-1)?.anchor).toBe("end");
  });

  it("of a session without turns is an axis, too", () => {
    expect(axisOf([0, 1]).ticks.length).toBeGreaterThan(1);
  });
});
