/** Reading something from the gateway for a page. */

import { useCallback, useEffect, useRef, useState } from "preact/hooks";
import { problemText } from "./problem.js";

/** What a page shows of something that it reads. */
export interface Loaded<T> {
  /** The last answer; stays while it is read again. */
  data: T | undefined;
  /** Why the last reading failed, as a sentence. */
  problem: string | null;
  loading: boolean;
  /** Reads again. */
  reload: () => void;
  /** Puts in place what is already known, e.g. the answer of a change. */
  replace: (data: T) => void;
}

/** Reads when `keys` change. An answer that was overtaken by a newer reading is dropped. */
export function useLoad<T>(read: () => Promise<T>, keys: readonly unknown[]): Loaded<T> {
  const [data, setData] = useState<T | undefined>(undefined);
  const [problem, setProblem] = useState<string | null>(null);
  const [loading, setLoading] = useState(true);
  const newest = useRef(0);

  const reload = useCallback(() => {
    newest.current += 1;
    const mine = newest.current;
    setLoading(true);
    read()
      .then((answer) => {
        if (mine === newest.current) {
          setData(() => answer);
          setProblem(null);
        }
      })
      .catch((error: unknown) => {
        if (mine === newest.current) {
          setProblem(problemText(error));
        }
      })
      .finally(() => {
        if (mine === newest.current) {
          setLoading(false);
        }
      });
  }, keys);

  useEffect(() => {
    reload();
    return () => {
      newest.current += 1;
    };
  }, [reload]);

  const replace = useCallback((answer: T) => setData(() => answer), []);
  return { data, problem, loading, reload, replace };
}
