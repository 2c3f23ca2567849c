/** The parts of a page. */

import type { ComponentChildren, JSX } from "preact";
import { useId } from "preact/hooks";

/** A page: its heading takes the focus when the reader comes to it. */
export function Page(props: {
  title: string;
  description?: ComponentChildren;
  actions?: ComponentChildren;
  /** `full` takes the whole width: pictures and wide tables. */
  width?: "normal" | "full";
  children: ComponentChildren;
}): JSX.Element {
  return (
    <div class={`page page-${props.width ?? "normal"}`}>
      <header class="page-head">
        <div>
          <h1 tabIndex={-1}>{props.title}</h1>
          {props.description && <p class="page-description">{props.description}</p>}
        </div>
        {props.actions && <div class="actions">{props.actions}</div>}
      </header>
      {props.children}
    </div>
  );
}

/** A box with a heading. `flush`: its content reaches its edges (tables). */
export function Panel(props: {
  title?: string | undefined;
  description?: ComponentChildren;
  actions?: ComponentChildren;
  flush?: boolean | undefined;
  children: ComponentChildren;
}): JSX.Element {
  const id = useId();
  return (
    <section class={`panel ${props.flush ? "panel-flush" : ""}`} aria-labelledby={props.title ? id : undefined}>
      {(props.title || props.actions) && (
        <header class="panel-head">
          <div>
            {props.title && <h2 id={id}>{props.title}</h2>}
            {props.description && <p class="panel-description">{props.description}</p>}
          </div>
          {props.actions && <div class="actions">{props.actions}</div>}
        </header>
      )}
      <div class="panel-body">{props.children}</div>
    </section>
  );
}

/** Something that can be unfolded. */
export function Fold(props: {
  summary: ComponentChildren;
  open?: boolean | undefined;
  onToggle?: ((open: boolean) => void) | undefined;
  children: ComponentChildren;
}): JSX.Element {
  return (
    <details class="fold" open={props.open} onToggle={(event) => props.onToggle?.(event.currentTarget.open)}>
      <summary>{props.summary}</summary>
      <div class="fold-body">{props.children}</div>
    </details>
  );
}
