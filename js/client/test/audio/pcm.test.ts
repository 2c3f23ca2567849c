import { describe, expect, test } from "vitest";
import { toFloat, toInt16 } from "../../src/audio/pcm.js";

describe("float to 16 bits", () => {
  test.each([
    [0, 0],
    [1, 32767],
    [-1, -32768],
    [2, 32767],
    [-7, -32768],
    [Number.POSITIVE_INFINITY, 32767],
    [0.5, 16383],
    [-0.5, -16384],
  ])("%f is %i", (sample, expected) => {
    expect(Int16Array.of(toInt16(sample))[0]).toBe(expected);
  });

  test("what is no number is silence", () => {
    expect(Int16Array.of(toInt16(Number.NaN))[0]).toBe(0);
  });

  test("every 16-bit value survives the way through float, but for the truncation of the last bit", () => {
    const wrong: number[] = [];
    for (let value = -32768; value <= 32767; value++) {
      const float = Math.fround(toFloat(value));
      const back = Int16Array.of(toInt16(float))[0] ?? 0;
      if (Math.abs(float) > 1 || Math.abs(back) > Math.abs(value) || Math.abs(back - value) > 1) {
        wrong.push(value);
      }
    }
    expect(wrong).toEqual([]);
  });
});
