/** Whom a call reaches first. Pure. */

import type { StackEntry } from "@spekoai/sdk";

/** The place of the first usable candidate whose breaker is not open; where all are open, of the first usable one. -1
 * when nobody is usable. */
export function calledFirst(entries: readonly StackEntry[]): number {
  const healthy = entries.findIndex((entry) => entry.usable && entry.health !== "open");
  return healthy >= 0 ? healthy : entries.findIndex((entry) => entry.usable);
}
