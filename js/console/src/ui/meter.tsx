/** How loud something is. */

import type { JSX } from "preact";
import { useEffect, useRef } from "preact/hooks";

/**
 * A bar that follows `level()` (0…1, linear RMS) once per drawn frame, without rendering anything anew. For the eye
 * only: a screen reader gains nothing from a bar that moves all the time.
 */
export function Meter(props: { level: () => number; tone?: "user" | "agent" }): JSX.Element {
  const bar = useRef<HTMLSpanElement>(null);
  useEffect(() => {
    let shown = 0;
    let frame = requestAnimationFrame(function draw() {
      const target = loudness(props.level());
      // Up at once, down slowly: a bar that falls as fast as speech does only flickers.
      shown = target > shown ? target : Math.max(target, shown - 0.04);
      bar.current?.style.setProperty("transform", `scaleX(${shown.toFixed(3)})`);
      frame = requestAnimationFrame(draw);
    });
    return () => cancelAnimationFrame(frame);
  }, [props.level]);
  return (
    <span class={`meter meter-${props.tone ?? "user"}`} aria-hidden="true">
      <span ref={bar} />
    </span>
  );
}

/** Linear level to the share of the bar: -60 dBFS is empty, 0 dBFS is full. */
export function loudness(level: number): number {
  return level > 0 ? Math.min(1, Math.max(0, 1 + (20 * Math.log10(level)) / 60)) : 0;
}
