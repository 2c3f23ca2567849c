/** When the browser says that it has a network again, or another one. */

/** Calls `changed` each time, until the function that it returns is called. */
export type NetworkWatch = (changed: () => void) => () => void;

/** Of browsers that know by what they are connected: a phone that goes from Wi-Fi to its carrier. */
interface Connection extends EventTarget {
  readonly type?: string;
}

export const watchNetwork: NetworkWatch = (changed) => {
  const watching = new AbortController();
  const { signal } = watching;
  globalThis.addEventListener?.("online", changed, { signal });
  const connection = (globalThis.navigator as (Navigator & { connection?: Connection }) | undefined)?.connection;
  let type = connection?.type;
  // It also tells that its guesses of the speed have changed, which is of no interest.
  const look = () => {
    const before = type;
    type = connection?.type;
    if (type !== before && type !== "none") {
      changed();
    }
  };
  connection?.addEventListener?.("change", look, { signal });
  return () => watching.abort();
};
