import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { startChromium } from "../harness/chromium.js";
import { Watch } from "../harness/console.js";
import { type RunningGateway, startGateway } from "../harness/gateway.js";
import { expectGoodLooks } from "../harness/looks.js";

let gateway: RunningGateway;
let browser: Browser;
let page: Page;
let watch: Watch;

beforeAll(async () => {
  gateway = await startGateway();
  browser = await startChromium();
});
afterAll(async () => {
  await browser?.close();
  await gateway?.stop();
});
beforeEach(async () => {
  page = await (await browser.newContext({ viewport: { width: 1280, height: 800 } })).newPage();
  watch = new Watch(page, gateway.url);
  return async () => {
    expect(watch.take()).toEqual([]);
    await page.context().close();
  };
});

const heading = (name: string) => page.getByRole("heading", { level: 1, name, exact: true });

async function signIn(key: string): Promise<void> {
  await page.getByLabel("Or with an API key").fill(key);
  await page.getByRole("button", { name: "Sign in", exact: true }).click();
}

async function createKey(name: string): Promise<{ id: string; key: string }> {
  const answer = await fetch(`${gateway.url}/v1/api-keys`, {
    method: "POST",
    headers: { authorization: `Bearer ${gateway.key}`, "content-type": "application/json" },
    body: JSON.stringify({ name }),
  });
  return (await answer.json()) as { id: string; key: string };
}

test("the printed link logs in once, and leaves no token behind", async () => {
  const link = gateway.consoleUrl ?? "";
  const token = /#token=(.+)$/.exec(link)?.[1] ?? "";
  expect(token.length).toBeGreaterThan(30);

  await page.goto(`${gateway.url}/#/providers`);
  await heading("Sign in to speko").waitFor();
  // In the same tab: that only changes the hash.
  await page.goto(link);
  await heading("Talk").waitFor();
  expect(page.url()).not.toContain(token);
  // The entry of the link itself was replaced: going back leads to the page before it.
  await page.goBack();
  await heading("Providers").waitFor();
  expect(page.url()).toBe(`${gateway.url}/#/providers`);
  await page.reload();
  await heading("Providers").waitFor();
  const kept = await page.evaluate(() => JSON.stringify([{ ...localStorage }, { ...sessionStorage }, document.cookie]));
  expect(kept).not.toContain(token);

  const cookies = await page.context().cookies();
  expect(cookies.length).toBeGreaterThan(0);
  for (const cookie of cookies) {
    expect(cookie).toMatchObject({ httpOnly: true, sameSite: "Strict" });
    expect(cookie.value).not.toContain(token);
  }
});

test("the same link a second time is refused, in words", async () => {
  watch.provoke(/^401 POST \/console\/login$/);
  await page.goto(gateway.consoleUrl ?? "");
  await heading("Sign in to speko").waitFor();
  expect(await page.locator(".notice").textContent()).toMatch(/link.*(once|used)/i);
  expect(page.url()).not.toContain("token");
  await expectGoodLooks(page, "sign-in");
});

test("an API key logs in, a wrong one does not; signing out is for good", async () => {
  watch.provoke(/^401 POST \/console\/login$/);
  await page.goto(gateway.url);
  await signIn("");
  await page.getByText("Paste an API key. It starts with sk_live_.").waitFor();
  await signIn("sk_live_wrong");
  await page.getByText("The gateway does not know this key, or it was revoked.").waitFor();
  await signIn(gateway.key);
  await heading("Talk").waitFor();
  const held = await page.evaluate(() => JSON.stringify([{ ...localStorage }, { ...sessionStorage }]));
  expect(held).not.toContain(gateway.key);

  const before = await page.context().cookies();
  await page.getByRole("button", { name: "Sign out" }).click();
  await heading("Sign in to speko").waitFor();
  await page.reload();
  await heading("Sign in to speko").waitFor();
  // Somebody who copied the cookie is out, too.
  await page.context().addCookies(before);
  await page.reload();
  await heading("Sign in to speko").waitFor();
});

test("a session that began with a key ends with it, in words", async () => {
  const { id, key } = await createKey("soon gone");
  await page.goto(gateway.url);
  await signIn(key);
  await heading("Talk").waitFor();
  await fetch(`${gateway.url}/v1/api-keys/${id}`, {
    method: "DELETE",
    headers: { authorization: `Bearer ${gateway.key}` },
  });
  watch.provoke(/^401 /);
  await page.evaluate(() => {
    location.hash = "#/keys";
  });
  await heading("Sign in to speko").waitFor();
  await page.getByText("Your session has ended. Sign in again to go on.").waitFor();
});
