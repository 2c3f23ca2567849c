import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { whileVisible } from "../../src/live/while_visible.js";

class FakePage extends EventTarget {
  visibilityState: DocumentVisibilityState = "visible";

  turn(state: DocumentVisibilityState): void {
    this.visibilityState = state;
    this.dispatchEvent(new Event("visibilitychange"));
  }
}

beforeEach(() => vi.useFakeTimers());
afterEach(() => vi.useRealTimers());

function started(page: FakePage): { ticks: () => number; stop: () => void } {
  const tick = vi.fn();
  return { stop: whileVisible(page, 1000, tick), ticks: () => tick.mock.calls.length };
}

it("ticks while the page is shown", () => {
  const { ticks } = started(new FakePage());
  expect(ticks()).toBe(0);
  vi.advanceTimersByTime(3000);
  expect(ticks()).toBe(3);
});

it("stands still while it is hidden, and makes up for it at once", () => {
  const page = new FakePage();
  const { ticks } = started(page);
  page.turn("hidden");
  vi.advanceTimersByTime(60_000);
  expect(ticks()).toBe(0);
  page.turn("visible");
  expect(ticks()).toBe(1);
  vi.advanceTimersByTime(1000);
  expect(ticks()).toBe(2);
});

it("does not run twice when it is told twice that the page is shown", () => {
  const page = new FakePage();
  const { ticks } = started(page);
  page.turn("visible");
  vi.advanceTimersByTime(1000);
  expect(ticks()).toBe(1);
});

it("begins hidden", () => {
  const page = new FakePage();
  page.visibilityState = "hidden";
  const { ticks } = started(page);
  vi.advanceTimersByTime(5000);
  expect(ticks()).toBe(0);
});

it("ends for good", () => {
  const page = new FakePage();
  const { ticks, stop } = started(page);
  stop();
  page.turn("hidden");
  page.turn("visible");
  vi.advanceTimersByTime(5000);
  expect(ticks()).toBe(0);
  expect(vi.getTimerCount()).toBe(0);
});
