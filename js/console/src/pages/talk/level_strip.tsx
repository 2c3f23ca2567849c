/** How loud both sides are, now and in the last seconds: the user's sound upwards, the agent's downwards. */

import type { JSX } from "preact";
import { useEffect, useRef } from "preact/hooks";
import type { Talk } from "./conversation.js";
import { loudness } from "./loudness.js";
import { prefersCalm } from "./ticker.js";

/** One column stands for this long. */
const COLUMN_MS = 50;
const COLUMN_PX = 4;
const BAR_PX = 2.5;
/** What is kept, whatever the width. */
const MOST_COLUMNS = 600;

/** A picture for the eye alone: a screen reader is told in words what is going on. */
export function LevelStrip({ talk }: { talk: Talk }): JSX.Element {
  const canvas = useRef<HTMLCanvasElement>(null);
  const isLive = talk.phase.value === "live";
  useEffect(() => {
    const drawn = canvas.current;
    return drawn === null || !isLive ? undefined : follow(drawn, talk);
  }, [isLive, talk]);
  return <canvas ref={canvas} class={`level-strip ${isLive ? "" : "level-still"}`} />;
}

interface Column {
  user: number;
  agent: number;
}

/** Draws until it is told to stop. With less motion wanted, it shows the present alone, and rarely. */
function follow(canvas: HTMLCanvasElement, talk: Talk): () => void {
  const calm = prefersCalm();
  const columns: Column[] = [{ user: 0, agent: 0 }];
  let begun = performance.now();
  let frame = 0;
  const draw = (): void => {
    const now = performance.now();
    const newest = columns[0] ?? { user: 0, agent: 0 };
    newest.user = Math.max(newest.user, loudness(talk.inputLevel()));
    newest.agent = Math.max(newest.agent, loudness(talk.outputLevel()));
    const isFull = now - begun >= (calm ? 5 * COLUMN_MS : COLUMN_MS);
    if (!calm || isFull) paint(canvas, calm ? columns.slice(0, 1) : columns, (now - begun) / COLUMN_MS, calm);
    if (isFull) {
      begun = now;
      columns.unshift({ user: 0, agent: 0 });
      columns.length = Math.min(columns.length, MOST_COLUMNS);
    }
    frame = requestAnimationFrame(draw);
  };
  draw();
  return () => {
    cancelAnimationFrame(frame);
    canvas.getContext("2d")?.clearRect(0, 0, canvas.width, canvas.height);
  };
}

function paint(canvas: HTMLCanvasElement, columns: readonly Column[], shift: number, calm: boolean): void {
  const context = canvas.getContext("2d");
  if (context === null) return;
  const scale = devicePixelRatio;
  const { clientWidth: width, clientHeight: height } = canvas;
  if (canvas.width !== Math.round(width * scale) || canvas.height !== Math.round(height * scale)) {
    canvas.width = Math.round(width * scale);
    canvas.height = Math.round(height * scale);
  }
  const colours = getComputedStyle(canvas);
  context.setTransform(scale, 0, 0, scale, 0, 0);
  context.clearRect(0, 0, width, height);
  const middle = height / 2;
  const each = (colour: string, bar: (column: Column, x: number) => [y: number, height: number]): void => {
    context.fillStyle = colour;
    columns.forEach((column, index) => {
      const x = calm ? 0 : width - (index + Math.min(1, shift)) * COLUMN_PX;
      const [y, tall] = bar(column, x);
      if (x > -COLUMN_PX) context.fillRect(x, y, calm ? width : BAR_PX, tall);
    });
  };
  each(colours.color, ({ user }) => [middle - 1 - user * (middle - 2), Math.max(1, user * (middle - 2))]);
  each(colours.borderTopColor, ({ agent }) => [middle + 1, Math.max(1, agent * (middle - 2))]);
}
