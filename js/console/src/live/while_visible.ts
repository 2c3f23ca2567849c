/** Doing something again and again, as long as somebody can see it. */

import { useEffect, useRef } from "preact/hooks";

/** What is needed of a `document`. */
export type Visibility = Pick<Document, "visibilityState" | "addEventListener" | "removeEventListener">;

/** Calls `tick` every so many ms while the page is shown, and at once when it is shown again. Returns what ends it. */
export function whileVisible(page: Visibility, everyMs: number, tick: () => void): () => void {
  let timer: ReturnType<typeof setInterval> | undefined;
  const pause = (): void => {
    clearInterval(timer);
    timer = undefined;
  };
  const resume = (): void => {
    pause();
    timer = setInterval(tick, everyMs);
  };
  const follow = (): void => {
    if (page.visibilityState !== "visible") {
      pause();
    } else if (timer === undefined) {
      tick();
      resume();
    }
  };
  page.addEventListener("visibilitychange", follow);
  if (page.visibilityState === "visible") {
    resume();
  }
  return () => {
    page.removeEventListener("visibilitychange", follow);
    pause();
  };
}

/** `whileVisible` for as long as a component is there and `on` holds. */
export function useWhileVisible(tick: () => void, everyMs: number, on: boolean): void {
  const latest = useRef(tick);
  latest.current = tick;
  useEffect(() => (on ? whileVisible(document, everyMs, () => latest.current()) : undefined), [on, everyMs]);
}
