/** The list of sessions as it is read, page by page. */

import { useCallback, useEffect, useRef, useState } from "preact/hooks";
import { speko } from "../../api/gateway.js";
import { problemText } from "../../api/problem.js";
import { type Listed, withNewest, withOlder } from "./session_pages.js";

const PAGE = 25;

export interface SessionListing {
  /** Undefined before the first answer. */
  listed: Listed | undefined;
  problem: string | null;
  busy: boolean;
  /** Reads the newest page again. */
  refresh: () => void;
  /** Reads the next older page; whether it came. */
  older: () => Promise<boolean>;
}

/** Sessions of a status; all with an empty one. */
export function useSessionList(status: string): SessionListing {
  const [listed, setListed] = useState<Listed | undefined>(undefined);
  const [problem, setProblem] = useState<string | null>(null);
  const [busy, setBusy] = useState(false);
  /** One reading at a time; what was asked with another filter is dropped. */
  const reading = useRef<object | null>(null);

  const read = useCallback(
    async (cursor: string | undefined, place: (listed: Listed, page: Parameters<typeof withOlder>[1]) => Listed) => {
      const mine = {};
      reading.current = mine;
      setBusy(true);
      try {
        const page = await speko.sessions.list({ limit: PAGE, cursor, status: status || undefined });
        if (reading.current !== mine) return false;
        setListed((known) => place(known ?? { sessions: [], cursor: null }, page));
        setProblem(null);
        return true;
      } catch (error) {
        if (reading.current === mine) setProblem(problemText(error));
        return false;
      } finally {
        if (reading.current === mine) {
          reading.current = null;
          setBusy(false);
        }
      }
    },
    [status],
  );

  useEffect(() => {
    setListed(undefined);
    void read(undefined, withNewest);
    return () => {
      reading.current = {};
    };
  }, [read]);

  const refresh = useCallback(() => {
    if (reading.current === null) void read(undefined, withNewest);
  }, [read]);
  const cursor = listed?.cursor;
  const older = useCallback(async () => {
    return cursor ? await read(cursor, withOlder) : false;
  }, [read, cursor]);
  return { listed, problem, busy, refresh, older };
}
