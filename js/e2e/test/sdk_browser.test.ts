import { Speko as NodeSpeko } from "@spekoai/sdk";
import { afterAll, beforeAll, expect, test } from "vitest";
import { WebSocket } from "ws";
import { startChromium } from "../harness/chromium.js";
import { type RunningGateway, startGateway } from "../harness/gateway.js";
import { samplesOf } from "../harness/signals.js";
import { startSite } from "../harness/site.js";
import { record } from "../harness/speech.js";

/** The documented call of `realtime.connect`, wherever it runs: one question as sound, and what came of it. */
async function converse(Speko: typeof NodeSpeko, baseUrl: string, apiKey: string, samples: number[]) {
  const speko = new Speko({ apiKey, baseUrl });
  const session = await speko.realtime.connect({
    provider: "speko",
    model: "cascade",
    intent: { language: "en" },
    systemPrompt: "You are a helpful assistant.",
    inputSampleRate: 24000,
    outputSampleRate: 24000,
    ttlSeconds: 120,
  });
  const seen: string[] = [];
  let heard = "";
  let answer = "";
  let bytes = 0;
  await new Promise<void>((resolve, reject) => {
    session.on((frame) => {
      seen.push(frame.type);
      if (frame.type === "audio") {
        bytes += frame.pcm.length;
      } else if (frame.type === "transcript") {
        if (frame.role === "user") {
          heard = frame.text;
        } else {
          answer = frame.text;
        }
        if (frame.role === "assistant" && frame.final) {
          session.close();
        }
      } else if (frame.type === "error") {
        reject(new Error(`${frame.code}: ${frame.message}`));
      } else if (frame.type === "close") {
        resolve();
      }
    });
    // In real time, as a microphone would: 20 ms each, and silence behind it.
    const pcm = new Uint8Array(new Int16Array([...samples, ...new Array(96_000).fill(0)]).buffer);
    let at = 0;
    const timer = setInterval(() => {
      session.sendAudio(pcm.subarray(at, at + 960));
      at += 960;
      if (at >= pcm.length || seen.includes("close")) {
        clearInterval(timer);
      }
    }, 20);
  });
  return { seen: [...new Set(seen)], heard, answer, bytes };
}

let gateway: RunningGateway;
let question: number[];

beforeAll(async () => {
  gateway = await startGateway();
  const { path } = record([{ silence: 0.5 }, { say: "What is twelve times twelve?" }], 24_000);
  question = Array.from(samplesOf(path));
});
afterAll(() => gateway.stop());

function expectConversation({ seen, heard, answer, bytes }: Awaited<ReturnType<typeof converse>>): void {
  expect(seen).toEqual(expect.arrayContaining(["ready", "transcript", "audio", "turn", "close"]));
  expect(heard).toMatch(/twelve times twelve/i);
  expect(answer).toMatch(/144|hundred/i);
  expect(bytes).toBeGreaterThan(24_000);
}

test("realtime.connect in Node, with the WebSocket of `ws`", async () => {
  const before = globalThis.WebSocket;
  globalThis.WebSocket = WebSocket as unknown as typeof globalThis.WebSocket;
  try {
    expectConversation(await converse(NodeSpeko, gateway.url, gateway.key, question));
  } finally {
    globalThis.WebSocket = before;
  }
});

test("realtime.connect in a page, for trusted use", async () => {
  const site = await startSite({ gateway, connect: `${gateway.url} ${gateway.url.replace("http", "ws")}` });
  const browser = await startChromium();
  try {
    const page = await browser.newPage();
    await page.goto(site.url);
    const call = `(${converse.toString()})(window.sdk.Speko, ${JSON.stringify(gateway.url)}, ${JSON.stringify(gateway.key)}, ${JSON.stringify(question)})`;
    expectConversation((await page.evaluate(call)) as Awaited<ReturnType<typeof converse>>);
  } finally {
    await browser.close();
    await site.close();
  }
});

test("the SDK in a worker, which has neither a window nor a document", async () => {
  const site = await startSite({ gateway, connect: gateway.url });
  const browser = await startChromium();
  try {
    const page = await browser.newPage();
    await page.goto(site.url);
    const organization = await page.evaluate(
      (options) =>
        new Promise<{ name: string }>((resolve, reject) => {
          const worker = new Worker("/worker.js", { type: "module" });
          worker.onmessage = ({ data }) => resolve(data);
          worker.onerror = ({ message }) => reject(new Error(message));
          worker.postMessage(options);
        }),
      { apiKey: gateway.key, baseUrl: gateway.url },
    );
    expect(organization.name).toBe("Default");
  } finally {
    await browser.close();
    await site.close();
  }
});
