import type { Browser, Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { startChromium } from "../harness/chromium.js";
import { type OpenConsole, openConsole, settled, visit } from "../harness/console.js";
import { type RunningGateway, startGateway } from "../harness/gateway.js";
import { expectGoodLooks, shoot, tabTo } from "../harness/looks.js";
import { record } from "../harness/speech.js";

const FIGURE = /^[1-9][\d,]* ms$/;

let gateway: RunningGateway;
let browser: Browser;
let open: OpenConsole;
let page: Page;

beforeAll(async () => {
  gateway = await startGateway();
  const { path } = record([
    { silence: 3.5 },
    { say: "What is twelve times twelve?" },
    { silence: 5 },
    { say: "What is seven plus eight?" },
    { silence: 120 },
  ]);
  browser = await startChromium({ microphone: path });
  open = await openConsole(browser, { gateway });
  page = open.page;
});
afterAll(async () => {
  await browser?.close();
  await gateway?.stop();
});
afterEach(() => {
  expect(open.watch.take()).toEqual([]);
});

const button = (name: string | RegExp) => page.getByRole("button", { name, exact: true });
const said = (who: "You" | "Agent" | "Tool", words: RegExp) =>
  page
    .getByRole("region", { name: "What was said" })
    .getByRole("listitem")
    .filter({ hasText: who })
    .filter({ hasText: words });
const headline = () => page.locator(".turn-number strong");
const row = (name: string) =>
  page
    .getByRole("table", { name: /^The turn in its parts/ })
    .getByRole("row")
    .filter({ has: page.getByRole("rowheader", { name, exact: true }) });

/** Columns of the level meter in which something is louder than nothing: of the user, of the agent. */
async function levels(): Promise<{ user: number; agent: number }> {
  return page.locator("canvas.level-strip").evaluate((canvas: HTMLCanvasElement) => {
    const { width, height } = canvas;
    const copy = new OffscreenCanvas(width, height).getContext("2d", { willReadFrequently: true });
    copy?.drawImage(canvas, 0, 0);
    const loud = (y: number) => {
      const pixels = copy?.getImageData(0, Math.round(y), width, 1).data ?? [];
      return Array.from({ length: width }, (_, x) => pixels[4 * x + 3] ?? 0).filter((alpha) => alpha > 0).length;
    };
    return { user: loud(height / 2 - 6), agent: loud(height / 2 + 6) };
  });
}

test("before the first conversation the page says whom one talks to, and what comes next", async () => {
  await settled(page);
  await page.getByText("You talk to small engines inside this gateway").waitFor();
  expect(await page.getByLabel("Talk to").locator("option").allTextContents()).toEqual([
    "This gateway’s own agent",
    "Let routing choose",
  ]);
  expect(await page.locator(".talk-servers").textContent()).toMatch(/pocketsphinx/i);
  await expectGoodLooks(page, "talk-before");
});

test("spoken questions are answered; the transcript has both sides, the picture has figures", async () => {
  await button("Start").click();
  await button("Stop").waitFor();
  await said("Agent", /How can I help you/).waitFor();
  await said("You", /twelve times twelve/i).waitFor();
  await expect.poll(async () => (await levels()).user).toBeGreaterThan(5);
  await said("Agent", /144|hundred/).waitFor();
  await expect.poll(async () => (await levels()).agent).toBeGreaterThan(5);
  await expect.poll(() => headline().textContent()).toMatch(FIGURE);

  await said("You", /seven plus eight/i).waitFor();
  await said("Agent", /15|fifteen/i).waitFor();
  await page.locator(".turn-title", { hasText: /seven plus eight/i }).waitFor();
  await expect.poll(() => headline().textContent()).toMatch(FIGURE);
  await page.getByText("Listening", { exact: true }).waitFor();
  for (const part of ["You speak", "Endpointing", "Playout", "Agent speaks"]) {
    expect(await row(part).locator(".turn-ms").textContent(), part).toMatch(/^[1-9][\d,]*$/);
  }
  // These are so quick here, or so far ahead, that their time may be none.
  for (const part of ["Recognition", "Model", "Synthesis"]) {
    expect(await row(part).locator(".turn-ms").textContent(), part).toMatch(/^([\d,]+|ahead)$/);
  }
});

test("what is typed is answered, tools run in the page, all while it is looked at in every form", async () => {
  const words = page.getByLabel("Type instead of speaking");
  await words.fill("Throw the dice");
  await words.press("Enter");
  await said("You", /Throw the dice/).waitFor();
  await said("Tool", /throw_dice\(.*→ The (die|dice) shows? \d/).waitFor();
  await said("Agent", /The (die|dice) shows? \d/).waitFor();
  await expect.poll(() => headline().textContent()).toMatch(FIGURE);
  await page.getByText("Listening", { exact: true }).waitFor();
  // A turn of before, by its line in the list.
  await button(/seven plus eight/i).click();
  await page.locator(".turn-title", { hasText: /seven plus eight/i }).waitFor();
  await expectGoodLooks(page, "talk");

  await button("Settings").click();
  await page.getByRole("heading", { name: "Settings" }).waitFor();
  expect(await page.getByLabel("Microphone", { exact: true }).locator("option").count()).toBeGreaterThan(1);
  await expectGoodLooks(page, "talk-settings");
  await page.keyboard.press("Escape");
  await expect.poll(() => button("Settings").evaluate((element) => element === document.activeElement)).toBe(true);
});

test("muted, nothing of the microphone is sent; stopped, nothing is left open", async () => {
  await button("Mute the microphone (M)").click();
  await page.getByText("Muted", { exact: true }).waitFor();
  await expect.poll(() => page.evaluate(() => window.recorded.tracks.map(({ enabled }) => enabled))).toEqual([false]);
  await shoot(page, "talk-muted");
  await page.locator("h1").click();
  await page.keyboard.press("m");
  await page.getByText("Listening", { exact: true }).waitFor();
  await button("Stop").click();
  await page.getByText("Ready", { exact: true }).waitFor();
  await expect
    .poll(() => page.evaluate(() => window.recorded.tracks.map(({ readyState }) => readyState)))
    .toEqual(["ended"]);
  await expect.poll(() => page.evaluate(() => window.recorded.contexts.map(({ state }) => state))).toEqual(["closed"]);
  await page.waitForFunction(() => window.recorded.sockets.every(({ readyState }) => readyState === WebSocket.CLOSED));
  // What was said stays to be read.
  await said("Agent", /144|hundred/).waitFor();
});

test("by keyboard alone: begin, type, stop", async () => {
  await page.reload();
  await settled(page);
  await tabTo(page, button("Start"));
  await page.keyboard.press("Enter");
  await button("Stop").waitFor();
  await tabTo(page, page.getByLabel("Type instead of speaking"));
  await page.keyboard.type("What is three plus four?");
  await page.keyboard.press("Enter");
  await said("Agent", /7|seven/i).waitFor();
  await tabTo(page, button("Stop"));
  await page.keyboard.press("Enter");
  await page.getByText("Ready", { exact: true }).waitFor();
  await tabTo(page, page.getByRole("link", { name: "The last session in detail" }));
});

test("the conversation is among the sessions, with where its time went, who served it and what it cost", async () => {
  await visit(page, "Sessions");
  const sessions = page.getByRole("table", { name: "Sessions" }).locator("tbody").getByRole("row");
  await expect.poll(() => sessions.count()).toBe(2);
  await expect.poll(() => sessions.first().textContent()).toMatch(/Ended.*speko cascade/);
  await expectGoodLooks(page, "sessions-list");

  await sessions.nth(1).getByRole("link").click();
  const turns = page.locator("details.turn");
  await expect.poll(() => turns.count()).toBeGreaterThanOrEqual(3);
  const second = turns.nth(1);
  expect(await second.locator("summary").textContent()).toMatch(/Turn 2.*wait [1-9][\d.]* m?s.*failovers 0.*cost \$0/);
  expect(await turns.first().locator("summary").textContent()).toMatch(/agent began.*wait –/);
  const typed = turns.filter({ has: page.getByText("typed", { exact: true }) });
  expect(await typed.first().locator("summary").textContent()).toMatch(/wait [1-9][\d.]* m?s/);
  await second.locator("summary").click();
  const parts = second.getByRole("table", { name: "Parts of turn 2" });
  expect(await parts.textContent()).toMatch(/Recognition.*pocketsphinx.*Model.*speko.*Synthesis.*flite/);
  const calls = second.getByRole("table", { name: "Vendor calls of turn 2" });
  await expect.poll(() => calls.getByRole("row").count()).toBeGreaterThanOrEqual(4);
  await expect.poll(() => calls.textContent()).toMatch(/Served.*\$0/);
  await page.getByRole("heading", { name: "Transcript" }).waitFor();
  await expectGoodLooks(page, "session");
});

test("whoever signs out leaves nothing to read", async () => {
  await visit(page, "Talk");
  await said("Agent", /7|seven/i).waitFor();
  await button("Sign out").click();
  await page.getByLabel("Or with an API key").fill(gateway.key);
  await page.keyboard.press("Enter");
  await button("Start").waitFor();
  await page.getByText("Things to say").waitFor();
  await expect.poll(() => page.locator(".line, .turn-title").count()).toBe(0);
  await expect.poll(() => page.getByRole("link", { name: "The last session in detail" }).count()).toBe(0);
});
