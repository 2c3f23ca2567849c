/** What plots have round their marks: lines at the ticks of the upright axis, and a box with the details of a mark. */

import type { ComponentChildren, JSX } from "preact";
import { useEffect, useRef } from "preact/hooks";
import type { Scale } from "./scale.js";

/** A line across the field at each tick, with its value before it. */
export function Levels(props: {
  scale: Scale;
  left: number;
  right: number;
  text: (value: number) => string;
}): JSX.Element {
  const { scale, left, right, text } = props;
  return (
    <>
      {scale.ticks.map((value) => (
        <g key={value}>
          <line x1={left} x2={right} y1={scale.place(value)} y2={scale.place(value)} />
          <text x={left - 8} y={scale.place(value) + 4} text-anchor="end">
            {text(value)}
          </text>
        </g>
      ))}
    </>
  );
}

/** Beside a place in a plot of that width, on the side where there is room. */
export function Details(props: {
  x: number;
  y: number;
  width: number;
  end: "above" | "below";
  title: ComponentChildren;
  children: ComponentChildren;
}): JSX.Element {
  const { x, y, width, end } = props;
  const box = useRef<HTMLDivElement>(null);
  useEffect(() => {
    const style = box.current?.style;
    // By script: the page's policy allows no style attribute.
    style?.setProperty("left", `${x}px`);
    style?.setProperty("top", `${y}px`);
  }, [x, y]);
  const side = x > width / 2 ? "left" : "right";
  return (
    <div ref={box} class={`plot-details plot-details-${side} plot-details-${end}`} aria-hidden="true">
      <strong>{props.title}</strong>
      <dl>{props.children}</dl>
    </div>
  );
}
