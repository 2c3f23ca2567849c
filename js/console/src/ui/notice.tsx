/** Words that the reader should not miss, and places where there is nothing to read yet. */

import type { ComponentChildren, JSX } from "preact";
import { Icon, type IconName } from "./icons.js";

const NOTICES = {
  info: { icon: "info", role: "note" },
  ok: { icon: "check", role: "status" },
  warn: { icon: "alert", role: "status" },
  error: { icon: "alert", role: "alert" },
} as const;

/** A message in the page. Errors are read at once, warnings when the reader pauses. */
export function Notice(props: {
  tone?: keyof typeof NOTICES | undefined;
  title?: string | undefined;
  children: ComponentChildren;
  action?: ComponentChildren;
}): JSX.Element {
  const tone = props.tone ?? "info";
  return (
    <div class={`notice notice-${tone}`} role={NOTICES[tone].role}>
      <Icon name={NOTICES[tone].icon} />
      <div class="notice-words">
        {props.title && <strong>{props.title}</strong>}
        <div>{props.children}</div>
      </div>
      {props.action && <div class="notice-action">{props.action}</div>}
    </div>
  );
}

/** Nothing here yet: what would be here, and how to get it. */
export function Empty(props: {
  icon?: IconName | undefined;
  title: string;
  children?: ComponentChildren;
  action?: ComponentChildren;
}): JSX.Element {
  return (
    <div class="empty">
      {props.icon && <Icon name={props.icon} size={32} />}
      <p class="empty-title">{props.title}</p>
      {props.children && <div class="empty-words">{props.children}</div>}
      {props.action && <div class="actions">{props.action}</div>}
    </div>
  );
}

/** Something is under way. */
export function Spinner({ label = "Loading" }: { label?: string }): JSX.Element {
  return (
    <span class="spinner-line" role="status">
      <span class="spinner" />
      <span>{label}…</span>
    </span>
  );
}

/** Grey lines in place of words that are on their way. */
export function Skeleton({ lines = 3, label = "Loading" }: { lines?: number; label?: string }): JSX.Element {
  return (
    <div class="skeleton" role="status">
      <span class="sr-only">{label}…</span>
      {Array.from({ length: lines }, (_, index) => (
        <span key={index} class="skeleton-line" />
      ))}
    </div>
  );
}
