/** A short word about the state of something. */

import type { ComponentChildren, JSX } from "preact";

export type Tone = "neutral" | "ok" | "warn" | "danger" | "info" | "accent";

/** `dot` puts a point of the tone's colour before the words. */
export function Badge(props: {
  tone?: Tone | undefined;
  dot?: boolean | undefined;
  title?: string | undefined;
  children: ComponentChildren;
}): JSX.Element {
  return (
    <span class={`badge badge-${props.tone ?? "neutral"} ${props.dot ? "badge-dot" : ""}`} title={props.title}>
      {props.children}
    </span>
  );
}
