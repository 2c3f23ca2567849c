import { afterEach, expect, it, vi } from "vitest";
import { notify } from "../../src/conversation/notifier.js";

afterEach(() => vi.unstubAllGlobals());

it("calls what is there, and nothing else", () => {
  const callbacks: { onA?: (value: number) => void; onB?: (value: number) => void } = { onA: vi.fn() };
  notify(callbacks, "onA", 7);
  notify(callbacks, "onB", 8);
  expect(callbacks.onA).toHaveBeenCalledWith(7);
});

it("throws what a callback threw where the page sees it, and not here", () => {
  vi.stubGlobal("reportError", undefined);
  const later = vi.fn();
  vi.stubGlobal("queueMicrotask", later);
  const error = new Error("mine");
  const callbacks = {
    onA: (_: number) => {
      throw error;
    },
  };
  notify(callbacks, "onA", 1);
  expect(later.mock.calls[0]?.[0]).toThrow(error);
});
