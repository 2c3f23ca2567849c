import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import type { AudioIO } from "../../src/audio/audio_io.js";
import { SpekoClientError } from "../../src/errors.js";
import type { FakeContext } from "./browser_fakes.js";
import { BrowserWorld } from "./browser_world.js";

let world: BrowserWorld;

beforeEach(() => {
  world = new BrowserWorld();
});
afterEach(() => world.end());

describe("what start cannot do", () => {
  async function failure(audio: AudioIO = world.create()): Promise<SpekoClientError> {
    const error = await audio.start().then(
      () => undefined,
      (reason: unknown) => reason,
    );
    expect(error).toBeInstanceOf(SpekoClientError);
    expect(error).toMatchObject({ code: "MICROPHONE_FAILED" });
    expect(world.browser.silent).toBe(true);
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
    world.browser.getUserMedia = () => Promise.reject(cause);
    const error = await failure();
    expect(error.message).toMatch(text);
    expect(error.cause).toBe(cause);
  });

  test("a browser whose errors are of a class of their own", async () => {
    const cause = { name: "OverconstrainedError", constraint: "deviceId" };
    world.browser.getUserMedia = () => Promise.reject(cause);
    const error = await failure();
    expect(error.message).toMatch(/Choose another one/);
    expect(error.cause).toBe(cause);
    world.browser.getUserMedia = () => Promise.reject(undefined);
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
    world.browser.resume = () => new Promise(() => {});
    const failed = failure();
    await vi.advanceTimersByTimeAsync(4_000);
    expect((await failed).message).toMatch(/call create from a click/);
    expect(world.browser.context.closes).toBe(1);
  });

  test("a context that starts late is waited for", async () => {
    world.browser.resume = () => new Promise(() => {});
    const start = world.create().start();
    await vi.advanceTimersByTimeAsync(3_000);
    world.browser.context.become("running");
    await start;
    expect(vi.getTimerCount()).toBe(0);
  });

  test("no AudioContext at all", async () => {
    vi.stubGlobal("AudioContext", undefined);
    expect((await failure()).cause).toBeInstanceOf(TypeError);
  });

  test("the graph cannot be built: everything is given back", async () => {
    const wrong = new Error("different rates");
    vi.spyOn(world.browser, "resume").mockImplementation((context: FakeContext) => {
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
    world.browser.getUserMedia = () =>
      new Promise((resolve) => {
        give = () => resolve(world.browser.stream());
      });
    const audio = world.create();
    const failed = failure(audio);
    await audio.close();
    await failed;
    give();
    await vi.advanceTimersByTimeAsync(0);
    expect(world.browser.streams).toHaveLength(1);
    expect(world.browser.silent).toBe(true);
    expect(world.problems).toEqual([]);
  });

  test("closed before: it asks for nothing", async () => {
    const audio = world.create();
    await audio.close();
    await failure(audio);
    expect(world.browser.asked).toEqual([]);
    expect(world.browser.contexts).toEqual([]);
  });
});
