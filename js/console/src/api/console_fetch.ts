/** `fetch` as the signed-in console uses it: by cookie, never by key, to its own origin alone. */

import { CSRF_HEADER } from "./session.js";

/** What the console's `fetch` needs to know. */
export interface ConsoleFetchOptions {
  /** The page's origin. */
  origin: string;
  /** The browser's own. */
  fetch: typeof globalThis.fetch;
  /** The signed-in session's token; undefined when nobody is signed in. */
  csrfToken: () => string | undefined;
  /** The gateway does not know the session (any more). */
  onUnauthorized: () => void;
}

/** A `fetch` that drops the authorization header, adds the CSRF header, and reports a 401. */
export function consoleFetch(options: ConsoleFetchOptions): typeof globalThis.fetch {
  return async (input, init) => {
    const request = new Request(input, init);
    if (new URL(request.url).origin !== options.origin) {
      throw new Error("The console talks to its own gateway only.");
    }
    const headers = new Headers(request.headers);
    headers.delete("authorization");
    const token = options.csrfToken();
    if (token !== undefined) {
      headers.set(CSRF_HEADER, token);
    }
    const response = await options.fetch(request, { headers, credentials: "same-origin" });
    // A session may have been replaced by another while the call was on its way: only its own 401 ends it.
    if (response.status === 401 && options.csrfToken() === token) {
      options.onUnauthorized();
    }
    return response;
  };
}
