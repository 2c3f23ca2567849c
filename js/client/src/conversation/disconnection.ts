/** What the end of a transport means. */

import type { DisconnectionDetails } from "../types.js";

/** A WebSocket's close codes that have a meaning here. */
export const NORMAL = 1000;
const NO_STATUS = 1005;
export const ABNORMAL = 1006;

/** Of a socket that the other side closed, or that broke. */
export function closedByOther(code: number, message: string): DisconnectionDetails {
  const reason = code === NORMAL || code === NO_STATUS ? "agent" : "error";
  return message === "" ? { reason } : { reason, message };
}
