/** Short messages for screen readers, from anywhere in the console. */

import { signal } from "@preact/signals";
import type { JSX } from "preact";

const message = signal({ text: "", count: 0 });

/** Has a message read when the reader pauses. The same words again are read again. */
export function announce(text: string): void {
  message.value = { text, count: message.value.count + 1 };
}

/** Once in the shell. */
export function Announcer(): JSX.Element {
  const { text, count } = message.value;
  return (
    <div class="sr-only" role="status" aria-live="polite">
      <span key={count}>{text}</span>
    </div>
  );
}
