/** Tabs with one stop in the tab order: the arrow keys go from one to the next. */

import type { ComponentChildren, JSX } from "preact";
import { useEffect, useId, useRef } from "preact/hooks";

export interface Tab {
  id: string;
  label: ComponentChildren;
}

/** The panel of the selected tab is `children`. */
export function Tabs(props: {
  label: string;
  tabs: readonly Tab[];
  selected: string;
  onSelect: (id: string) => void;
  children: ComponentChildren;
}): JSX.Element {
  const id = useId();
  const list = useRef<HTMLDivElement>(null);
  useEffect(() => {
    const shown = list.current;
    if (shown === null) return;
    const observer = new ResizeObserver(() => showSelected(shown));
    // It is told at once, too.
    observer.observe(shown);
    return () => observer.disconnect();
  }, [props.selected]);
  const move = (event: KeyboardEvent): void => {
    const at = props.tabs.findIndex((tab) => tab.id === props.selected);
    const next = props.tabs[tabAfter(event.key, at, props.tabs.length)];
    if (next) {
      event.preventDefault();
      props.onSelect(next.id);
      list.current?.querySelector<HTMLElement>(`[data-tab="${CSS.escape(next.id)}"]`)?.focus();
    }
  };
  return (
    <div class="tabs">
      <div class="tablist" role="tablist" aria-label={props.label} ref={list}>
        {props.tabs.map((tab) => (
          <button
            key={tab.id}
            type="button"
            role="tab"
            id={`${id}-tab-${tab.id}`}
            data-tab={tab.id}
            aria-selected={tab.id === props.selected}
            aria-controls={`${id}-panel`}
            tabIndex={tab.id === props.selected ? 0 : -1}
            onClick={() => props.onSelect(tab.id)}
            onKeyDown={move}
          >
            {tab.label}
          </button>
        ))}
      </div>
      <div class="tabpanel" role="tabpanel" id={`${id}-panel`} aria-labelledby={`${id}-tab-${props.selected}`}>
        {props.children}
      </div>
    </div>
  );
}

/** Where the tabs are wider than their place, the whole of the selected one comes into sight. The page itself stays. */
function showSelected(list: HTMLElement): void {
  const tab = list.querySelector<HTMLElement>("[aria-selected='true']");
  if (tab === null) return;
  const [own, inside] = [tab.getBoundingClientRect(), list.getBoundingClientRect()];
  if (own.left < inside.left) list.scrollLeft -= inside.left - own.left;
  else if (own.right > inside.right) list.scrollLeft += own.right - inside.right;
}

/** The tab that a key goes to; -1 for any other key. */
export function tabAfter(key: string, at: number, count: number): number {
  switch (key) {
    case "ArrowRight":
      return (at + 1) % count;
    case "ArrowLeft":
      return (at - 1 + count) % count;
    case "Home":
      return 0;
    case "End":
      return count - 1;
    default:
      return -1;
  }
}
