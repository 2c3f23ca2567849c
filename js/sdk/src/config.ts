/** Where the gateway is, and how it is called. */

import { VERSION } from "./version.js";

/** Like the global `fetch`, which fits. */
export type FetchFunction = (url: string, init: RequestInit) => Promise<Response>;

export interface SpekoOptions {
  /** `sk_live_…`. Keep it on your servers: whoever has it acts for the organization. */
  apiKey: string;
  /** Address of the gateway, without `/v1`. Default: the environment's `SPEKO_BASE_URL`, else the origin of the page
   * that this runs in, else `http://127.0.0.1:8787`. */
  baseUrl?: string | undefined;
  /** The same as `baseUrl`, which wins. */
  baseURL?: string | undefined;
  /** Milliseconds that one request may take, with its whole answer; default 30000. */
  timeout?: number | undefined;
  /** Sends the requests in place of the global `fetch`. */
  fetch?: FetchFunction | undefined;
}

/** Options, checked, with their defaults. */
export interface Config {
  /** Without a slash at the end; may have a path. */
  baseUrl: string;
  /** Milliseconds. */
  timeout: number;
  fetch: FetchFunction;
  /** Of every request. */
  headers: Record<string, string>;
}

const DEFAULT_BASE_URL = "http://127.0.0.1:8787";
const DEFAULT_TIMEOUT_MS = 30_000;

/** Throws Error for options that cannot work. */
export function configOf(options: SpekoOptions): Config {
  const apiKey = (options?.apiKey ?? "").trim();
  if (apiKey === "") {
    throw new Error("Speko: apiKey is required. `speko keys create --name me` makes one.");
  }
  if (!/^[!-~]+$/.test(apiKey)) {
    // fetch would say so too, and repeat the key in its message.
    throw new Error("Speko: apiKey holds a character that no API key has.");
  }
  const timeout = options.timeout ?? DEFAULT_TIMEOUT_MS;
  if (!(timeout > 0)) {
    throw new Error("Speko: timeout must be a number of milliseconds above 0.");
  }
  const origin = pageOrigin();
  return {
    baseUrl: baseUrlOf(options, origin),
    timeout,
    // Looked up at each call, and called on the global alone: browsers insist on that.
    fetch: options.fetch ?? ((url, init) => globalThis.fetch(url, init)),
    headers: {
      Authorization: `Bearer ${apiKey}`,
      // Browsers have their own; where one lets it be set, the gateway would have to allow it across origins.
      ...(origin === undefined ? { "User-Agent": `@spekoai/sdk/${VERSION}` } : {}),
    },
  };
}

/** Whether a browser runs this: in a page, or in a worker of one. */
export function inBrowser(): boolean {
  return pageOrigin() !== undefined;
}

function baseUrlOf(options: SpekoOptions, origin: string | undefined): string {
  const candidates = [options.baseUrl, options.baseURL, environmentBaseUrl(), httpOnly(origin)];
  const given = candidates.map((candidate) => candidate?.trim()).find((candidate) => candidate);
  return (given ?? DEFAULT_BASE_URL).replace(/\/+$/, "");
}

function environmentBaseUrl(): string | undefined {
  const { process } = globalThis as { process?: { env?: Record<string, string | undefined> } };
  return process?.env?.SPEKO_BASE_URL;
}

/** Undefined outside of browsers: servers, and workers at the edge, have no location. */
function pageOrigin(): string | undefined {
  const { location } = globalThis as { location?: { origin?: string } };
  return location?.origin;
}

/** A page from a file or an extension comes from no gateway. */
function httpOnly(origin: string | undefined): string | undefined {
  return origin !== undefined && /^https?:/.test(origin) ? origin : undefined;
}
