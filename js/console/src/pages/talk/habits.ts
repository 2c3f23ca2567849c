/** Keys and leaving. */

import { useEffect } from "preact/hooks";
import { announce } from "../../ui/index.js";
import type { Talk } from "./conversation.js";

/** M mutes, unless something is being typed or a dialog is open. */
export function useMuteKey(talk: Talk): void {
  useEffect(() => {
    const press = (event: KeyboardEvent): void => {
      const isPlain = !(event.ctrlKey || event.metaKey || event.altKey || event.repeat);
      if (!isPlain || event.key.toLowerCase() !== "m" || isTyping(event.target)) return;
      if (document.querySelector("dialog[open]") !== null) return;
      talk.mute(!talk.muted.value);
      announce(talk.muted.value ? "Microphone muted" : "Microphone on");
    };
    addEventListener("keydown", press);
    return () => removeEventListener("keydown", press);
  }, [talk]);
}

/** Whoever leaves the page ends the conversation: nobody is to be listened to without seeing it. */
export function useLeaving(talk: Talk): void {
  useEffect(() => {
    const leave = (): void => {
      if (talk.phase.value !== "idle") void talk.stop();
    };
    addEventListener("pagehide", leave);
    return () => {
      removeEventListener("pagehide", leave);
      leave();
    };
  }, [talk]);
}

function isTyping(target: EventTarget | null): boolean {
  return target instanceof HTMLElement && target.matches("input, textarea, select, [contenteditable]");
}
