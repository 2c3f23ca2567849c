import { expect, it } from "vitest";
import { placeAfter } from "../../src/charts/places.js";

it.each([
  ["ArrowRight", 1, 2],
  ["ArrowDown", 1, 2],
  ["ArrowRight", 2, 2],
  ["ArrowLeft", 1, 0],
  ["ArrowUp", 0, 0],
  ["Home", 2, 0],
  ["End", 0, 2],
  ["Enter", 1, 1],
])("%s from %s goes to %s", (key, at, to) => {
  expect(placeAfter(key, at, 3)).toBe(to);
});
