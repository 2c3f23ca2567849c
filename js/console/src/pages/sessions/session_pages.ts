/** A list that grows at both ends: older pages on demand, newer sessions by themselves. Pure. */

import type { Session, SessionPage } from "@spekoai/sdk";

/** What has been read so far, newest first. */
export interface Listed {
  sessions: readonly Session[];
  /** For the next older page; null when there is none. */
  cursor: string | null;
}

/** Puts an older page behind what there is. */
export function withOlder(listed: Listed, page: SessionPage): Listed {
  const known = new Set(listed.sessions.map((session) => session.sessionId));
  const older = page.entries.filter((session) => !known.has(session.sessionId));
  return { sessions: [...listed.sessions, ...older], cursor: page.nextCursor };
}

/** Puts the newest page in front, in place of what it says anew. Where it does not reach back to what there was, only
 * it is left: a list must not have a gap. */
export function withNewest(listed: Listed, page: SessionPage): Listed {
  const fresh = new Set(page.entries.map((session) => session.sessionId));
  const last = page.entries.at(-1);
  const from = last === undefined ? -1 : listed.sessions.findIndex(({ sessionId }) => sessionId === last.sessionId);
  // Behind the page's last entry the older ones go on. One that is not known is older than all of them.
  const older = from < 0 ? [] : listed.sessions.slice(from + 1).filter(({ sessionId }) => !fresh.has(sessionId));
  return {
    sessions: [...page.entries, ...older],
    cursor: from < 0 || older.length === 0 ? page.nextCursor : listed.cursor,
  };
}
