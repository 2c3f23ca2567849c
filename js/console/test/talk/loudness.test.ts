import { expect, it } from "vitest";
import { loudness } from "../../src/pages/talk/loudness.js";

it("the meter is empty at silence and full at the top", () => {
  expect([0, 0.0005, 1, 4].map(loudness)).toEqual([0, 0, 1, 1]);
  expect(loudness(0.1)).toBeCloseTo(2 / 3);
});
