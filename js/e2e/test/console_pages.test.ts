import type { Browser, Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { startChromium } from "../harness/chromium.js";
import { type OpenConsole, openConsole, settled, visit } from "../harness/console.js";
import { type RunningGateway, startGateway } from "../harness/gateway.js";
import { expectGoodLooks, shoot, tabTo } from "../harness/looks.js";
import { type Simulator, startSimulator } from "../harness/simulator.js";
import { record } from "../harness/speech.js";

const GOOD_KEY = "sk-simulated-good";

let simulator: Simulator;
let gateway: RunningGateway;
let browser: Browser;
let open: OpenConsole;
let page: Page;

beforeAll(async () => {
  simulator = await startSimulator("--api-key", GOOD_KEY, "--text", "The river is wide and the road is long.");
  gateway = await startGateway({ env: { OPENAI_BASE_URL: simulator.baseUrl } });
  browser = await startChromium({ microphone: record([{ silence: 120 }]).path });
  open = await openConsole(browser, { gateway, permissions: ["clipboard-read", "clipboard-write"] });
  page = open.page;
});
afterAll(async () => {
  await browser?.close();
  await gateway?.stop();
  await simulator?.stop();
});
afterEach(() => {
  expect(open.watch.take()).toEqual([]);
});

const button = (name: string | RegExp) => page.getByRole("button", { name, exact: true });
const clipboard = () => page.evaluate(() => navigator.clipboard.readText());
const ask = (path: string, key: string) =>
  fetch(`${gateway.url}${path}`, { headers: { authorization: `Bearer ${key}` } });

test("Sessions, before there are any, says how to get one", async () => {
  await visit(page, "Sessions");
  await page.getByText("No sessions yet").waitFor();
  await expectGoodLooks(page, "sessions-empty");
  await page.getByRole("link", { name: "Talk to the agent" }).click();
  await page.getByRole("heading", { level: 1, name: "Talk" }).waitFor();
});

test("Providers: a key that the vendor refuses, one that works, and none again", async () => {
  await visit(page, "Providers");
  const openai = page.getByRole("listitem").filter({ has: page.getByRole("heading", { name: "OpenAI", exact: true }) });
  await openai.getByText("No key", { exact: true }).waitFor();
  await expectGoodLooks(page, "providers");

  await openai.getByRole("button", { name: "Add key for OpenAI" }).click();
  await page.getByLabel("API key from OpenAI").fill("sk-not-the-one");
  await shoot(page, "providers-key");
  await page.keyboard.press("Enter");
  // The vendor's own words, as the simulator has them.
  await openai.getByText("It does not work").waitFor();
  expect(await openai.locator(".notice").textContent()).toMatch(
    /OpenAI rejects the key: HTTP 401.*The API key is missing or incorrect/,
  );
  await openai.getByText("Not working").waitFor();
  expect(await page.content()).not.toContain("sk-not-the-one");
  await shoot(page, "providers-refused");

  // Whoever comes later reads it too, and what to do.
  await visit(page, "Sessions");
  await visit(page, "Providers");
  await openai.getByText("Key refused", { exact: true }).waitFor();
  expect(await openai.textContent()).toMatch(
    /OpenAI refused it .*: “HTTP 401.*The API key is missing or incorrect.*”\. Calls go on with other vendors\. Make a key/,
  );
  const find = page.getByLabel("Find a vendor, a layer or a model");
  await find.fill("openai");
  await expectGoodLooks(page, "providers-refused-later");
  await find.fill("");

  await openai.getByRole("button", { name: "Replace key for OpenAI" }).click();
  await page.getByLabel("API key from OpenAI").fill(GOOD_KEY);
  await button("Save and test").click();
  await openai.getByText("It works").waitFor();
  await openai.getByText("Ready", { exact: true }).waitFor();
  await expect.poll(() => openai.getByText("refused it").count()).toBe(0);
  expect(await openai.locator(".notice").textContent()).toMatch(
    /accepts the key and lists \d+ models?\. Answered in \d+ ms\./,
  );
  await expectGoodLooks(page, "providers-tested");
});

test("with that key the agent is served by the vendor, and the session tells of failover and cost", async () => {
  await simulator.fault({ kind: "503", path: "chat", times: 1 });
  await visit(page, "Talk");
  await settled(page);
  await button("Start").click();
  await button("Stop").waitFor();
  await page.getByLabel("Type instead of speaking").fill("Tell me about the river");
  await page.keyboard.press("Enter");
  await page.locator(".turn-title", { hasText: "Tell me about the river" }).waitFor();
  await expect.poll(() => page.locator(".turn-number strong").textContent()).toMatch(/^[\d,]+ ms$/);
  await page.getByText("Listening", { exact: true }).waitFor();
  await button("Stop").click();
  await page.getByRole("link", { name: "The last session in detail" }).click();
  await page.getByRole("heading", { level: 1, name: "Session", exact: true }).waitFor();
  const turn = page.locator("details.turn", { hasText: "failovers 1" });
  await turn.locator("summary").click();
  expect(await turn.textContent()).toMatch(/openai/);
  expect(await turn.textContent()).toMatch(/Failed.*503/);
  expect(await turn.locator("summary").textContent()).toMatch(/cost \$0\.0*[1-9]/);
  await expectGoodLooks(page, "session-failover");
});

test("a session is deleted after a question", async () => {
  await button("Delete").click();
  const dialog = page.getByRole("dialog");
  await dialog.getByText("Delete this session?").waitFor();
  await shoot(page, "session-delete");
  await dialog.getByRole("button", { name: "Delete session" }).click();
  await page.getByText("No sessions yet").waitFor();
});

test("Providers: the key is removed after a question", async () => {
  await visit(page, "Providers");
  const openai = page.getByRole("listitem").filter({ has: page.getByRole("heading", { name: "OpenAI", exact: true }) });
  await openai.getByRole("button", { name: "Remove the key for OpenAI" }).click();
  await shoot(page, "providers-remove");
  await button("Remove key").click();
  await openai.getByText("No key", { exact: true }).waitFor();
  await expect.poll(() => openai.getByRole("button", { name: "Remove the key for OpenAI" }).count()).toBe(0);
});

test("Routing: an intent in, a decision out, and where it comes from", async () => {
  await visit(page, "Routing");
  await page.getByRole("region", { name: "Ranking of speech to text" }).waitFor();
  await expectGoodLooks(page, "routing");
  const order = () =>
    page.getByRole("region", { name: "Ranking of speech to text" }).locator("tbody .candidate").allTextContents();
  const balanced = await order();
  expect(balanced.length).toBeGreaterThan(3);
  await page.getByLabel("Optimize for").selectOption("latency");
  await expect.poll(async () => (await order()).join()).not.toBe(balanced.join());
  await page.getByRole("textbox", { name: "Language" }).fill("!");
  await page.getByText("Correct the intent to see the decision.").waitFor();
  await page.getByRole("textbox", { name: "Language" }).fill("de");
  // Nobody here hears German without a key.
  await page
    .getByRole("region", { name: "Speech to text" })
    .getByText("A call would fail with NO_CANDIDATE.")
    .waitFor();
  await page
    .getByRole("region", { name: "Text to speech", exact: true })
    .getByText(/A call would reach espeak/)
    .waitFor();
  expect(page.url()).toMatch(/#\/routing\?.*language=de/);

  // An answer that was overtaken by a newer question changes nothing.
  let release = (): void => {};
  const held = new Promise<void>((resolve) => {
    release = resolve;
  });
  await page.route(/language=en/, async (route) => {
    await held;
    await route.continue();
  });
  const asked = page.waitForRequest(/language=en/);
  await page.getByRole("textbox", { name: "Language" }).fill("en");
  await asked;
  const newer = page.waitForResponse(/language=de/);
  await page.getByRole("textbox", { name: "Language" }).fill("de");
  await newer;
  await page.evaluate(() => performance.clearResourceTimings());
  release();
  // By what the page itself says has arrived, and time to show it if it would.
  await page.waitForFunction(() =>
    performance.getEntriesByType("resource").some(({ name }) => name.includes("language=en")),
  );
  await page.evaluate(() => new Promise((resolve) => setTimeout(resolve, 100)));
  expect(await page.getByRole("region", { name: "Ranking of speech to text" }).count()).toBe(0);
  expect(page.url()).toMatch(/#\/routing\?.*language=de/);
  await page.unroute(/language=en/);
  // A copied link shows the same.
  await button("Copy link").click();
  expect(await clipboard()).toBe(page.url());
});

test("Scores: the plot by keyboard, the table in any order", async () => {
  await page.getByRole("tab", { name: "Scores" }).click();
  await page.getByRole("tab", { name: "Text to speech" }).click();
  const points = page.getByRole("group", { name: /points. Arrow keys/ });
  await points.waitFor();
  await expectGoodLooks(page, "scores");
  await tabTo(page, points.locator("[tabindex='0']"));
  const details = page.locator(".plot-details strong");
  const before = await details.textContent();
  await page.keyboard.press("ArrowRight");
  await expect.poll(() => details.textContent()).not.toBe(before);

  const table = page.getByRole("table", { name: "Measurements, row by row" });
  const cost = async () =>
    (await table.locator("tbody tr td:nth-child(4)").allTextContents())
      .map((text) => Number.parseFloat(text.replace(/[^\d.]/g, "")))
      .filter((value) => !Number.isNaN(value));
  await tabTo(page, table.getByRole("button", { name: "Cost per minute" }));
  await page.keyboard.press("Enter");
  const ascending = await cost();
  expect(ascending.length).toBeGreaterThan(2);
  expect(ascending).toEqual([...ascending].sort((a, b) => a - b));
  await page.keyboard.press("Enter");
  await expect.poll(() => cost()).toEqual([...ascending].reverse());
});

test("API keys: made, shown once, copied, revoked", async () => {
  await visit(page, "API keys");
  await button("Create key").click();
  await page.getByLabel("Name").fill("the backend");
  await page.keyboard.press("Enter");
  const dialog = page.getByRole("dialog");
  await dialog.getByText("Your key “the backend”").waitFor();
  await shoot(page, "keys-created");
  await dialog.getByRole("button", { name: "Copy key" }).click();
  const key = await clipboard();
  expect(key).toMatch(/^sk_live_/);
  expect((await ask("/v1/organization", key)).status).toBe(200);
  await dialog.getByRole("button", { name: "I have copied it" }).click();
  expect(await page.content()).not.toContain(key);
  await expectGoodLooks(page, "keys");

  await button("Revoke the backend").click();
  await button("Revoke key").click();
  await page.getByText("Revoked (1)").waitFor();
  expect((await ask("/v1/organization", key)).status).toBe(401);
});

test("Docs: every endpoint of the gateway's document, found by its words", async () => {
  await visit(page, "Docs");
  const document = (await (await ask("/v1/openapi.json", gateway.key)).json()) as {
    paths: Record<string, Record<string, unknown>>;
  };
  const expected = Object.entries(document.paths).flatMap(([path, methods]) =>
    Object.keys(methods)
      .filter((method) => ["get", "put", "post", "delete", "patch"].includes(method))
      .map((method) => `${method.toUpperCase()} ${path}`),
  );
  const shown = async () =>
    page
      .locator(".operation-line")
      .evaluateAll((lines) => lines.map((line) => `${line.children[0]?.textContent} ${line.children[1]?.textContent}`));
  expect((await shown()).sort()).toEqual(expected.sort());
  await expectGoodLooks(page, "docs");
  await page.getByLabel("Find an endpoint").fill("transcript");
  await expect.poll(shown).toContain("GET /v1/sessions/{session_id}/transcript");
  expect((await shown()).length).toBeLessThan(expected.length / 2);
  await page.locator(".operation summary").first().press("Enter");
  await page.getByRole("heading", { name: "Try it" }).waitFor();
  await expectGoodLooks(page, "docs-open");
  await page.getByLabel("Find an endpoint").fill("no such thing");
  await page.getByText("No such endpoint").waitFor();
});

test("no page styles what is another page's: all that were visited hold together", async () => {
  await visit(page, "Usage");
  const contested = await page.evaluate(() => {
    // The sheet of the shell is everybody's.
    const sheets = [...document.styleSheets].filter(({ href }) => href !== null && !/\/index-/.test(href));
    const owners = new Map<string, Set<CSSStyleSheet>>();
    for (const sheet of sheets) {
      const text = [...sheet.cssRules].map(({ cssText }) => cssText).join("\n");
      // Classes by which a selector begins.
      for (const [, name = ""] of text.matchAll(/(?:^|[{},])\s*\.([a-z][\w-]*)/gm)) {
        owners.set(name, (owners.get(name) ?? new Set()).add(sheet));
      }
    }
    const several = [...owners].filter(([, pages]) => pages.size > 1).map(([name]) => name);
    return { sheets: sheets.length, classes: owners.size, several };
  });
  expect(contested.sheets).toBe(7);
  expect(contested.classes).toBeGreaterThan(180);
  expect(contested.several).toEqual([]);
});
