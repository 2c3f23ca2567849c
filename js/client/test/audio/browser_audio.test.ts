import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { CAPTURE, PLAYOUT } from "../../src/audio/worklet_messages.js";
import { BrowserWorld, frame } from "./browser_world.js";

let world: BrowserWorld;

beforeEach(() => {
  world = new BrowserWorld();
});
afterEach(() => world.end());

describe("start", () => {
  test("asks for one channel, everything on unless it is switched off", async () => {
    await world.started({ constraints: { echoCancellation: false }, inputDeviceId: "desk" });
    expect(world.browser.asked).toEqual([
      {
        audio: {
          channelCount: 1,
          sampleRate: 16_000,
          echoCancellation: false,
          noiseSuppression: true,
          autoGainControl: true,
          deviceId: { exact: "desk" },
        },
      },
    ]);
  });

  test("one context, worklets at the rates of the conversation, and both ways wired to its end", async () => {
    await world.started();
    const { context } = world.browser;
    expect(world.browser.contexts).toHaveLength(1);
    expect(context.processorOptions).toMatchObject({ inputSampleRate: 16_000, outputSampleRate: 24_000 });
    expect(context.source.target).toBe(context.worklets.get(CAPTURE));
    expect(context.worklets.get(CAPTURE)?.target).toBe(context.destination);
    expect(context.worklets.get(PLAYOUT)?.target).toBe(context.gain);
    expect(context.gain.target).toBe(context.analyser);
    expect(context.analyser.target).toBe(context.destination);
    expect(world.problems).toEqual([]);
  });

  test("the worklet lies beside this package, or where the page says", async () => {
    await world.started();
    expect(world.browser.context.modules).toEqual([expect.stringMatching(/^file:.*\/audio-worklet\.js$/)]);
    await world.started({}, { workletUrl: new URL("https://example.org/sound.js") });
    expect(world.browser.context.modules).toEqual(["https://example.org/sound.js"]);
  });

  test("what was played and flushed before is played and flushed then, in its order", async () => {
    const audio = world.create();
    audio.play(new ArrayBuffer(2));
    audio.flush();
    audio.flush();
    audio.play(new ArrayBuffer(4));
    audio.setVolume(0.5);
    audio.setMuted(true);
    await audio.start();
    expect(world.browser.port(PLAYOUT).sent).toEqual([new ArrayBuffer(2), "flush", new ArrayBuffer(4)]);
    expect(world.browser.context.gain.gain.value).toBe(0.5);
    expect(world.browser.track.enabled).toBe(false);
    expect(world.browser.port(CAPTURE).sent.at(-1)).toBe("mute");
  });

  test("what waits before is bounded", async () => {
    const audio = world.create();
    for (let i = 0; i < 12; i++) {
      audio.play(new ArrayBuffer(60 * 48_000));
    }
    await audio.start();
    expect(world.browser.port(PLAYOUT).sent).toHaveLength(10);
  });
});

describe("without the worklet", () => {
  /** Runs the script processors as the browser would. */
  function run(input: Float32Array): Float32Array {
    const out = new Float32Array(2_048);
    const [capture, playout] = world.browser.context.scripts;
    capture?.onaudioprocess?.({ inputBuffer: { getChannelData: () => input } });
    playout?.onaudioprocess?.({ outputBuffer: { getChannelData: () => out } });
    return out;
  }

  test("a browser that has none: script processors do the same, and nobody is told", async () => {
    world.browser.worklet = false;
    const audio = await world.started();
    audio.play(new Int16Array(2_400).fill(16_384).buffer);
    expect(run(new Float32Array(1_024).fill(0.5)).at(-1)).toBeCloseTo(0.5, 2);
    expect(world.frames.map((pcm) => pcm.byteLength)).toEqual([640]);
    audio.flush();
    expect(world.progress.at(-1)?.dropped).toBeGreaterThan(0);
    audio.setMuted(true);
    run(new Float32Array(1_024));
    expect(world.frames).toHaveLength(1);
    await audio.close();
    expect(world.browser.silent).toBe(true);
    expect(world.problems).toEqual([]);
  });

  test("a module that cannot be loaded: the same, and told once", async () => {
    const cause = new DOMException("404", "AbortError");
    world.browser.addModule = () => Promise.reject(cause);
    await world.started();
    expect(world.browser.context.scripts).toHaveLength(2);
    expect(world.problems).toEqual([
      expect.objectContaining({ message: expect.stringContaining("workletUrl"), cause }),
    ]);
  });

  test("a module that never comes holds nobody up for long", async () => {
    world.browser.addModule = () => new Promise(() => {});
    const start = world.create().start();
    await vi.advanceTimersByTimeAsync(5_000);
    await start;
    expect(world.browser.context.scripts).toHaveLength(2);
    expect(world.problems).toHaveLength(1);
  });
});

describe("a tab that slept", () => {
  test("the context is woken when it stops, and when the page is shown again", async () => {
    await world.started();
    const { context } = world.browser;
    context.become("interrupted");
    expect(context.state).toBe("running");
    world.browser.document.visibilityState = "hidden";
    context.become("suspended");
    expect(context.state).toBe("suspended");
    world.browser.document.visibilityState = "visible";
    world.browser.document.dispatchEvent(new Event("visibilitychange"));
    expect(context.state).toBe("running");
    expect(world.problems).toEqual([]);
  });

  test("one that does not wake is told of once", async () => {
    await world.started();
    world.browser.resume = () => Promise.reject(new DOMException("no", "InvalidStateError"));
    world.browser.context.become("interrupted");
    world.browser.document.dispatchEvent(new Event("visibilitychange"));
    await vi.advanceTimersByTimeAsync(0);
    expect(world.problems).toHaveLength(1);
  });
});

describe("close", () => {
  test("gives everything back, once, whoever asks", async () => {
    const audio = await world.started();
    const port = world.browser.port(CAPTURE);
    const both = [audio.close(), audio.close()];
    await Promise.all(both);
    await audio.close();
    expect(world.browser.silent).toBe(true);
    expect(world.browser.context.closes).toBe(1);
    expect(port.sent.at(-1)).toBe("close");
    expect(world.browser.port(PLAYOUT).sent.at(-1)).toBe("close");
    expect(world.browser.context.resumed).toBe(1);
    expect(vi.getTimerCount()).toBe(0);
  });

  test("after it nothing happens any more", async () => {
    const audio = await world.started();
    await audio.close();
    audio.play(frame());
    audio.flush();
    audio.setMuted(true);
    audio.setVolume(1);
    audio.stopMicrophone();
    world.browser.track.end();
    world.browser.document.dispatchEvent(new Event("visibilitychange"));
    expect([audio.inputLevel(), audio.outputLevel()]).toEqual([0, 0]);
    expect([world.frames, world.progress, world.problems]).toEqual([[], [], []]);
    expect(world.browser.silent).toBe(true);
  });
});
