/** The gateway that serves this page, through the SDK. */

import { Speko } from "@spekoai/sdk";
import { consoleFetch } from "./console_fetch.js";
import { expire, session } from "./session.js";

/** `fetch` for what the SDK has no method for (`/v1/openapi.json`). Paths start with `/`. */
export const gatewayFetch = consoleFetch({
  origin: location.origin,
  fetch: (input, init) => fetch(input, init),
  csrfToken: () => session.value?.csrfToken,
  onUnauthorized: expire,
});

/** The SDK, signed in by this browser's cookie. Its key never leaves: `gatewayFetch` drops the header. */
export const speko = new Speko({ apiKey: "console", baseUrl: location.origin, fetch: gatewayFetch });
