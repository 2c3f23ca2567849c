/** Things to press. */

import type { ComponentChildren, JSX } from "preact";
import { Icon, type IconName } from "./icons.js";

export type ButtonKind = "primary" | "secondary" | "danger" | "quiet";

interface Pressed {
  kind?: ButtonKind | undefined;
  size?: "small" | "medium" | "large" | undefined;
  disabled?: boolean | undefined;
  type?: "button" | "submit" | undefined;
  onClick?: ((event: MouseEvent) => void) | undefined;
  /** State of a button that stays pressed. */
  pressed?: boolean | undefined;
}

/** A button with words. While `busy` it shows a spinner and does nothing, but keeps the focus. */
export function Button(props: Pressed & { icon?: IconName; busy?: boolean; children: ComponentChildren }): JSX.Element {
  return (
    <button {...shared(props, props.busy)} class={`button button-${props.kind ?? "secondary"} ${sized(props)}`}>
      {props.busy ? <span class="spinner" /> : props.icon && <Icon name={props.icon} size={16} />}
      <span>{props.children}</span>
    </button>
  );
}

/** A button with an icon alone; `label` is its name and its tooltip. */
export function IconButton(props: Pressed & { icon: IconName; label: string; busy?: boolean }): JSX.Element {
  return (
    <button
      {...shared(props, props.busy)}
      class={`button button-icon button-${props.kind ?? "quiet"} ${sized(props)}`}
      aria-label={props.label}
      title={props.label}
    >
      {props.busy ? <span class="spinner" /> : <Icon name={props.icon} />}
    </button>
  );
}

/** A link that looks like a button: for going somewhere. */
export function ButtonLink(props: {
  href: string;
  kind?: ButtonKind;
  icon?: IconName;
  children: ComponentChildren;
}): JSX.Element {
  return (
    <a href={props.href} class={`button button-${props.kind ?? "secondary"} button-medium`}>
      {props.icon && <Icon name={props.icon} size={16} />}
      <span>{props.children}</span>
    </a>
  );
}

function sized(props: Pressed): string {
  return `button-${props.size ?? "medium"}`;
}

function shared(props: Pressed, busy = false): JSX.IntrinsicElements["button"] {
  return {
    type: props.type ?? "button",
    disabled: props.disabled,
    "aria-disabled": busy || undefined,
    "aria-busy": busy || undefined,
    "aria-pressed": props.pressed,
    onClick: (event: MouseEvent) => {
      if (busy) {
        event.preventDefault();
      } else {
        props.onClick?.(event);
      }
    },
  };
}
