import type { Browser, Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { type ChromiumOptions, startChromium } from "../harness/chromium.js";
import { type RunningGateway, startGateway } from "../harness/gateway.js";
import { recordPage } from "../harness/recorder.js";
import { type Site, startSite } from "../harness/site.js";
import { record } from "../harness/speech.js";
import { AGENT, happenings, loudest, talk, until } from "../harness/talk.js";

const SILENT = 0.005;
/** Three quarters of a minute: even where it begins late, the user cuts in long before its middle. */
const LONG = Array(3)
  .fill(
    "This is a long announcement that is meant to be interrupted. It goes on and on about nothing in particular, so " +
      "that there is enough time to speak over it. The weather is fine, the road is long, and the river is wide.",
  )
  .join(" ");

let gateway: RunningGateway;
let site: Site;
let browser: Browser | undefined;

beforeAll(async () => {
  gateway = await startGateway();
  site = await startSite({ gateway });
});
afterAll(async () => {
  await site.close();
  await gateway.stop();
});
afterEach(async () => {
  await browser?.close();
  browser = undefined;
});

async function open(options: ChromiumOptions): Promise<Page> {
  browser = await startChromium(options);
  const page = await browser.newPage();
  await recordPage(page);
  await page.goto(site.url);
  return page;
}

async function endReason(): Promise<string> {
  const answer = await fetch(`${gateway.url}/v1/sessions?limit=1`, {
    headers: { authorization: `Bearer ${gateway.key}` },
  });
  return (await answer.json()).entries[0].status;
}

test("two spoken questions are heard and answered aloud, and the end leaves nothing behind", async () => {
  const { path } = record([
    { silence: 1.5 },
    { say: "What is twelve times twelve?" },
    { silence: 5 },
    { say: "What is seven plus eight?" },
    { silence: 30 },
  ]);
  const page = await open({ microphone: path });
  expect(await talk(page)).toBeNull();

  await until(page, "message", /"source":"user".*twelve times twelve.*"isFinal":true/i);
  const speaking = await until(page, "mode", /speaking/);
  await until(page, "message", /"source":"agent".*(144|hundred).*"isFinal":true/i);
  await until(page, "message", /"source":"user".*seven plus eight.*"isFinal":true/i);
  await until(page, "message", /"source":"agent".*(15|fifteen).*"isFinal":true/i);

  const seen = await happenings(page);
  expect(seen.slice(0, 3).map(({ name, value }) => [name, value])).toEqual([
    ["status", "connecting"],
    ["status", "connected"],
    ["connect", { conversationId: expect.any(String) }],
  ]);
  const modes = seen.filter(({ name }) => name === "mode").map(({ value }) => value);
  expect(modes.slice(0, 3)).toEqual(["speaking", "listening", "speaking"]);
  const listening = seen.find(({ name, value, at }) => name === "mode" && value === "listening" && at > speaking.at);
  expect(await loudest(page, speaking.at, listening?.at)).toBeGreaterThan(0.05);
  expect(seen.filter(({ name }) => name === "error")).toEqual([]);

  await page.evaluate(() => window.conversation?.endSession());
  expect(await page.evaluate(() => window.recorded.tracks.map(({ readyState }) => readyState))).toEqual(["ended"]);
  expect(await page.evaluate(() => window.recorded.contexts.map(({ state }) => state))).toEqual(["closed"]);
  await page.waitForFunction(() => window.recorded.sockets.every(({ readyState }) => readyState === WebSocket.CLOSED));
  const last = (await happenings(page)).slice(-3).map(({ name, value }) => [name, value]);
  expect(last.slice(-2)).toEqual([
    ["status", "disconnected"],
    ["disconnect", expect.objectContaining({ reason: "user" })],
  ]);
  await expect.poll(endReason).toBe("ended");
});

test("speaking over the agent silences it", async () => {
  const { path } = record([{ silence: 8 }, { say: "Stop, please. What is seven plus eight?" }, { silence: 30 }]);
  const page = await open({ microphone: path });
  expect(await talk(page, { session: { ...AGENT, firstMessage: LONG } })).toBeNull();
  const speaking = await until(page, "mode", /speaking/);
  const listening = await until(page, "mode", /listening/);
  expect(await loudest(page, speaking.at, listening.at)).toBeGreaterThan(0.05);
  // A render quantum is 3 ms; the analyser that listens along holds the last 21 ms.
  expect(await loudest(page, listening.at + 100, listening.at + 300)).toBeLessThan(SILENT);
  const said = (await happenings(page)).filter(
    ({ name, value }) => name === "message" && value.text.includes("announcement"),
  );
  const last = said.at(-1)?.value;
  expect(last).toMatchObject({ source: "agent", isFinal: true });
  expect(LONG.startsWith(last.text) && last.text.length < LONG.length / 2, last.text).toBe(true);
  await until(page, "message", /"source":"agent".*(15|fifteen).*"isFinal":true/i);
});

test("what is muted is not sent", async () => {
  const { path } = record([{ silence: 1 }, { say: "What is twelve times twelve?" }, { silence: 1 }]);
  const page = await open({ microphone: path, loop: true });
  expect(await talk(page)).toBeNull();
  await page.evaluate(() => {
    window.recorded.keepSent = true;
    return window.conversation?.setMicMuted(true);
  });
  const sent = () => page.evaluate(() => window.recorded.sent.length);
  const before = await sent();
  await page.evaluate(() => new Promise((resolve) => setTimeout(resolve, 500)));
  // A frame that was on its way from the audio thread may have come.
  expect((await sent()) - before).toBeLessThanOrEqual(1);
  expect(await page.evaluate(() => window.recorded.tracks.map(({ enabled }) => enabled))).toEqual([false]);
  await page.evaluate(() => window.conversation?.setMicMuted(false));
  await expect.poll(sent).toBeGreaterThan(before + 10);
  await until(page, "message", /"source":"user".*twelve/i);
});

test("what was typed is answered aloud", async () => {
  const page = await open({ microphone: record([{ silence: 60 }]).path });
  expect(await talk(page)).toBeNull();
  await page.evaluate(() => window.conversation?.sendUserMessage("What is twelve times twelve?"));
  await until(page, "message", /"source":"agent".*(144|hundred)/i);
  await until(page, "mode", /speaking/);
});

test("wrong and expired tokens are refused, and leave nothing behind", async () => {
  const page = await open({});
  const minted = await page.evaluate(
    async (session) => {
      const answer = await fetch("/session", { method: "POST", body: JSON.stringify(session) });
      return answer.json();
    },
    { ...AGENT, ttlSeconds: 1 },
  );
  expect(await talk(page, { credentials: { ...minted, wsToken: "no.token" } })).toMatch(
    /^SpekoClientError CONNECTION_FAILED: .*UNAUTHORIZED/,
  );
  await new Promise((resolve) => setTimeout(resolve, 1100));
  expect(await talk(page, { credentials: minted })).toMatch(/^SpekoClientError CONNECTION_FAILED: .*UNAUTHORIZED/);
  const names = (await happenings(page)).map(({ name, value }) => [name, value]);
  expect(names).toEqual([
    ["status", "connecting"],
    ["status", "disconnected"],
  ]);
  expect(await page.evaluate(() => window.recorded.tracks.length)).toBe(0);
  await page.waitForFunction(() => window.recorded.sockets.every(({ readyState }) => readyState === WebSocket.CLOSED));
});

test("a microphone that is refused is said, and the session is not left open", async () => {
  const page = await open({ granted: false });
  await page.context().clearPermissions();
  expect(await talk(page)).toMatch(/^SpekoClientError MICROPHONE_FAILED: /);
  await page.waitForFunction(() => window.recorded.sockets.every(({ readyState }) => readyState === WebSocket.CLOSED));
  expect(await page.evaluate(() => window.recorded.contexts.every(({ state }) => state === "closed"))).toBe(true);
  await expect.poll(endReason).toBe("ended");
});

test("a gateway that dies in the call is looked for for 15 s, and then the call is over", async () => {
  const own = await startGateway();
  const ownSite = await startSite({ gateway: own });
  browser = await startChromium({ microphone: record([{ silence: 60 }]).path });
  const page = await browser.newPage();
  await recordPage(page);
  await page.goto(ownSite.url);
  expect(await talk(page)).toBeNull();
  await own.kill();
  await page.waitForFunction(() => window.conversation?.isOpen() === false);
  const seen = await happenings(page);
  expect(seen.filter(({ name }) => name === "disconnect")).toEqual([]);
  const over = await until(page, "disconnect", /"reason":"error"/, 25_000);
  expect(over.at).toBeGreaterThan(10_000);
  expect(await page.evaluate(() => window.recorded.tracks.map(({ readyState }) => readyState))).toEqual(["ended"]);
  expect(await page.evaluate(() => window.recorded.contexts.map(({ state }) => state))).toEqual(["closed"]);
  await ownSite.close();
});
