/** Who is signed in to the console: a cookie that script cannot read, and the token that makes it count. */

import { signal } from "@preact/signals";
import { ConsoleError } from "./problem.js";

/** What the gateway says of a signed-in console. */
export interface ConsoleSession {
  csrfToken: string;
  organization: { id: string; name: string };
  /** ISO 8601. */
  expiresAt: string;
  /** The gateway's version. */
  version: string;
}

/** A one-time token of a printed link, or an API key. */
export type Credential = { token: string } | { apiKey: string };

/** `undefined` until the gateway was asked; `null` when nobody is signed in. */
export const session = signal<ConsoleSession | null | undefined>(undefined);

/** Why the reader stands before the login page, where there is something to say. */
export const loginReason = signal<string | null>(null);

/** Milliseconds that a gateway has to say that it has ended a session. */
const PATIENCE = 5_000;
export const CSRF_HEADER = "x-speko-csrf";

/** Finds out whether this browser is signed in. Throws `ConsoleError` when the gateway cannot be reached. */
export async function restoreSession(): Promise<void> {
  const response = await send("/console/session", { method: "GET" });
  session.value = response.status === 200 ? ((await response.json()) as ConsoleSession) : await nobody(response, [204]);
}

/** Signs in. Throws `ConsoleError` when the gateway refuses. */
export async function login(credential: Credential): Promise<void> {
  const response = await send("/console/login", {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(credential),
  });
  if (!response.ok) {
    throw await ConsoleError.of(response);
  }
  loginReason.value = null;
  session.value = (await response.json()) as ConsoleSession;
}

/**
 * Signs out; this browser forgets the session even when the gateway does not answer. Only afterwards does the page say
 * that nobody is signed in: whoever closes it then has signed out.
 */
export async function logout(): Promise<void> {
  const token = session.value?.csrfToken;
  try {
    if (token !== undefined) {
      const headers = { [CSRF_HEADER]: token };
      const signal = AbortSignal.timeout(PATIENCE);
      const response = await send("/console/logout", { method: "POST", headers, signal, keepalive: true });
      await nobody(response, [204, 401]);
    }
  } finally {
    session.value = null;
    loginReason.value = null; // also what a page that was refused meanwhile took for the end of the session
  }
}

/** Forgets a session that the gateway no longer knows. */
export function expire(): void {
  if (session.value) {
    loginReason.value = "Your session has ended. Sign in again to go on.";
    session.value = null;
  }
}

async function nobody(response: Response, expected: readonly number[]): Promise<null> {
  if (!expected.includes(response.status)) {
    throw await ConsoleError.of(response);
  }
  return null;
}

async function send(path: string, init: RequestInit): Promise<Response> {
  try {
    return await fetch(path, { ...init, credentials: "same-origin", cache: "no-store" });
  } catch {
    throw new ConsoleError(0, "UNREACHABLE", "The gateway does not answer. Is speko serve still running?");
  }
}
