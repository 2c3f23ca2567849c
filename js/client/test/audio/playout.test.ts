import { describe, expect, test } from "vitest";
import { Playout } from "../../src/audio/playout.js";
import { between, pieces, seeded } from "./random.js";
import { decibel, fit, sine } from "./tones.js";

const QUANTUM = 128;
const RATE = 24_000;

/** A playout at one rate, where a sample that goes in is a sample that comes out, and what came out of it. */
class Bench {
  readonly playout: Playout;
  readonly heard: number[] = [];
  readonly toRate: number;

  constructor(fromRate = RATE, toRate = RATE) {
    this.playout = new Playout(fromRate, toRate);
    this.toRate = toRate;
  }

  /** One render quantum. */
  pull(): Float32Array {
    const out = new Float32Array(QUANTUM).fill(Number.NaN);
    this.playout.pull(out);
    this.heard.push(...out);
    return out;
  }

  /** Renders about so long. */
  pass(ms: number): void {
    for (let left = (ms * this.toRate) / 1000; left > 0; left -= QUANTUM) {
      this.pull();
    }
  }

  push(samples: number, value = 8_000): void {
    this.playout.push(new Int16Array(samples).fill(value));
  }

  /** Milliseconds of silence until the next sample. */
  silence(limitMs = 1_000): number {
    const start = this.heard.length;
    while (this.heard.length - start < (limitMs * this.toRate) / 1000) {
      const at = this.pull().findIndex((x) => x !== 0);
      if (at >= 0) {
        return ((this.heard.length - QUANTUM + at - start) * 1000) / this.toRate;
      }
    }
    return limitMs;
  }
}

const ms = (samples: number): number => (samples * 1000) / RATE;
const samples = (milliseconds: number): number => (milliseconds * RATE) / 1000;
const ONE_QUANTUM_MS = ms(QUANTUM);

describe("beginning", () => {
  test("at once when the lead is there", () => {
    const bench = new Bench();
    bench.push(samples(20));
    expect(bench.playout.playing).toBe(false);
    expect(bench.silence()).toBe(0);
    expect(bench.playout.playing).toBe(true);
  });

  test("20 ms after the first sample when no more comes", () => {
    const bench = new Bench();
    bench.pass(500);
    bench.push(100);
    const waited = bench.silence();
    expect(waited).toBeGreaterThanOrEqual(20);
    expect(waited).toBeLessThanOrEqual(20 + 2 * ONE_QUANTUM_MS);
    expect(bench.playout.played).toBe(100);
  });

  test("whoever takes 85 ms at a time has no gap in sound that comes as it is spoken", () => {
    const { playout } = new Bench();
    const out = new Float32Array(2_048);
    const heard: number[] = [];
    let pushed = 0;
    for (let now = samples(50); now < 2 * RATE; now += out.length) {
      for (; pushed < now; pushed += samples(20)) {
        playout.push(new Int16Array(samples(20)).fill(8_000));
      }
      playout.pull(out);
      heard.push(...out);
    }
    expect(heard.slice(heard.findIndex((x) => x !== 0)).filter((x) => x < 0.2)).toEqual([]);
  });

  test("silence before anything came", () => {
    const bench = new Bench();
    bench.pass(100);
    expect(bench.heard.every((x) => x === 0)).toBe(true);
    expect(bench.playout).toMatchObject({ played: 0, dropped: 0, playing: false });
  });
});

