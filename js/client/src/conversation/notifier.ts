/** Calls what the caller gave us, and survives it. */

/** Calls one callback synchronously. What it throws is reported as the page's own error, and breaks nothing here. */
export function notify<C extends object, K extends keyof C>(
  callbacks: C,
  name: K,
  value: Parameters<Extract<C[K], (value: never) => unknown>>[0],
): void {
  const callback = callbacks[name] as ((value: unknown) => unknown) | undefined;
  try {
    callback?.call(callbacks, value);
  } catch (error) {
    reportUncaught(error);
  }
}

/** As if nobody had caught it: the page's error handlers and its console see it. */
export function reportUncaught(error: unknown): void {
  if (typeof reportError === "function") {
    reportError(error);
  } else {
    queueMicrotask(() => {
      throw error;
    });
  }
}
