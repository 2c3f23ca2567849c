import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import type { AudioIO, AudioSettings, PlaybackProgress } from "../../src/audio/audio_io.js";
import { type BrowserAudioOptions, createBrowserAudio } from "../../src/audio/browser_audio.js";
import { CAPTURE, PLAYOUT } from "../../src/audio/worklet_messages.js";
import { SpekoClientError } from "../../src/errors.js";
import { FakeBrowser, type FakeContext } from "./browser_fakes.js";

let browser: FakeBrowser;
let frames: ArrayBuffer[];
let progress: PlaybackProgress[];
let problems: Error[];

function create(settings: Partial<AudioSettings> = {}, options: BrowserAudioOptions = {}): AudioIO {
  return createBrowserAudio(options)(
    { inputSampleRate: 16_000, outputSampleRate: 24_000, constraints: {}, ...settings },
    {
      onFrame: (pcm) => frames.push(pcm),
      onProgress: (one) => progress.push(one),
      onProblem: (error) => problems.push(error),
    },
  );
}

async function started(settings?: Partial<AudioSettings>, options?: BrowserAudioOptions): Promise<AudioIO> {
  const audio = create(settings, options);
  await audio.start();
  return audio;
}

const frame = (value = 1_000) => new Int16Array(320).fill(value).buffer;

beforeEach(() => {
  vi.useFakeTimers();
  browser = new FakeBrowser();
  browser.install();
  frames = [];
  progress = [];
  problems = [];
});

afterEach(() => {
  vi.unstubAllGlobals();
  vi.useRealTimers();
});

