/** Drawing again while something moves. */

import { useEffect, useReducer } from "preact/hooks";

const CALM_MS = 250;

/** Whether the reader has asked the system for less motion. */
export function prefersCalm(): boolean {
  return matchMedia("(prefers-reduced-motion: reduce)").matches;
}

/** Renders the component anew for each frame that is drawn, or four times a second where less motion is wanted. */
export function useTicker(active: boolean): void {
  const [, again] = useReducer((count: number) => count + 1, 0);
  useEffect(() => {
    if (!active) return;
    if (prefersCalm()) {
      const timer = setInterval(() => again(undefined), CALM_MS);
      return () => clearInterval(timer);
    }
    let frame = requestAnimationFrame(function draw() {
      again(undefined);
      frame = requestAnimationFrame(draw);
    });
    return () => cancelAnimationFrame(frame);
  }, [active]);
}
