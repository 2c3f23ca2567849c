import type { Browser, Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { startChromium } from "../harness/chromium.js";
import { type OpenConsole, openConsole, settled, visit } from "../harness/console.js";
import { type RunningGateway, startGateway } from "../harness/gateway.js";
import { expectGoodLooks, tabTo } from "../harness/looks.js";
import { record } from "../harness/speech.js";
import { writeUsage } from "../harness/usage.js";

let gateway: RunningGateway;
let browser: Browser;
let open: OpenConsole;
let page: Page;

beforeAll(async () => {
  gateway = await startGateway({ env: { SPEKO_AGENT_PROCESSES: "0" } });
  browser = await startChromium({ microphone: record([{ silence: 120 }]).path });
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

const chart = (name: RegExp) => page.getByRole("group", { name });
const table = (name: string) => page.getByRole("table", { name });

test("Usage, before there is any, says so", async () => {
  await visit(page, "Usage");
  await page.getByText("Nothing was used in these days").waitFor();
  await expectGoodLooks(page, "usage-empty");
});

test("Usage: plots by day, and the same as tables", async () => {
  writeUsage(gateway);
  await page.getByRole("button", { name: "Refresh" }).click();
  await chart(/^Cost by day/).waitFor();
  await expectGoodLooks(page, "usage");
  await expect.poll(() => table("Usage by provider and metric").locator("tbody tr").count()).toBe(4);
  const asked = table("Attempts by provider").locator("tbody tr", { hasText: "cartesia" });
  // One day of many failures: what was tried is more than what was served.
  const [made = 0, served = 0, failed = 0] = (await asked.locator("td").allTextContents()).map(Number);
  expect(failed).toBeGreaterThan(0);
  expect(made).toBe(served + failed);
  await page.getByText("Day by day", { exact: true }).click();
  await expect.poll(() => table("Usage day by day").locator("tbody tr").count()).toBe(30);
});

test("a plot is walked through by keyboard", async () => {
  const cost = chart(/^Cost by day/);
  await tabTo(page, cost.locator("[tabindex='0']"));
  const details = page.locator(".plot-details strong");
  const today = await details.textContent();
  await page.keyboard.press("ArrowLeft");
  await expect.poll(() => details.textContent()).not.toBe(today);
  expect(await cost.locator("[tabindex='0']").getAttribute("aria-label")).toMatch(/^\d+ \w+ \d{4}: .*openai \$/);
  await page.keyboard.press("Escape");
  await expect.poll(() => details.count()).toBe(0);
});

test("range, provider and metric are in the address", async () => {
  await page.getByRole("combobox", { name: "Range" }).selectOption("7");
  await settled(page);
  await chart(/^Cost by day and provider: 7 days/).waitFor();
  await page.getByRole("combobox", { name: "Provider" }).selectOption("deepgram");
  await page.getByRole("combobox", { name: "Metric" }).selectOption("stt_seconds");
  await chart(/^Speech to text \(seconds\)/).waitFor();
  await expect.poll(() => table("Attempts by provider").locator("tbody tr").count()).toBe(1);
  expect(page.url()).toMatch(/#\/usage\?range=7&provider=deepgram&metric=stt_seconds$/);
  await page.reload();
  await chart(/^Speech to text \(seconds\) by day and provider: 7 days/).waitFor();
  await expect.poll(() => page.getByRole("combobox", { name: "Provider" }).inputValue()).toBe("deepgram");
});
