import { expect, test } from "vitest";
import { Playback, type PlaybackReport } from "../../src/audio/playback.js";

const RATE = 24_000;

function bench(): { playback: Playback; reports: PlaybackReport[]; pass: (ms: number) => void } {
  const reports: PlaybackReport[] = [];
  const playback = new Playback(RATE, 48_000, (report) => reports.push(report));
  const out = new Float32Array(128);
  const pass = (ms: number) => {
    for (let left = ms * 48; left > 0; left -= out.length) {
      playback.pull(out);
    }
  };
  return { playback, reports, pass };
}

test("tells of the beginning at once, then every 100 ms, then of the end, and no more", () => {
  const { playback, reports, pass } = bench();
  pass(1_000);
  expect(reports).toEqual([]);
  playback.push(new Int16Array(RATE).fill(5_000).buffer);
  pass(3);
  expect(reports).toEqual([{ played: expect.any(Number), dropped: 0, playing: true, flushes: 0 }]);
  pass(1_000);
  expect(reports.length).toBeGreaterThanOrEqual(10);
  expect(reports.length).toBeLessThanOrEqual(11);
  expect(reports.map((report) => report.played)).toEqual(reports.map((report) => report.played).sort((a, b) => a - b));
  pass(300);
  expect(reports.at(-1)).toEqual({ played: RATE, dropped: 0, playing: false, flushes: 0 });
  const { length } = reports;
  pass(1_000);
  expect(reports).toHaveLength(length);
});

test("tells of each flush at once, rendering or not", () => {
  const { playback, reports, pass } = bench();
  playback.flush();
  expect(reports).toEqual([{ played: 0, dropped: 0, playing: false, flushes: 1 }]);
  playback.push(new Int16Array(RATE).buffer);
  pass(500);
  playback.flush();
  const last = reports.at(-1);
  expect(last).toMatchObject({ playing: false, flushes: 2 });
  expect((last?.played ?? 0) + (last?.dropped ?? 0)).toBe(RATE);
  expect(last?.played).toBeGreaterThan(0.49 * RATE);
  expect(last?.played).toBeLessThan(0.51 * RATE);
});

test("half a sample at the end, and nothing at all, do no harm", () => {
  const { playback, reports, pass } = bench();
  playback.push(new ArrayBuffer(961));
  playback.push(new ArrayBuffer(0));
  playback.push(new ArrayBuffer(1));
  pass(400);
  expect(reports.at(-1)).toMatchObject({ played: 480, playing: false });
});
