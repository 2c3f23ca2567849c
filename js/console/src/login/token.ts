/** The one-time token of a link that `speko serve` printed: `http://host:port/#token=…`. */

/** The token in a hash, or null. */
export function tokenOf(hash: string): string | null {
  const match = /^#token=(.+)$/.exec(hash);
  return match?.[1] ? match[1].trim() : null;
}

/** Takes the token out of the address bar and out of the browser's history. */
export function takeToken(): string | null {
  const token = tokenOf(location.hash);
  if (location.hash.startsWith("#token=")) {
    history.replaceState(null, "", location.pathname + location.search);
  }
  return token;
}
