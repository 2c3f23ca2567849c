import { expect, test } from "vitest";
import { Level, rms } from "../../src/audio/levels.js";
import { sine } from "./tones.js";

test("the loudness of a sine is its amplitude over the root of two", () => {
  expect(rms(sine(100, 48_000, 48_000, 0.8), 1)).toBeCloseTo(0.8 / Math.SQRT2, 5);
});

test("the loudest of 16 bits is 1, silence and nothing are 0", () => {
  expect(rms(new Int16Array(480).fill(-32_768), 0x8000)).toBe(1);
  expect(rms(new Int16Array(480), 0x8000)).toBe(0);
  expect(rms(new Int16Array(0), 0x8000)).toBe(0);
});

test("a level rises at once and falls by and by", () => {
  const level = new Level();
  expect(level.at(0)).toBe(0);
  level.add(0.2, 1_000);
  level.add(0.8, 1_020);
  expect(level.at(1_020)).toBe(0.8);
  level.add(0.1, 1_040);
  expect(level.at(1_040)).toBeCloseTo(0.8 * Math.exp(-20 / 120), 5);
  level.add(0, 2_500);
  expect(level.at(2_500)).toBeLessThan(0.001);
  level.add(0.5, 2_600);
  level.reset();
  expect(level.at(2_600)).toBe(0);
});
