import { expect, test } from "vitest";
import { startChromium } from "../harness/chromium.js";
import { startGateway } from "../harness/gateway.js";
import { recordPage } from "../harness/recorder.js";
import { correlation, samplesOf } from "../harness/signals.js";
import { startSite } from "../harness/site.js";
import { record } from "../harness/speech.js";
import { AGENT, talk } from "../harness/talk.js";

const SEGMENTS = [
  { silence: 2 },
  { say: "The quick brown fox jumps over the lazy dog, and nobody has seen it since." },
  { silence: 1 },
];
const FINER = 4;

// A browser that does not get its share of the processor loses sound itself, before anybody can capture it.
test.each([24_000, 16_000])("what is said to the microphone arrives as it was, at %i Hz", {
  retry: 2,
}, async (rate) => {
  const gateway = await startGateway();
  const site = await startSite({ gateway });
  const browser = await startChromium({ microphone: record(SEGMENTS).path });
  try {
    const page = await browser.newPage();
    await recordPage(page);
    await page.goto(site.url);
    await page.evaluate(() => {
      window.recorded.keepSent = true;
    });
    const session = { ...AGENT, s2s: { ...AGENT.s2s, inputSampleRate: rate } };
    expect(await talk(page, { session })).toBeNull();
    const original = record(SEGMENTS, rate * FINER);
    const [start, end] = original.spoken[0] ?? [0, 0];
    const wanted = Math.ceil((end + 0.5) * 50);
    await page.waitForFunction((frames) => window.recorded.sent.length >= frames, wanted);

    const frames = await page.evaluate(() => window.recorded.sent.map((frame) => Array.from(new Int16Array(frame))));
    expect(new Set(frames.map(({ length }) => length))).toEqual(new Set([rate / 50]));
    const piece = [start, end].map((seconds) => Math.round(seconds * rate * FINER)) as [number, number];
    const found = correlation(new Int16Array(frames.flat()), samplesOf(original.path), FINER, ...piece);
    console.log(`correlation at ${rate} Hz: ${found.toFixed(5)}`);
    expect(found).toBeGreaterThan(0.99);
  } finally {
    await browser.close();
    await site.close();
    await gateway.stop();
  }
});
