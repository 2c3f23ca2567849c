/** How long the conversation has lasted. */

import type { JSX } from "preact";
import { useEffect, useReducer } from "preact/hooks";
import type { Talk } from "./conversation.js";

export function Elapsed({ talk, clock }: { talk: Talk; clock: () => number }): JSX.Element | null {
  const [, again] = useReducer((count: number) => count + 1, 0);
  useEffect(() => {
    const timer = setInterval(() => again(undefined), 1000);
    return () => clearInterval(timer);
  }, []);
  const since = talk.connectedAt.value;
  if (since === null) return null;
  const seconds = Math.max(0, Math.floor((clock() - since) / 1000));
  return (
    <span class="talk-elapsed">
      {Math.floor(seconds / 60)}:{String(seconds % 60).padStart(2, "0")}
    </span>
  );
}