describe("gapless", () => {
  test.each([1, 2, 3])("samples in time come out as they went in, whatever their pieces (seed %i)", (seed) => {
    const random = seeded(seed);
    const bench = new Bench();
    const input = Int16Array.from({ length: 3 * RATE }, () => between(random, -32_768, 32_767));
    const chunks = pieces(input.length, 2_000, random);
    let pushed = 0;
    while (bench.playout.played < input.length) {
      while (pushed < Math.min(input.length, bench.playout.played + samples(60))) {
        const [start, end] = chunks.next().value ?? [0, 0];
        bench.playout.push(input.subarray(start, end));
        pushed = end;
      }
      bench.pull();
    }
    const first = bench.heard.findIndex((x) => x !== 0);
    const played = bench.heard.slice(first, first + input.length);
    const wrong = played.filter((x, i) => Math.abs(x * 32_768 - (input[first + i] ?? 0)) > 1.1);
    expect(wrong).toEqual([]);
  });

  test.each([
    [24_000, 48_000],
    [24_000, 44_100],
    [16_000, 48_000],
    [16_000, 44_100],
    [24_000, 16_000],
  ])("a tone from %i to %i stays one", (from, to) => {
    const bench = new Bench(from, to);
    const tone = Int16Array.from(sine(500, from, 2 * from), (x) => Math.round(x * 32_767));
    for (const [start, end] of pieces(tone.length, 700, seeded(from + to))) {
      bench.playout.push(tone.subarray(start, end));
    }
    bench.pass(1_900);
    const { amplitude, rest } = fit(Float32Array.from(bench.heard.slice(to / 10)), 500, to);
    expect(amplitude).toBeCloseTo(0.5, 3);
    expect(decibel(amplitude / Math.SQRT2 / rest)).toBeGreaterThan(65);
  });
});

describe("running dry", () => {
  /** Plays so much until nothing is left, and lets `pauseMs` of silence pass. */
  function dry(bench: Bench, soundMs: number, pauseMs: number): void {
    bench.push(samples(soundMs));
    bench.pass(soundMs + pauseMs);
  }

  /** How long a few samples wait that nothing follows. */
  function lead(bench: Bench): number {
    bench.push(20);
    const waited = bench.silence();
    expect(waited).toBeLessThan(400);
    return waited;
  }

  test("each time the lead doubles, up to 200 ms", () => {
    const bench = new Bench();
    dry(bench, 100, 200);
    for (const expected of [40, 80, 160, 200, 200, 200]) {
      const waited = lead(bench);
      expect(waited).toBeGreaterThanOrEqual(expected);
      expect(waited).toBeLessThanOrEqual(expected + 3 * ONE_QUANTUM_MS);
      bench.pass(200);
    }
  });

  test("with the lead there it goes on at once", () => {
    const bench = new Bench();
    dry(bench, 100, 200);
    bench.push(samples(45));
    expect(bench.silence()).toBeLessThanOrEqual(ONE_QUANTUM_MS);
  });

  test("each 5 s of steady sound halve the lead, down to 20 ms", () => {
    const bench = new Bench();
    dry(bench, 100, 200);
    for (const _ of [80, 160]) {
      lead(bench);
      bench.pass(200);
    }
    for (const expected of [40, 20, 20]) {
      // The pause is the speaker's, and doubles nothing.
      dry(bench, expected === 40 ? 10_200 : 5_200, 1_500);
      const waited = lead(bench);
      expect(waited).toBeGreaterThanOrEqual(expected);
      expect(waited).toBeLessThanOrEqual(expected + 3 * ONE_QUANTUM_MS);
      bench.pass(1_500);
    }
  });

  test("sound after a longer pause is late for no network's sake: the lead stays", () => {
    const bench = new Bench();
    dry(bench, 100, 300);
    expect(lead(bench)).toBeLessThanOrEqual(20 + 2 * ONE_QUANTUM_MS);
  });

  test("a gap under 150 ms is still playing, a longer one is not", () => {
    const bench = new Bench();
    bench.push(samples(100));
    bench.pass(100 + 130);
    expect(bench.playout.playing).toBe(true);
    bench.push(samples(10));
    bench.pass(30);
    expect(bench.playout.playing).toBe(true);
    bench.pass(300);
    expect(bench.playout.playing).toBe(false);
    expect(bench.playout.played).toBe(samples(110));
  });

  test("it dies away and comes up again without a click", () => {
    const bench = new Bench();
    bench.push(samples(100), 30_000);
    bench.pass(300);
    bench.push(samples(100), 30_000);
    bench.pass(300);
    const steps = bench.heard.slice(1).map((x, i) => Math.abs(x - (bench.heard[i] ?? 0)));
    steps[bench.heard.findIndex((x) => x !== 0) - 1] = 0;
    expect(Math.max(...steps)).toBeLessThan(0.06);
    expect(bench.heard.at(-1)).toBe(0);
  });
});

