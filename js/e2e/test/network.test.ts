import type { Browser, Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { startChromium } from "../harness/chromium.js";
import { type RunningGateway, startGateway } from "../harness/gateway.js";
import { makeNetwork, mayMakeNetworks, type Network } from "../harness/network.js";
import { recordPage } from "../harness/recorder.js";
import { type Site, startSite } from "../harness/site.js";
import { record } from "../harness/speech.js";
import { happenings, talk, until } from "../harness/talk.js";

const PORT = 18_787;
/** Seconds of the microphone's file at which the second question begins: long after the answer to the first. */
const SECOND_AT = 11;

describe.skipIf(!mayMakeNetworks)("two hosts, and a link between them that fails", () => {
  let network: Network;
  let gateway: RunningGateway;
  let site: Site;
  let browser: Browser | undefined;
  let microphone: string;

  beforeAll(async () => {
    network = makeNetwork();
    gateway = await startGateway({
      prefix: network.far,
      args: ["--host", "0.0.0.0"],
      port: PORT,
      env: { SPEKO_PUBLIC_URL: `http://${network.farFromNear}:${PORT}` },
    });
    site = await startSite({
      gateway: { url: `http://${network.farFromHere}:${PORT}`, key: gateway.key },
      connect: `ws://${network.farFromNear}:${PORT}`,
      host: network.hereFromNear,
    });
    const first = record([{ say: "What is twelve times twelve?" }]);
    microphone = record([
      { silence: 2 },
      { say: "What is twelve times twelve?" },
      { silence: SECOND_AT - 2 - first.seconds },
      { say: "What is seven plus eight?" },
      { silence: 60 },
    ]).path;
  });
  afterAll(async () => {
    await site?.close();
    await gateway?.stop();
    network?.remove();
  });
  afterEach(async () => {
    await browser?.close();
    browser = undefined;
  });

  async function inConversation(): Promise<Page> {
    browser = await startChromium({
      microphone,
      program: network.chromium,
      args: [`--unsafely-treat-insecure-origin-as-secure=${site.url}`],
    });
    const page = await browser.newPage();
    await recordPage(page);
    await page.goto(site.url);
    expect(await talk(page)).toBeNull();
    await until(page, "message", /"source":"agent".*(144|hundred).*"isFinal":true/i);
    return page;
  }

  /** Waits until so many seconds of the microphone's file have been heard. */
  async function heard(page: Page, seconds: number): Promise<void> {
    await page.waitForFunction(
      (ms) => performance.now() - (window.happenings.find(({ name }) => name === "connect")?.at ?? 0) > ms,
      seconds * 1000,
    );
  }

  async function goesOn(page: Page): Promise<void> {
    await until(page, "message", /"source":"user".*seven plus eight.*"isFinal":true/i);
    await until(page, "message", /"source":"agent".*(15|fifteen).*"isFinal":true/i);
    expect(await page.evaluate(() => window.conversation?.isOpen())).toBe(true);
    const seen = await happenings(page);
    expect(seen.filter(({ name }) => name === "connect")).toHaveLength(1);
    expect(seen.filter(({ name, value }) => name === "disconnect" || value === "disconnected")).toEqual([]);
    const firsts = seen.filter(
      ({ name, value }) => name === "message" && value.isFinal && /144|hundred/i.test(value.text),
    );
    expect(firsts).toHaveLength(1);
    await page.evaluate(() => window.conversation?.endSession());
  }

  test("3 s without a link, in the middle of a question: not a word is lost", async () => {
    const page = await inConversation();
    await heard(page, SECOND_AT + 0.4);
    network.cut();
    await new Promise((resolve) => setTimeout(resolve, 3000));
    network.mend();
    await goesOn(page);
  });

  test("another address, in the middle of a question: the call goes on over a new socket", async () => {
    const page = await inConversation();
    await heard(page, SECOND_AT + 0.4);
    network.move();
    await goesOn(page);
    expect(await page.evaluate(() => window.recorded.sockets.length)).toBeGreaterThan(1);
  });
});
