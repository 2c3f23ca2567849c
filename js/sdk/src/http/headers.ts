/** What headers say, and how values get into them. */

/** A whole number; null when the header is missing or holds anything but digits. */
export function wholeNumber(headers: Headers, name: string): number | null {
  const text = headers.get(name)?.trim() ?? "";
  return /^\d{1,9}$/.test(text) ? Number(text) : null;
}

/** Compact JSON in ASCII: headers carry no other characters. */
export function headerJson(value: unknown): string {
  return JSON.stringify(value).replace(
    /[^ -~]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
}

/** The header that books a call to a session. */
export function sessionHeader(sessionId: string | undefined): Record<string, string> {
  const session = sessionId?.trim();
  return session ? { "x-session-id": session } : {};
}
