import { vi } from "vitest";

const PATIENCE_MS = 30_000;

/** Waits for a condition. Vitest itself gives up after a second, which a machine that stands still loses at once. */
export function until(condition: () => boolean): Promise<unknown> {
  return vi.waitUntil(condition, { timeout: PATIENCE_MS });
}
