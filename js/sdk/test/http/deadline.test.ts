import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { Deadline } from "../../src/http/deadline.js";
import { rejection } from "../support/gateway.js";

describe("Deadline", () => {
  beforeEach(() => {
    vi.useFakeTimers();
  });
  afterEach(() => {
    vi.useRealTimers();
  });

  it("aborts with an AbortError when its time is over", () => {
    const deadline = new Deadline(100);
    vi.advanceTimersByTime(99);
    expect(deadline.signal.aborted).toBe(false);
    vi.advanceTimersByTime(1);
    expect(deadline.signal.reason).toMatchObject({ name: "AbortError", message: "Not done within 100 ms." });
  });

  it("follows the caller's signal, with its reason", () => {
    const caller = new AbortController();
    const deadline = new Deadline(100, caller.signal);
    caller.abort(new Error("enough"));
    expect(deadline.signal.reason).toMatchObject({ message: "enough" });
  });

  it("is over at once when the caller has aborted already", async () => {
    const deadline = new Deadline(100, AbortSignal.abort());
    expect(deadline.signal.reason).toMatchObject({ name: "AbortError" });
    expect(vi.getTimerCount()).toBe(0);
    expect(await rejection(deadline.race(new Promise(() => {})))).toMatchObject({ name: "AbortError" });
  });

  it("leaves nothing behind", () => {
    const caller = new AbortController();
    const deadline = new Deadline(100, caller.signal);
    deadline.end();
    expect(vi.getTimerCount()).toBe(0);
    caller.abort();
    expect(deadline.signal.aborted).toBe(false);
  });

  it("starts again, and stands still", () => {
    const deadline = new Deadline(100);
    vi.advanceTimersByTime(99);
    deadline.restart();
    vi.advanceTimersByTime(99);
    deadline.pause();
    vi.advanceTimersByTime(1000);
    expect(deadline.signal.aborted).toBe(false);
    deadline.restart();
    vi.advanceTimersByTime(100);
    expect(deadline.signal.aborted).toBe(true);
  });

  it.each([Number.POSITIVE_INFINITY, 2 ** 31])("does not take %s for no time", (forever) => {
    const deadline = new Deadline(forever);
    vi.advanceTimersByTime(60_000);
    expect(deadline.signal.aborted).toBe(false);
    expect(vi.getTimerCount()).toBe(0);
  });

  it("gives up on work that does not heed the signal", async () => {
    const deadline = new Deadline(100);
    const outcome = rejection(deadline.race(new Promise(() => {})));
    vi.advanceTimersByTime(100);
    expect(await outcome).toMatchObject({ name: "AbortError" });
  });

  it("lets work be done, and fail, in time", async () => {
    const deadline = new Deadline(100);
    expect(await deadline.race(Promise.resolve(7))).toBe(7);
    expect(await rejection(deadline.race(Promise.reject(new Error("no"))))).toMatchObject({ message: "no" });
    deadline.end();
  });
});
