import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { CAPTURE, PLAYOUT } from "../../src/audio/worklet_messages.js";
import { BrowserWorld, frame } from "./browser_world.js";

let world: BrowserWorld;

beforeEach(() => {
  world = new BrowserWorld();
});
afterEach(() => world.end());

describe("the microphone", () => {
  test("frames go on, with their level", async () => {
    const audio = await world.started();
    world.browser.port(CAPTURE).receive(frame(16_384));
    expect(world.frames).toEqual([frame(16_384)]);
    expect(audio.inputLevel()).toBeCloseTo(0.5, 5);
    expect(audio.inputLevel()).toBeLessThanOrEqual(1);
  });

  test("muted: the track is off, frames stop, also one that was on its way, and the level is 0", async () => {
    const audio = await world.started();
    world.browser.port(CAPTURE).receive(frame());
    audio.setMuted(true);
    world.browser.port(CAPTURE).receive(frame());
    expect(world.frames).toHaveLength(1);
    expect(world.browser.track.enabled).toBe(false);
    expect(world.browser.port(CAPTURE).sent.at(-1)).toBe("mute");
    expect(audio.inputLevel()).toBe(0);
    audio.setMuted(false);
    world.browser.port(CAPTURE).receive(frame());
    expect(world.frames).toHaveLength(2);
    expect(world.browser.track.enabled).toBe(true);
    expect(world.browser.port(CAPTURE).sent.at(-1)).toBe("unmute");
  });

  test("stopped: no live track, no frame, and unmuting brings nothing back", async () => {
    const audio = await world.started();
    audio.stopMicrophone();
    audio.setMuted(false);
    world.browser.port(CAPTURE).receive(frame());
    expect(world.browser.track.readyState).toBe("ended");
    expect(world.browser.port(CAPTURE).sent.at(-1)).toBe("mute");
    expect(world.frames).toEqual([]);
    expect(world.problems).toEqual([]);
  });

  test("taken away in the middle: told", async () => {
    await world.started();
    world.browser.track.end();
    expect(world.problems).toEqual([expect.objectContaining({ code: "MICROPHONE_FAILED" })]);
  });
});

describe("playback", () => {
  const report = (played: number, flushes: number, playing = true) => ({ played, dropped: 0, playing, flushes });

  test("what is played belongs to the audio thread", async () => {
    const audio = await world.started();
    const pcm = frame();
    audio.play(pcm);
    expect(pcm.byteLength).toBe(0);
    expect(world.browser.port(PLAYOUT).sent).toEqual([frame()]);
  });

  test("progress carries the latency that the browser knows", async () => {
    await world.started();
    world.browser.port(PLAYOUT).receive(report(100, 0));
    expect(world.progress).toEqual([{ played: 100, dropped: 0, playing: true, latencyMs: 40 }]);
  });

  test("after a flush no report is passed on that does not know of it", async () => {
    const audio = await world.started();
    audio.flush();
    audio.flush();
    world.browser.port(PLAYOUT).receive(report(100, 0));
    world.browser.port(PLAYOUT).receive(report(110, 1, false));
    expect(world.progress).toEqual([]);
    world.browser.port(PLAYOUT).receive(report(110, 2, false));
    expect(world.progress).toHaveLength(1);
  });

  test.each([
    [0.3, 0.3],
    [-1, 0],
    [7, 1],
    [Number.NaN, 0],
  ])("volume %f is %f, without a click", async (volume, expected) => {
    const audio = await world.started();
    audio.setVolume(volume);
    expect(world.browser.context.gain.gain.setTargetAtTime).toHaveBeenCalledWith(expected, 7, 0.005);
  });

  test("its level is what leaves", async () => {
    const audio = await world.started();
    expect(audio.outputLevel()).toBe(0);
    world.browser.context.analyser.loudness = 0.25;
    expect(audio.outputLevel()).toBeCloseTo(0.25, 5);
  });

  test("a worklet that fails is told of", async () => {
    await world.started();
    world.browser.context.worklets.get(PLAYOUT)?.onprocessorerror?.();
    expect(world.problems).toHaveLength(1);
  });

  test("the chosen loudspeaker: set where the browser can, and a refusal is told", async () => {
    await world.started({ outputDeviceId: "kitchen" });
    expect(world.browser.context.sinks).toEqual(["kitchen"]);
    const cause = new DOMException("gone", "NotFoundError");
    world.browser.setSinkId = () => Promise.reject(cause);
    await world.started({ outputDeviceId: "cellar" });
    await vi.advanceTimersByTimeAsync(0);
    expect(world.problems).toEqual([expect.objectContaining({ cause })]);
    await world.started();
    expect(world.browser.context.sinks).toEqual([]);
  });

  test("a browser that cannot choose is not asked to", async () => {
    const resume = world.browser.resume;
    world.browser.resume = (context) => {
      Object.defineProperty(context, "setSinkId", { value: undefined });
      return resume(context);
    };
    await world.started({ outputDeviceId: "kitchen" });
    expect(world.problems).toEqual([]);
  });
});
