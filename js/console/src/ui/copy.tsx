/** Text to take away. */

import type { JSX } from "preact";
import { useEffect, useState } from "preact/hooks";
import { announce } from "./announcer.js";
import { Button, IconButton } from "./button.js";

/** Copies `text`. `label` says what it is: "Copy key". `compact`: the icon alone. */
export function CopyButton(props: { text: string; label?: string; compact?: boolean }): JSX.Element {
  const label = props.label ?? "Copy";
  const [said, setSaid] = useState<string | null>(null);
  useEffect(() => {
    if (said === null) {
      return;
    }
    const timer = setTimeout(() => setSaid(null), 2000);
    return () => clearTimeout(timer);
  }, [said]);
  const copy = async (): Promise<void> => {
    const words = (await copyText(props.text)) ? "Copied" : "Not copied: select the text and copy it by hand";
    announce(words);
    setSaid(words);
  };
  if (props.compact) {
    return <IconButton icon={said === "Copied" ? "check" : "copy"} label={said ?? label} size="small" onClick={copy} />;
  }
  return (
    <Button icon={said === "Copied" ? "check" : "copy"} size="small" onClick={copy}>
      {said ?? label}
    </Button>
  );
}

/** A line or block of code with its copy button. */
export function Code(props: { text: string; label?: string }): JSX.Element {
  return (
    <div class="code">
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: long lines scroll, also by keyboard. */}
      <pre tabIndex={0}>
        <code>{props.text}</code>
      </pre>
      <CopyButton text={props.text} label={props.label ? `Copy ${props.label}` : "Copy"} compact />
    </div>
  );
}

/** True when it is in the clipboard. Browsers give pages without https (other than localhost) the old way only. */
export async function copyText(text: string): Promise<boolean> {
  if (navigator.clipboard) {
    try {
      await navigator.clipboard.writeText(text);
      return true;
    } catch {
      // No permission: the old way may still do.
    }
  }
  return copySelection(text);
}

function copySelection(text: string): boolean {
  const before = document.activeElement;
  const area = document.createElement("textarea");
  area.value = text;
  area.className = "sr-only";
  // Inside an open dialog nothing outside of it can be selected.
  (document.querySelector("dialog[open]") ?? document.body).append(area);
  area.select();
  const copied = document.execCommand("copy");
  area.remove();
  if (before instanceof HTMLElement) {
    before.focus();
  }
  return copied;
}
