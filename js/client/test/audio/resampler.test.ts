import { describe, expect, test } from "vitest";
import { Resampler } from "../../src/audio/resampler.js";
import { between, pieces, seeded } from "./random.js";
import { decibel, fit, loudness, sine } from "./tones.js";

const RATES: [number, number][] = [
  [48_000, 24_000],
  [48_000, 16_000],
  [44_100, 24_000],
  [44_100, 16_000],
  [96_000, 24_000],
  [16_000, 24_000],
  [8_000, 24_000],
  [24_000, 48_000],
  [24_000, 44_100],
  [16_000, 44_100],
  [24_000, 24_000],
];

function convert(input: Float32Array, from: number, to: number): Float32Array {
  const resampler = new Resampler(from, to);
  const output = new Float32Array(resampler.ready(input.length));
  expect(resampler.process(input, input.length, output)).toBe(output.length);
  return output;
}

function sameBits(a: Float32Array, b: Float32Array): boolean {
  return Buffer.from(a.buffer).equals(Buffer.from(b.buffer));
}

/** What the contract names, and what it does to tones above the half of the lower rate. */
function interpolate(input: Float32Array, from: number, to: number): Float32Array {
  return Float32Array.from({ length: Math.floor(((input.length - 1) * to) / from) }, (_, n) => {
    const at = (n * from) / to;
    const [before, after] = [input[Math.floor(at)] ?? 0, input[Math.floor(at) + 1] ?? 0];
    return before + (after - before) * (at % 1);
  });
}

describe.each(RATES)("%i to %i", (from, to) => {
  test("any split of the stream gives the same bits", () => {
    const random = seeded(from + to);
    const input = Float32Array.from({ length: 9_000 }, () => 2 * random() - 1);
    const whole = convert(input, from, to);
    for (const longest of [1, 7, 128, 300, 4_000]) {
      const resampler = new Resampler(from, to);
      const parts = new Float32Array(whole.length);
      let filled = 0;
      for (const [start, end] of pieces(input.length, longest, random)) {
        const ready = resampler.ready(end - start);
        const room = parts.subarray(filled, filled + ready);
        filled += resampler.process(input.subarray(start, end), end - start, room);
      }
      expect(filled).toBe(whole.length);
      expect(sameBits(parts, whole)).toBe(true);
    }
  });

  test("whoever takes outputs by number gets the same ones, and no input is asked for too early", () => {
    const random = seeded(from);
    const input = Float32Array.from({ length: from / 4 }, () => 2 * random() - 1);
    const whole = convert(input, from, to);
    const resampler = new Resampler(from, to);
    const parts: number[] = [];
    for (let used = 0; ; ) {
      const output = new Float32Array(between(random, 0, 200));
      const needed = resampler.needed(output.length);
      if (used + needed > input.length) {
        break;
      }
      if (needed > 0) {
        expect(resampler.ready(needed)).toBeGreaterThanOrEqual(output.length);
        expect(resampler.ready(needed - 1)).toBeLessThan(output.length);
      }
      expect(resampler.process(input.subarray(used), needed, output)).toBe(output.length);
      parts.push(...output);
      used += needed;
    }
    expect(parts.length).toBeGreaterThan(to / 5);
    expect(sameBits(Float32Array.from(parts), whole.slice(0, parts.length))).toBe(true);
  });

  test("speech passes unchanged: 1 kHz with 55 dB to noise, level within 0.1 dB", () => {
    const output = convert(sine(1_000, from, from / 2), from, to).subarray(200);
    const { amplitude, rest } = fit(output, 1_000, to);
    expect(Math.abs(decibel(amplitude / 0.5))).toBeLessThan(0.1);
    expect(decibel(amplitude / Math.SQRT2 / rest)).toBeGreaterThan(55);
  });

  test("it is late by at most 1 ms at the lower rate", () => {
    const low = Math.min(from, to);
    const click = new Float32Array(from / 10);
    click[0] = 1;
    const output = convert(click, from, to);
    const loudest = output.reduce((best, x, i) => (Math.abs(x) > Math.abs(output[best] ?? 0) ? i : best), 0);
    expect(loudest / to).toBeLessThanOrEqual(Math.max(16 / low, 0.001) + 1 / to);
  });
});

describe("tones that the lower rate cannot carry", () => {
  test.each([
    [48_000, 24_000, 13_500],
    [48_000, 24_000, 17_000],
    [48_000, 16_000, 9_000],
    [44_100, 24_000, 15_000],
    [44_100, 16_000, 12_345],
  ])("from %i to %i, %i Hz: gone, where linear interpolation folds it into speech", (from, to, hertz) => {
    const input = sine(hertz, from, from / 2);
    const level = loudness(input);
    const ours = decibel(level / loudness(convert(input, from, to).subarray(200)));
    const linear = decibel(level / loudness(interpolate(input, from, to)));
    expect(ours).toBeGreaterThan(50);
    expect(ours).toBeGreaterThan(linear + 35);
  });

  test.each([
    [24_000, 48_000, 7_000],
    [16_000, 44_100, 5_000],
  ])("from %i to %i, %i Hz: no mirror image above", (from, to, hertz) => {
    const output = convert(sine(hertz, from, from / 2), from, to).subarray(200);
    const { amplitude, rest } = fit(output, hertz, to);
    expect(decibel(amplitude / Math.SQRT2 / rest)).toBeGreaterThan(50);
  });
});

test("ten minutes of 44.1 kHz: not a sample too many or too few, and the end in phase", () => {
  const [from, to, seconds] = [44_100, 24_000, 600];
  const resampler = new Resampler(from, to);
  const block = new Float32Array(441);
  const output = new Float32Array(241);
  let samples = 0;
  let tail: number[] = [];
  for (let start = 0; start < from * seconds; start += block.length) {
    const last = start >= from * (seconds - 1);
    if (last) {
      // 300 Hz: a period of 147 samples, so that a block begins where the block before began.
      block.set(sine(300, from, block.length));
    }
    const written = resampler.process(block, block.length, output);
    samples += written;
    if (last) {
      tail.push(...output.subarray(0, written));
    }
  }
  expect(samples).toBe(to * seconds);
  tail = tail.slice(1_000);
  const fresh = convert(sine(300, from, from), from, to).slice(1_000);
  expect(Math.max(...tail.map((x, i) => Math.abs(x - (fresh[i] ?? 0))))).toBeLessThan(1e-6);
});

test("after a reset nothing is left of the stream before", () => {
  const resampler = new Resampler(48_000, 24_000);
  const output = new Float32Array(200);
  resampler.process(sine(1_000, 48_000, 301), 301, output);
  resampler.reset();
  const written = resampler.process(new Float32Array(300), 300, output);
  expect(output.subarray(0, written).every((x) => x === 0)).toBe(true);
});
