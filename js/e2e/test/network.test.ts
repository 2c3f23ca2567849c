import type { Browser, Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { startChromium } from "../harness/chromium.js";
import { type RunningGateway, startGateway } from "../harness/gateway.js";
import { makeNetwork, mayMakeNetworks, type Network } from "../harness/network.js";
import { recordPage } from "../harness/recorder.js";
import { METER, type Site, startSite } from "../harness/site.js";
import { record } from "../harness/speech.js";
import { AGENT, happenings, talk, until } from "../harness/talk.js";

const PORT = 18_787;
/** Seconds of the microphone's file at which the second question begins: long after the answer to the first. */
const SECOND_AT = 11;
/** Sentences that the agent begins with. More than what it makes ahead, so that some of them are made while nobody gets them. */
const SENTENCES = [
  "Welcome to the harbour, and thank you for calling us this morning.",
  "The first ferry to the northern island leaves at a quarter past seven.",
  "The second ferry waits for the train and leaves shortly after nine.",
  "Bicycles travel for free, but dogs have to be kept on a lead.",
  "The kitchen on the upper deck serves warm soup and fresh bread.",
  "If you have any question, please ask me now.",
].join(" ");
/** Of energy: 10 ms are louder than the noise of nothing. */
const AUDIBLE = 1e-4;

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
    const page = await opened(microphone);
    expect(await talk(page)).toBeNull();
    await until(page, "message", /"source":"agent".*(144|hundred).*"isFinal":true/i);
    return page;
  }

  async function opened(sound: string): Promise<Page> {
    browser = await startChromium({
      microphone: sound,
      program: network.chromium,
      args: [`--unsafely-treat-insecure-origin-as-secure=${site.url}`],
    });
    const page = await browser.newPage();
    await recordPage(page, METER);
    await page.goto(site.url);
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

  interface Announced {
    /** Samples that came, over all sockets. */
    came: number[];
    /** Of what was played. */
    energy: number;
    audibleMs: number;
    sockets: number;
    /** Milliseconds from the failure to the next `ready`, and to the next sound that came. */
    readyAfter: number | undefined;
    soundAfter: number | undefined;
  }

  /** The agent says its sentences, and a second later this happens to the network. */
  async function announce(fails?: () => Promise<void> | void): Promise<Announced> {
    const page = await opened(record([{ silence: 120 }]).path);
    expect(await talk(page, { session: { ...AGENT, firstMessage: SENTENCES } })).toBeNull();
    await until(page, "mode", /speaking/);
    await new Promise((resolve) => setTimeout(resolve, 1000));
    const failed = await page.evaluate(() => performance.now());
    await fails?.();
    await until(page, "turn", /response_done/, 60_000);
    await until(page, "mode", /listening/, 60_000);
    await page.waitForFunction(
      () => window.recorded.energy.length > 50 && window.recorded.energy.slice(-50).every((energy) => energy < 1e-6),
    );
    const found = await page.evaluate(
      ({ failed, audible }) => {
        const { came, energy, ready, sockets } = window.recorded;
        const after = (times: number[]) => times.map((at) => at - failed).find((ms) => ms > 0);
        return {
          came: came.flatMap(({ samples }) => samples),
          energy: energy.reduce((sum, one) => sum + one, 0),
          audibleMs: energy.filter((one) => one > audible).length * 10,
          sockets: sockets.length,
          readyAfter: after(ready),
          soundAfter: after(came.filter(({ at }) => at > (ready.find((at) => at > failed) ?? at)).map(({ at }) => at)),
        };
      },
      { failed, audible: AUDIBLE },
    );
    const finals = (await happenings(page)).filter(({ name, value }) => name === "message" && value.isFinal);
    expect(finals.map(({ value }) => value.text.trim())).toEqual([SENTENCES]);
    await page.evaluate(() => window.conversation?.endSession());
    await browser?.close();
    return found;
  }

  test("nothing that the agent says is lost or heard twice, whatever becomes of the network meanwhile", async () => {
    const whole = await announce();
    expect(whole.came.length).toBeGreaterThan(15 * 24_000);
    const failures: Record<string, () => Promise<void> | void> = {
      "another address": () => network.move(),
      "4 s without a link, and another address then": async () => {
        network.cut();
        await new Promise((resolve) => setTimeout(resolve, 4000));
        network.move();
        network.mend();
      },
    };
    for (const [failure, fails] of Object.entries(failures)) {
      const found = await announce(fails);
      const { readyAfter, soundAfter } = found;
      console.info(`${failure}: ready ${readyAfter?.toFixed()} ms, sound ${soundAfter?.toFixed()} ms after the loss`);
      expect(found.sockets).toBeGreaterThan(1);
      expect(found.came.length).toBe(whole.came.length);
      expect(found.came.every((sample, i) => sample === whole.came[i])).toBe(true);
      expect(found.energy / whole.energy).toBeCloseTo(1, 2);
      expect(Math.abs(found.audibleMs - whole.audibleMs)).toBeLessThan(200);
    }
  }, 480_000);

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
