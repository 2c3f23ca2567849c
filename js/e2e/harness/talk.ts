/** A conversation in a page, begun as the documentation shows, with everything that it tells written down. */

import type { RealtimeVoiceConversation } from "@spekoai/client";
import type { Page } from "playwright-core";

/** What happened: name of the callback, its argument, and when, in milliseconds of the page's clock. */
export interface Happening {
  name: string;
  // biome-ignore lint/suspicious/noExplicitAny: what a callback gets, by its name
  value: any;
  at: number;
}

declare global {
  interface Window {
    conversation?: RealtimeVoiceConversation;
    happenings: Happening[];
  }
}

/** The session that is asked of the gateway, and what is changed of the documented example. */
export interface TalkOptions {
  session?: Record<string, unknown>;
  /** Options of the client. */
  options?: Record<string, unknown>;
  /** Credentials in place of minted ones. */
  credentials?: Record<string, string>;
}

/** The microphone's sound as it is: what browsers do to it is made for people's voices, not for a synthetic one. */
export const UNPROCESSED = {
  audioConstraints: { echoCancellation: false, noiseSuppression: false, autoGainControl: false },
};

export const AGENT = { mode: "s2s", s2s: { provider: "speko", model: "cascade" }, intent: { language: "en" } };

/** Mints a session and talks; resolves when the conversation is established. The error's text when it is not. */
export async function talk(
  page: Page,
  { session = AGENT, options = UNPROCESSED, credentials }: TalkOptions = {},
): Promise<string | null> {
  return page.evaluate(
    async ({ session, options, credentials }) => {
      const { RealtimeVoiceConversation } = window.client;
      const happenings: Happening[] = [];
      window.happenings = happenings;
      const note = (name: string) => (value: unknown) => {
        happenings.push({ name, value: value instanceof Error ? value.message : value, at: performance.now() });
      };
      const minted =
        credentials ?? (await (await fetch("/session", { method: "POST", body: JSON.stringify(session) })).json());
      try {
        window.conversation = await RealtimeVoiceConversation.create({
          ...minted,
          onConnect: note("connect"),
          onDisconnect: note("disconnect"),
          onMessage: note("message"),
          onStatusChange: note("status"),
          onModeChange: note("mode"),
          onError: note("error"),
          onTurn: note("turn"),
          ...options,
        });
        return null;
      } catch (error) {
        const { name, code, message } = error as Error & { code?: string };
        return `${name} ${code}: ${message}`;
      }
    },
    { session, options, credentials },
  );
}

/** All that has happened so far. */
export async function happenings(page: Page): Promise<Happening[]> {
  return page.evaluate(() => window.happenings);
}

/** Waits until something has happened whose name, and JSON, fit; returns the first. */
export async function until(page: Page, name: string, pattern: RegExp, timeout = 30_000): Promise<Happening> {
  try {
    const handle = await page.waitForFunction(
      ({ name, source, flags }) => {
        const fits = new RegExp(source, flags);
        return window.happenings.find((found) => found.name === name && fits.test(JSON.stringify(found.value) ?? ""));
      },
      { name, source: pattern.source, flags: pattern.flags },
      { timeout, polling: 20 },
    );
    return (await handle.jsonValue()) as Happening;
  } catch (cause) {
    const seen = (await happenings(page)).map(
      ({ name, value, at }) => `${Math.round(at)} ${name} ${JSON.stringify(value)}`,
    );
    throw new Error(`no ${name} like ${pattern} within ${timeout} ms; seen:\n${seen.join("\n")}`, { cause });
  }
}

/** Loudest peak of what was played between two moments of the page's clock. */
export async function loudest(page: Page, from: number, to = Number.POSITIVE_INFINITY): Promise<number> {
  return page.evaluate(
    ({ from, to }) =>
      window.recorded.loudness
        .filter(({ at }) => at >= from && at <= to)
        .reduce((most, { peak }) => Math.max(most, peak), 0),
    { from, to: Math.min(to, Number.MAX_SAFE_INTEGER) },
  );
}
