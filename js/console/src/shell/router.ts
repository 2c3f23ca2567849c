/** The console's addresses: `#/<page>/<part>?<query>`. Pure but for the signal that follows the browser's. */

import { signal } from "@preact/signals";

/** The pages, in the order of the navigation. */
export const PAGES = ["talk", "routing", "providers", "keys", "sessions", "usage", "docs"] as const;

export type PageId = (typeof PAGES)[number];

/** Where the reader is. */
export interface Route {
  page: PageId;
  /** What follows the page's name, decoded: `["<id>"]` of `#/sessions/<id>`. */
  parts: readonly string[];
  /** What follows `?`. */
  query: URLSearchParams;
}

/** Reads `location.hash`. What names no page is the first page. */
export function parseHash(hash: string): Route {
  const [path = "", query = ""] = splitOnce(hash.replace(/^#/, ""), "?");
  const [name = "", ...rest] = path.split("/").filter((part) => part !== "");
  const page = PAGES.find((known) => known === name);
  if (page === undefined) {
    return { page: PAGES[0], parts: [], query: new URLSearchParams() };
  }
  return { page, parts: rest.map(decoded), query: new URLSearchParams(query) };
}

/** The address of a page: `hrefTo("sessions", "abc")` is `#/sessions/abc`. */
export function hrefTo(page: PageId, ...parts: readonly string[]): string {
  return `#/${[page, ...parts].map(encodeURIComponent).join("/")}`;
}

/** Where the reader is now; `start` makes it follow the browser. */
export const route = signal<Route>(parseHash(""));

/** Goes to a page, with an entry in the browser's history. */
export function navigate(page: PageId, ...parts: readonly string[]): void {
  location.hash = hrefTo(page, ...parts);
}

/** Follows the address bar from now on. */
export function startRouter(): void {
  const follow = (): void => {
    route.value = parseHash(location.hash);
  };
  addEventListener("hashchange", follow);
  follow();
}

function splitOnce(text: string, mark: string): [string, string] {
  const at = text.indexOf(mark);
  return at < 0 ? [text, ""] : [text.slice(0, at), text.slice(at + mark.length)];
}

function decoded(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}
