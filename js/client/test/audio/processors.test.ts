import { afterAll, beforeAll, expect, test, vi } from "vitest";
import type { PlaybackReport } from "../../src/audio/playback.js";
import { CAPTURE, PLAYOUT } from "../../src/audio/worklet_messages.js";
import { sine } from "./tones.js";

/** A port whose messages are cloned and whose buffers are given away, as a real one's. */
class FakePort {
  onmessage: ((event: { data: unknown }) => void) | null = null;
  readonly sent: unknown[] = [];

  postMessage(message: unknown, transfer: ArrayBuffer[] = []): void {
    this.sent.push(structuredClone(message, { transfer }));
  }

  tell(data: unknown): void {
    this.onmessage?.({ data });
  }
}

interface Processor {
  readonly port: FakePort;
  process(inputs: Float32Array[][], outputs: Float32Array[][]): boolean;
}

type ProcessorClass = new (options: { processorOptions: object }) => Processor;

const registered = new Map<string, ProcessorClass>();

function create(name: string): Processor {
  const made = registered.get(name);
  if (made === undefined) {
    throw new Error(`${name} is not registered`);
  }
  return new made({ processorOptions: { inputSampleRate: 24_000, outputSampleRate: 24_000 } });
}

beforeAll(async () => {
  vi.stubGlobal("sampleRate", 48_000);
  vi.stubGlobal(
    "AudioWorkletProcessor",
    class {
      readonly port = new FakePort();
    },
  );
  vi.stubGlobal("registerProcessor", (name: string, made: ProcessorClass) => registered.set(name, made));
  // By its address: the types of the worklet's world and of a page's exclude each other.
  await import(new URL("../../src/audio/worklet/processors.ts", import.meta.url).href);
});

afterAll(() => vi.unstubAllGlobals());

test("both are registered by the names that the main thread uses", () => {
  expect([...registered.keys()].sort()).toEqual([CAPTURE, PLAYOUT]);
});

let processor: Processor;

/** Runs so many quanta of one channel, and says whether the processor wants more. */
function capture(quanta: number): boolean {
  const input = sine(1_000, 48_000, 128 * quanta);
  let more = true;
  for (let i = 0; i < quanta; i++) {
    more = processor.process([[input.subarray(128 * i, 128 * (i + 1))]], [[new Float32Array(128)]]);
  }
  return more;
}

function playout(quanta: number): number[] {
  const heard: number[] = [];
  for (let i = 0; i < quanta; i++) {
    const out = new Float32Array(128);
    processor.process([], [[out]]);
    heard.push(...out);
  }
  return heard;
}

const reports = () => processor.port.sent as PlaybackReport[];

test("capture: a second of sound is 50 frames of 960 bytes", () => {
  processor = create(CAPTURE);
  expect(capture(375)).toBe(true);
  expect(processor.port.sent).toHaveLength(50);
  expect(processor.port.sent.every((frame) => (frame as ArrayBuffer).byteLength === 960)).toBe(true);
});

test("capture: no input, no frames", () => {
  processor = create(CAPTURE);
  for (let i = 0; i < 100; i++) {
    expect(processor.process([[]], [[new Float32Array(128)]])).toBe(true);
  }
  expect(processor.port.sent).toEqual([]);
});

test("capture: muted, frames stop, and begin anew", () => {
  processor = create(CAPTURE);
  capture(14);
  processor.port.tell("mute");
  capture(100);
  expect(processor.port.sent).toHaveLength(1);
  processor.port.tell("unmute");
  capture(7);
  expect(processor.port.sent).toHaveLength(1);
  capture(1);
  expect(processor.port.sent).toHaveLength(2);
});

test("capture: closed, it wants no more", () => {
  processor = create(CAPTURE);
  processor.port.tell("close");
  expect(capture(10)).toBe(false);
  expect(processor.port.sent).toEqual([]);
});

test("playout: what comes by the port is played, and told", () => {
  processor = create(PLAYOUT);
  processor.port.tell(new Int16Array(2_400).fill(16_384).buffer);
  const heard = playout(75);
  expect(Math.abs(heard.filter((x) => x > 0.45).length - 4_800)).toBeLessThanOrEqual(4);
  expect(reports().at(-1)).toEqual({ played: 2_400, dropped: 0, playing: true, flushes: 0 });
});

test("playout: flushed, it is silent after one quantum and has told it before the next", () => {
  processor = create(PLAYOUT);
  processor.port.tell(new Int16Array(24_000).fill(16_384).buffer);
  playout(75);
  processor.port.tell("flush");
  const told = reports().at(-1);
  expect(told).toMatchObject({ playing: false, flushes: 1 });
  expect((told?.played ?? 0) + (told?.dropped ?? 0)).toBe(24_000);
  playout(1);
  expect(playout(50).every((x) => x === 0)).toBe(true);
});

test("playout: closed, it is silent and wants no more", () => {
  processor = create(PLAYOUT);
  processor.port.tell(new Int16Array(24_000).fill(16_384).buffer);
  processor.port.tell("close");
  const out = new Float32Array(128);
  expect(processor.process([], [[out]])).toBe(false);
  expect(out.every((x) => x === 0)).toBe(true);
});
