import { expect, it } from "vitest";
import { median } from "../../src/turn/median.js";

it("is the middle by size, whatever the order and the number of digits", () => {
  expect(median([900, 20, 100])).toBe(100);
  expect(median([900, 20, 100, 300])).toBe(200);
  expect(median([7])).toBe(7);
  expect(median([])).toBeNull();
});
