import { networkInterfaces } from "node:os";
import type { Browser, Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { type ChromiumOptions, startChromium } from "../harness/chromium.js";
import { openConsole, settled, type Watch } from "../harness/console.js";
import { type RunningGateway, startGateway } from "../harness/gateway.js";
import { expectGoodLooks, shoot } from "../harness/looks.js";
import { type Simulator, startSimulator } from "../harness/simulator.js";

/** One of this machine's own that is not localhost. */
const ADDRESS = Object.values(networkInterfaces())
  .flatMap((addresses) => addresses ?? [])
  .find(({ family, internal }) => family === "IPv4" && !internal)?.address;

let simulator: Simulator;
let gateway: RunningGateway;
let browser: Browser;
let page: Page;
let watch: Watch;

beforeAll(async () => {
  simulator = await startSimulator();
  gateway = await startGateway({ env: { OPENAI_BASE_URL: simulator.baseUrl, OPENAI_API_KEY: "sk-simulated" } });
});
afterAll(async () => {
  await gateway?.stop();
  await simulator?.stop();
});
afterEach(async () => {
  await browser?.close();
  expect(watch.take()).toEqual([]);
});

async function open(options: ChromiumOptions = {}, at = gateway): Promise<void> {
  browser = await startChromium(options);
  ({ page, watch } = await openConsole(browser, { gateway: at }));
  await settled(page);
}

const button = (name: string) => page.getByRole("button", { name, exact: true });

/** Waits for the message and returns all of its words. */
async function notice(title: string, timeout?: number): Promise<string> {
  const shown = page.locator(".notice", { hasText: title });
  await shown.waitFor(timeout === undefined ? {} : { timeout });
  return (await shown.textContent()) ?? "";
}

async function expectReady(): Promise<void> {
  await button("Start").waitFor();
  await page.waitForFunction(() => window.recorded.sockets.every(({ readyState }) => readyState === WebSocket.CLOSED));
}

test("no microphone", async () => {
  await open({ microphone: null });
  await button("Start").click();
  expect(await notice("No microphone was found")).toMatch(/Connect one, or wear a headset.*Try again/);
  await expectReady();
  await expectGoodLooks(page, "talk-no-microphone");
});

test("the microphone is refused", async () => {
  await open({ granted: false });
  await page.context().clearPermissions();
  await button("Start").click();
  expect(await notice("The microphone was refused")).toMatch(/set the microphone to “Allow”.*Try again/);
  await expectReady();
  await page.context().grantPermissions(["microphone"]);
  await button("Try again").click();
  await button("Stop").waitFor();
  await expect.poll(() => page.locator(".notice").count()).toBe(0);
  await button("Stop").click();
  await expectReady();
});

test("the vendor refuses", async () => {
  await simulator.fault({ kind: "401", path: "realtime" });
  await open();
  const label = await page.getByLabel("Talk to").locator("option", { hasText: "OpenAI" }).first().textContent();
  await page.getByLabel("Talk to").selectOption({ label: label ?? "" });
  await button("Start").click();
  expect(await notice("The engine refused the conversation")).toMatch(
    /^The engine refused.*401.*The API key is missing or incorrect.*Look at its key on the Providers page/,
  );
  await expectReady();
  await shoot(page, "talk-vendor-refused");
  await page.locator(".notice").getByRole("link", { name: "Providers" }).click();
  await page.getByRole("heading", { level: 1, name: "Providers" }).waitFor();
});

test.skipIf(ADDRESS === undefined)("a page without https from another host", async () => {
  const remote = await startGateway({ args: ["--host", ADDRESS ?? ""] });
  try {
    await open({}, remote);
    expect(await page.evaluate(() => isSecureContext)).toBe(false);
    await button("Start").click();
    const words = await notice("Browsers give the microphone to secure pages only");
    const { port } = new URL(remote.url);
    expect(words).toContain(`ssh -L ${port}:127.0.0.1:${port} ${ADDRESS}`);
    await button("Copy line to type").click();
    await button("Copied").waitFor();
    await button("Start").waitFor();
    await expectGoodLooks(page, "talk-no-https");
  } finally {
    await remote.stop();
  }
});

test("the gateway dies in the middle of a conversation", async () => {
  await open();
  await button("Start").click();
  await page.locator(".line-agent").first().waitFor();
  watch.provoke(/ERR_CONNECTION/, /WebSocket connection to .* failed/);
  await gateway.kill();
  await page.locator(".talk-activity", { hasText: "Connection lost, reconnecting…" }).waitFor();
  await shoot(page, "talk-reconnecting");
  expect(await notice("The conversation broke off", 25_000)).toMatch(/Is speko serve still running\?/);
  await expectReady();
  await button("Try again").click();
  expect(await notice("No conversation was begun")).toMatch(/The gateway does not answer.*still running\?/);
  // What was said stays to be read while there is no other conversation.
  expect(await page.locator(".line-agent").count()).toBeGreaterThan(0);
  await shoot(page, "talk-gateway-gone");
});
