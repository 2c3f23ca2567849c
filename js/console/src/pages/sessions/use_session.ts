/** Everything that is kept of a session, read together. */

import { type Attempt, type Session, SpekoApiError, type Turn, type TurnTiming } from "@spekoai/sdk";
import { speko } from "../../api/gateway.js";
import { type Loaded, useLoad } from "../../api/use_load.js";
import { useWhileVisible } from "../../live/while_visible.js";
import { isLive, nobodyCame } from "./words.js";

export interface SessionRecord {
  session: Session;
  turns: TurnTiming[];
  transcript: Turn[];
  attempts: Attempt[];
}

/** ms between two readings of a session that goes on. */
const LIVE_MS = 2000;

/** Reads a session, and again while it goes on and somebody looks. */
export function useSession(id: string): Loaded<SessionRecord> {
  const loaded = useLoad(() => readSession(id), [id]);
  useWhileVisible(
    () => {
      if (!loaded.loading) loaded.reload();
    },
    LIVE_MS,
    loaded.data !== undefined && isLive(loaded.data.session),
  );
  return loaded;
}

async function readSession(id: string): Promise<SessionRecord> {
  // The session first: read after its parts, it could say "ended" while those lack what came last.
  const session = await speko.sessions.get(id);
  const [turns, transcript, attempts] = await Promise.all([
    speko.sessions.turns(id),
    speko.sessions.transcript(id),
    nobodyCame(session) ? [] : attemptsOf(session.requestId),
  ]);
  return { session, turns: turns.entries, transcript: transcript.entries, attempts };
}

/** A session that has asked nobody yet is no request that the gateway knows. */
async function attemptsOf(requestId: string): Promise<Attempt[]> {
  try {
    return (await speko.requests.get(requestId)).attempts;
  } catch (error) {
    if (error instanceof SpekoApiError && error.status === 404) return [];
    throw error;
  }
}