describe("start", () => {
  test("asks for one channel, everything on unless it is switched off", async () => {
    await started({ constraints: { echoCancellation: false }, inputDeviceId: "desk" });
    expect(browser.asked).toEqual([
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
    await started();
    const { context } = browser;
    expect(browser.contexts).toHaveLength(1);
    expect(context.processorOptions).toMatchObject({ inputSampleRate: 16_000, outputSampleRate: 24_000 });
    expect(context.source.target).toBe(context.worklets.get(CAPTURE));
    expect(context.worklets.get(CAPTURE)?.target).toBe(context.destination);
    expect(context.worklets.get(PLAYOUT)?.target).toBe(context.gain);
    expect(context.gain.target).toBe(context.analyser);
    expect(context.analyser.target).toBe(context.destination);
    expect(problems).toEqual([]);
  });

  test("the worklet lies beside this package, or where the page says", async () => {
    await started();
    expect(browser.context.modules).toEqual([expect.stringMatching(/^file:.*\/audio-worklet\.js$/)]);
    await started({}, { workletUrl: new URL("https://example.org/sound.js") });
    expect(browser.context.modules).toEqual(["https://example.org/sound.js"]);
  });

  test("what was played and flushed before is played and flushed then, in its order", async () => {
    const audio = create();
    audio.play(new ArrayBuffer(2));
    audio.flush();
    audio.flush();
    audio.play(new ArrayBuffer(4));
    audio.setVolume(0.5);
    audio.setMuted(true);
    await audio.start();
    expect(browser.port(PLAYOUT).sent).toEqual([new ArrayBuffer(2), "flush", new ArrayBuffer(4)]);
    expect(browser.context.gain.gain.value).toBe(0.5);
    expect(browser.track.enabled).toBe(false);
    expect(browser.port(CAPTURE).sent.at(-1)).toBe("mute");
  });

  test("what waits before is bounded", async () => {
    const audio = create();
    for (let i = 0; i < 12; i++) {
      audio.play(new ArrayBuffer(60 * 48_000));
    }
    await audio.start();
    expect(browser.port(PLAYOUT).sent).toHaveLength(10);
  });
});

describe("what start cannot do", () => {
  async function failure(audio: AudioIO = create()): Promise<SpekoClientError> {
    const error = await audio.start().then(
      () => undefined,
      (reason: unknown) => reason,
    );
    expect(error).toBeInstanceOf(SpekoClientError);
    expect(error).toMatchObject({ code: "MICROPHONE_FAILED" });
    expect(browser.silent).toBe(true);
    return error as SpekoClientError;
  }

  test.each([
    ["NotAllowedError", /refused.*Allow it/],
    ["NotFoundError", /no microphone.*Connect/],
    ["NotReadableError", /Another program/],
    ["OverconstrainedError", /Choose another one/],
    ["AbortError", /could not be started/],
    ["SecurityError", /forbid/],
    ["TypeError", /could not be opened/],
  ])("%s: the text says what to do, the cause is the browser's", async (name, text) => {
    const cause = new DOMException("words of the browser", name);
    browser.getUserMedia = () => Promise.reject(cause);
    const error = await failure();
    expect(error.message).toMatch(text);
    expect(error.cause).toBe(cause);
  });

  test("a browser whose errors are of a class of their own", async () => {
    const cause = { name: "OverconstrainedError", constraint: "deviceId" };
    browser.getUserMedia = () => Promise.reject(cause);
    const error = await failure();
    expect(error.message).toMatch(/Choose another one/);
    expect(error.cause).toBe(cause);
    browser.getUserMedia = () => Promise.reject(undefined);
    expect((await failure()).message).toMatch(/could not be opened/);
  });

  test("a page that is not secure is told of https", async () => {
    vi.stubGlobal("navigator", {});
    vi.stubGlobal("isSecureContext", false);
    expect((await failure()).message).toMatch(/https/);
    vi.stubGlobal("isSecureContext", true);
    expect((await failure()).message).toMatch(/newer/);
  });

  test("a context that waits for a gesture: rejected in time, with the cure", async () => {
    browser.resume = () => new Promise(() => {});
    const failed = failure();
    await vi.advanceTimersByTimeAsync(4_000);
    expect((await failed).message).toMatch(/call create from a click/);
    expect(browser.context.closes).toBe(1);
  });

  test("a context that starts late is waited for", async () => {
    browser.resume = () => new Promise(() => {});
    const start = create().start();
    await vi.advanceTimersByTimeAsync(3_000);
    browser.context.become("running");
    await start;
    expect(vi.getTimerCount()).toBe(0);
  });

  test("no AudioContext at all", async () => {
    vi.stubGlobal("AudioContext", undefined);
    expect((await failure()).cause).toBeInstanceOf(TypeError);
  });

  test("the graph cannot be built: everything is given back", async () => {
    const wrong = new Error("different rates");
    vi.spyOn(browser, "resume").mockImplementation((context: FakeContext) => {
      context.createMediaStreamSource = () => {
        throw wrong;
      };
      context.become("running");
      return Promise.resolve();
    });
    expect((await failure()).cause).toBe(wrong);
  });

  test("closed while the user is being asked: rejected at once, and what is given later is given back", async () => {
    let give: () => void = () => {};
    browser.getUserMedia = () =>
      new Promise((resolve) => {
        give = () => resolve(browser.stream());
      });
    const audio = create();
    const failed = failure(audio);
    await audio.close();
    await failed;
    give();
    await vi.advanceTimersByTimeAsync(0);
    expect(browser.streams).toHaveLength(1);
    expect(browser.silent).toBe(true);
    expect(problems).toEqual([]);
  });

  test("closed before: it asks for nothing", async () => {
    const audio = create();
    await audio.close();
    await failure(audio);
    expect(browser.asked).toEqual([]);
    expect(browser.contexts).toEqual([]);
  });
});

describe("without the worklet", () => {
  /** Runs the script processors as the browser would. */
  function run(input: Float32Array): Float32Array {
    const out = new Float32Array(2_048);
    const [capture, playout] = browser.context.scripts;
    capture?.onaudioprocess?.({ inputBuffer: { getChannelData: () => input } });
    playout?.onaudioprocess?.({ outputBuffer: { getChannelData: () => out } });
    return out;
  }

  test("a browser that has none: script processors do the same, and nobody is told", async () => {
    browser.worklet = false;
    const audio = await started();
    audio.play(new Int16Array(2_400).fill(16_384).buffer);
    expect(run(new Float32Array(1_024).fill(0.5)).at(-1)).toBeCloseTo(0.5, 2);
    expect(frames.map((pcm) => pcm.byteLength)).toEqual([640]);
    audio.flush();
    expect(progress.at(-1)?.dropped).toBeGreaterThan(0);
    audio.setMuted(true);
    run(new Float32Array(1_024));
    expect(frames).toHaveLength(1);
    await audio.close();
    expect(browser.silent).toBe(true);
    expect(problems).toEqual([]);
  });

  test("a module that cannot be loaded: the same, and told once", async () => {
    const cause = new DOMException("404", "AbortError");
    browser.addModule = () => Promise.reject(cause);
    await started();
    expect(browser.context.scripts).toHaveLength(2);
    expect(problems).toEqual([expect.objectContaining({ message: expect.stringContaining("workletUrl"), cause })]);
  });

  test("a module that never comes holds nobody up for long", async () => {
    browser.addModule = () => new Promise(() => {});
    const start = create().start();
    await vi.advanceTimersByTimeAsync(5_000);
    await start;
    expect(browser.context.scripts).toHaveLength(2);
    expect(problems).toHaveLength(1);
  });
});

describe("the microphone", () => {
  test("frames go on, with their level", async () => {
    const audio = await started();
    browser.port(CAPTURE).receive(frame(16_384));
    expect(frames).toEqual([frame(16_384)]);
    expect(audio.inputLevel()).toBeCloseTo(0.5, 5);
    expect(audio.inputLevel()).toBeLessThanOrEqual(1);
  });

  test("muted: the track is off, frames stop, also one that was on its way, and the level is 0", async () => {
    const audio = await started();
    browser.port(CAPTURE).receive(frame());
    audio.setMuted(true);
    browser.port(CAPTURE).receive(frame());
    expect(frames).toHaveLength(1);
    expect(browser.track.enabled).toBe(false);
    expect(browser.port(CAPTURE).sent.at(-1)).toBe("mute");
    expect(audio.inputLevel()).toBe(0);
    audio.setMuted(false);
    browser.port(CAPTURE).receive(frame());
    expect(frames).toHaveLength(2);
    expect(browser.track.enabled).toBe(true);
    expect(browser.port(CAPTURE).sent.at(-1)).toBe("unmute");
  });

  test("stopped: no live track, no frame, and unmuting brings nothing back", async () => {
    const audio = await started();
    audio.stopMicrophone();
    audio.setMuted(false);
    browser.port(CAPTURE).receive(frame());
    expect(browser.track.readyState).toBe("ended");
    expect(browser.port(CAPTURE).sent.at(-1)).toBe("mute");
    expect(frames).toEqual([]);
    expect(problems).toEqual([]);
  });

  test("taken away in the middle: told", async () => {
    await started();
    browser.track.end();
    expect(problems).toEqual([expect.objectContaining({ code: "MICROPHONE_FAILED" })]);
  });
});

describe("playback", () => {
  const report = (played: number, flushes: number, playing = true) => ({ played, dropped: 0, playing, flushes });

  test("what is played belongs to the audio thread", async () => {
    const audio = await started();
    const pcm = frame();
    audio.play(pcm);
    expect(pcm.byteLength).toBe(0);
    expect(browser.port(PLAYOUT).sent).toEqual([frame()]);
  });

  test("progress carries the latency that the browser knows", async () => {
    await started();
    browser.port(PLAYOUT).receive(report(100, 0));
    expect(progress).toEqual([{ played: 100, dropped: 0, playing: true, latencyMs: 40 }]);
  });

  test("after a flush no report is passed on that does not know of it", async () => {
    const audio = await started();
    audio.flush();
    audio.flush();
    browser.port(PLAYOUT).receive(report(100, 0));
    browser.port(PLAYOUT).receive(report(110, 1, false));
    expect(progress).toEqual([]);
    browser.port(PLAYOUT).receive(report(110, 2, false));
    expect(progress).toHaveLength(1);
  });

  test.each([
    [0.3, 0.3],
    [-1, 0],
    [7, 1],
    [Number.NaN, 0],
  ])("volume %f is %f, without a click", async (volume, expected) => {
    const audio = await started();
    audio.setVolume(volume);
    expect(browser.context.gain.gain.setTargetAtTime).toHaveBeenCalledWith(expected, 7, 0.005);
  });

  test("its level is what leaves", async () => {
    const audio = await started();
    expect(audio.outputLevel()).toBe(0);
    browser.context.analyser.loudness = 0.25;
    expect(audio.outputLevel()).toBeCloseTo(0.25, 5);
  });

  test("a worklet that fails is told of", async () => {
    await started();
    browser.context.worklets.get(PLAYOUT)?.onprocessorerror?.();
    expect(problems).toHaveLength(1);
  });

  test("the chosen loudspeaker: set where the browser can, and a refusal is told", async () => {
    await started({ outputDeviceId: "kitchen" });
    expect(browser.context.sinks).toEqual(["kitchen"]);
    const cause = new DOMException("gone", "NotFoundError");
    browser.setSinkId = () => Promise.reject(cause);
    await started({ outputDeviceId: "cellar" });
    await vi.advanceTimersByTimeAsync(0);
    expect(problems).toEqual([expect.objectContaining({ cause })]);
    await started();
    expect(browser.context.sinks).toEqual([]);
  });

  test("a browser that cannot choose is not asked to", async () => {
    const resume = browser.resume;
    browser.resume = (context) => {
      Object.defineProperty(context, "setSinkId", { value: undefined });
      return resume(context);
    };
    await started({ outputDeviceId: "kitchen" });
    expect(problems).toEqual([]);
  });
});

describe("a tab that slept", () => {
  test("the context is woken when it stops, and when the page is shown again", async () => {
    await started();
    const { context } = browser;
    context.become("interrupted");
    expect(context.state).toBe("running");
    browser.document.visibilityState = "hidden";
    context.become("suspended");
    expect(context.state).toBe("suspended");
    browser.document.visibilityState = "visible";
    browser.document.dispatchEvent(new Event("visibilitychange"));
    expect(context.state).toBe("running");
    expect(problems).toEqual([]);
  });

  test("one that does not wake is told of once", async () => {
    await started();
    browser.resume = () => Promise.reject(new DOMException("no", "InvalidStateError"));
    browser.context.become("interrupted");
    browser.document.dispatchEvent(new Event("visibilitychange"));
    await vi.advanceTimersByTimeAsync(0);
    expect(problems).toHaveLength(1);
  });
});

describe("close", () => {
  test("gives everything back, once, whoever asks", async () => {
    const audio = await started();
    const port = browser.port(CAPTURE);
    const both = [audio.close(), audio.close()];
    await Promise.all(both);
    await audio.close();
    expect(browser.silent).toBe(true);
    expect(browser.context.closes).toBe(1);
    expect(port.sent.at(-1)).toBe("close");
    expect(browser.port(PLAYOUT).sent.at(-1)).toBe("close");
    expect(browser.context.resumed).toBe(1);
    expect(vi.getTimerCount()).toBe(0);
  });

  test("after it nothing happens any more", async () => {
    const audio = await started();
    await audio.close();
    audio.play(frame());
    audio.flush();
    audio.setMuted(true);
    audio.setVolume(1);
    audio.stopMicrophone();
    browser.track.end();
    browser.document.dispatchEvent(new Event("visibilitychange"));
    expect([audio.inputLevel(), audio.outputLevel()]).toEqual([0, 0]);
    expect([frames, progress, problems]).toEqual([[], [], []]);
    expect(browser.silent).toBe(true);
  });
});