describe("flush", () => {
  test.each([
    [24_000, 48_000],
    [24_000, 44_100],
    [16_000, 16_000],
  ])("silence after one quantum, and no click (%i to %i)", (from, to) => {
    const bench = new Bench(from, to);
    bench.push(from, 30_000);
    bench.pass(100);
    const { played } = bench.playout;
    const level = bench.heard.at(-1) ?? 0;
    bench.playout.flush();
    expect(bench.playout.playing).toBe(false);
    expect(bench.playout.played + bench.playout.dropped).toBe(from);
    expect(bench.playout.played - played).toBeLessThanOrEqual(0.003 * from + 1);
    const fading = bench.pull();
    const steps = fading.map((x, i) => Math.abs(x - (i === 0 ? level : (fading[i - 1] ?? 0))));
    expect(Math.max(...steps)).toBeLessThan(0.03);
    bench.heard.length = 0;
    bench.pass(200);
    expect(bench.heard.every((x) => x === 0)).toBe(true);
  });

  test.each([
    [24_000, 24_000],
    [24_000, 48_000],
    [16_000, 44_100],
  ])("the next answer begins as if there had been none before (%i to %i)", (from, to) => {
    const bench = new Bench(from, to);
    bench.push(from / 2, 30_000);
    bench.pass(100);
    bench.playout.flush();
    const fresh = new Bench(from, to);
    bench.pull();
    for (const one of [bench, fresh]) {
      one.heard.length = 0;
      one.push(from / 10, 5_000);
      one.pass(90);
    }
    expect(bench.heard).toEqual(fresh.heard);
  });

  test("of what waits for its lead: dropped, and never heard", () => {
    const bench = new Bench();
    bench.push(100);
    bench.playout.flush();
    bench.pass(200);
    expect(bench.heard.every((x) => x === 0)).toBe(true);
    expect(bench.playout).toMatchObject({ played: 0, dropped: 100, playing: false });
  });
});

test("what waits is at most ten minutes: the oldest is dropped", () => {
  const bench = new Bench();
  for (let minute = 0; minute < 10; minute++) {
    bench.push(60 * RATE, 100);
  }
  bench.push(5 * RATE, 20_000);
  expect(bench.playout.dropped).toBe(5 * RATE);
  bench.push(601 * RATE, 10_000);
  expect(bench.playout.dropped).toBe(606 * RATE);
  expect(bench.pull()[64]).toBeCloseTo(10_000 / 32_767, 5);
});

describe.each([
  [24_000, 48_000],
  [24_000, 44_100],
  [16_000, 48_000],
  [24_000, 24_000],
])("a walk from %i to %i", (from, to) => {
  test.each([1, 2, 3, 4])("keeps its counts and its silence (seed %i)", (seed) => {
    const random = seeded(seed * from + to);
    const bench = new Bench(from, to);
    const { playout } = bench;
    let pushed = 0;
    for (let step = 0; step < 3_000; step++) {
      const what = random();
      if (what < 0.15) {
        const count = between(random, 0, from / 10);
        bench.push(count);
        pushed += count;
      } else if (what < 0.16) {
        const before = playout.played;
        playout.flush();
        expect(playout.played - before).toBeLessThanOrEqual(0.003 * from + 1);
        expect(playout.played + playout.dropped).toBe(pushed);
        bench.pull();
        expect(bench.pull().every((x) => x === 0)).toBe(true);
      } else {
        const before = playout.played;
        const out = bench.pull();
        expect(out.every((x) => Math.abs(x) < 0.3)).toBe(true);
        expect(playout.played - before).toBeLessThanOrEqual(Math.ceil((QUANTUM * from) / to));
        expect(playout.playing || playout.played === before).toBe(true);
      }
      expect(playout.played + playout.dropped).toBeLessThanOrEqual(pushed);
    }
    bench.pass((pushed * 1000) / from + 500);
    expect(playout.played + playout.dropped).toBe(pushed);
    expect(playout.playing).toBe(false);
    expect(bench.pull().every((x) => x === 0)).toBe(true);
  });
});
