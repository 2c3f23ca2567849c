/** The web console in a browser, and what goes wrong in it without anybody seeing: errors, refused calls, other hosts. */

import type { Browser, BrowserContextOptions, Page } from "playwright-core";
import { recordPage } from "./recorder.js";

/** Settings of the Talk page: the microphone's sound as it is, since it is a synthetic voice. */
const SETTINGS = { echoCancellation: false, noiseSuppression: false };

/** Of one step on a page. */
const WITHIN_MS = 60_000;

export const DESKTOP = { width: 1280, height: 800 };

export interface ConsoleOptions extends BrowserContextOptions {
  gateway: { url: string; key: string };
  /** Settings of the Talk page, as it keeps them. */
  settings?: Record<string, unknown>;
}

export interface OpenConsole {
  page: Page;
  watch: Watch;
}

/** Opens the console in a profile of its own, logged in, at its first page. */
export async function openConsole(
  browser: Browser,
  { gateway, settings, ...more }: ConsoleOptions,
): Promise<OpenConsole> {
  const context = await browser.newContext({ viewport: DESKTOP, colorScheme: "light", locale: "en-GB", ...more });
  context.setDefaultTimeout(WITHIN_MS);
  const login = await context.request.post(`${gateway.url}/console/login`, { data: { apiKey: gateway.key } });
  if (!login.ok()) {
    throw new Error(`no login: ${login.status()} ${await login.text()}`);
  }
  const page = await context.newPage();
  // Where there is no microphone to record, browsers have no object for it either.
  if (new URL(gateway.url).hostname === "127.0.0.1") {
    await recordPage(page);
  }
  const kept = JSON.stringify({ ...SETTINGS, ...settings });
  await page.addInitScript((kept) => localStorage.setItem("speko.talk", kept), kept);
  const watch = new Watch(page, gateway.url);
  await page.goto(gateway.url);
  return { page, watch };
}

/** Writes down what a page does that it should not. */
export class Watch {
  readonly #found: string[] = [];
  readonly #provoked: RegExp[] = [];

  /** `origin`: the only one that the page may talk to. */
  constructor(page: Page, origin: string) {
    page.on("console", (message) => {
      // A call that failed is written down below, with more about it.
      if (["error", "warning"].includes(message.type()) && !message.text().startsWith("Failed to load resource")) {
        this.#note(`console: ${message.text()}`);
      }
    });
    page.on("pageerror", (error) => this.#note(`uncaught: ${error.message}`));
    page.on("response", (response) => {
      if (response.status() >= 400) {
        this.#note(`${response.status()} ${response.request().method()} ${pathOf(response.url())}`);
      }
    });
    page.on("requestfailed", (request) => {
      const reason = request.failure()?.errorText ?? "";
      // What a page no longer wants, it gives up.
      if (reason !== "net::ERR_ABORTED") {
        this.#note(`${reason} ${request.method()} ${pathOf(request.url())}`);
      }
    });
    page.on("request", (request) => this.#expectOwn(request.url(), origin));
    page.on("websocket", (socket) => this.#expectOwn(socket.url(), origin));
  }

  /** These are part of the test. */
  provoke(...patterns: RegExp[]): void {
    this.#provoked.push(...patterns);
  }

  /** What was seen and not provoked, since the last time. */
  take(): string[] {
    return this.#found.splice(0).filter((what) => !this.#provoked.some((pattern) => pattern.test(what)));
  }

  #note(what: string): void {
    this.#found.push(what);
  }

  #expectOwn(url: string, origin: string): void {
    const inside = url.replace(/^blob:/, "").replace(/^ws/, "http");
    if (!inside.startsWith(`${origin}/`)) {
      this.#note(`another origin: ${url}`);
    }
  }
}

function pathOf(url: string): string {
  return new URL(url).pathname;
}

/** Goes to a page of the console by its navigation, and waits until it is there. */
export async function visit(page: Page, name: string): Promise<void> {
  await page.getByRole("navigation", { name: "Console" }).getByRole("link", { name, exact: true }).click();
  const title = name === "Docs" ? "API reference" : name;
  await page.getByRole("heading", { level: 1, name: title, exact: true }).waitFor();
  await settled(page);
}

/** Waits until nothing on the page says that it is being loaded. */
export async function settled(page: Page): Promise<void> {
  await page.waitForFunction(() => document.querySelector(".skeleton, .spinner") === null);
}
