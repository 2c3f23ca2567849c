import { describe, expect, test } from "vitest";
import { Framer } from "../../src/audio/framer.js";
import { pieces, seeded } from "./random.js";
import { fit, sine } from "./tones.js";

function frames(input: Float32Array, from: number, to: number, longest: number, seed = 1): Int16Array[] {
  const made: Int16Array[] = [];
  const framer = new Framer(from, to, (frame) => made.push(new Int16Array(frame)));
  for (const [start, end] of pieces(input.length, longest, seeded(seed))) {
    framer.push(input.subarray(start, end));
  }
  return made;
}

describe.each([
  [48_000, 24_000, 960],
  [48_000, 16_000, 640],
  [44_100, 24_000, 960],
  [44_100, 16_000, 640],
  [16_000, 24_000, 960],
])("%i to %i", (from, to, bytes) => {
  test(`a second is 50 frames of ${bytes} bytes`, () => {
    const made = frames(new Float32Array(from), from, to, 128);
    expect(made.map((frame) => frame.byteLength)).toEqual(new Array(50).fill(bytes));
  });

  test("blocks of any length make the same frames", () => {
    const random = seeded(from);
    const input = Float32Array.from({ length: from }, () => 2.4 * random() - 1.2);
    const whole = frames(input, from, to, input.length);
    for (const longest of [1, 50, 128, 1_024, 20_000]) {
      expect(frames(input, from, to, longest, longest)).toEqual(whole);
    }
  });
});

test("at the same rate the samples are those that came, and the remainder waits", () => {
  const input = sine(440, 24_000, 24_000 + 100);
  const made = frames(input, 24_000, 24_000, 333);
  const samples = made.flatMap((frame) => [...frame]);
  expect(samples).toEqual([...Int16Array.from(input.subarray(0, 24_000), (x) => x * (x < 0 ? 0x8000 : 0x7fff))]);
});

test("each frame has a buffer of its own, so that it can be given away", () => {
  const given: ArrayBuffer[] = [];
  const framer = new Framer(48_000, 24_000, (frame) => given.push(structuredClone(frame, { transfer: [frame] })));
  framer.push(sine(500, 48_000, 48_000));
  const samples = Float32Array.from(given.slice(2).flatMap((frame) => [...new Int16Array(frame)]));
  expect(given).toHaveLength(50);
  expect(fit(samples, 500, 24_000).amplitude / 32768).toBeCloseTo(0.5, 2);
});

test("after a reset the beginning of a frame is forgotten", () => {
  const made: Int16Array[] = [];
  const framer = new Framer(48_000, 24_000, (frame) => made.push(new Int16Array(frame)));
  framer.push(new Float32Array(900).fill(1));
  framer.reset();
  framer.push(new Float32Array(960));
  expect(made).toEqual([new Int16Array(480)]);
});
