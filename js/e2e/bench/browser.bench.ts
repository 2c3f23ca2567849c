import { mkdirSync, writeFileSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { startChromium } from "../harness/chromium.js";
import { CLIENT_DIST, RECORDINGS } from "../harness/paths.js";
import { attachEngine, type EngineOptions } from "./engine.js";
import { delays, line } from "./figures.js";
import { installProbes, PROBE_WORKLET, type Probed } from "./probes.js";

const SECONDS = Number(process.env.SECONDS ?? 60);
const RATE = 48_000;
const PAGE = `<!doctype html><script type="module" src="/page.js"></script>`;
const SCRIPT = `import * as client from "/client/index.js"; window.client = client;`;
const OFF = { echoCancellation: false, noiseSuppression: false, autoGainControl: false };

let url: string;
let pattern: EngineOptions = { on: 10, off: 30 };
const server = createServer(async ({ url: path = "/" }, response) => {
  const script = (body: string | Buffer) => response.writeHead(200, { "content-type": "text/javascript" }).end(body);
  const file = /^\/client\/([a-z-]+\.js)$/.exec(path)?.[1];
  if (path === "/") {
    response.writeHead(200, { "content-type": "text/html" }).end(PAGE);
  } else if (path === "/page.js") {
    script(SCRIPT);
  } else if (path === "/probe.js") {
    script(PROBE_WORKLET);
  } else if (file !== undefined) {
    script(await readFile(`${CLIENT_DIST}${file}`));
  } else {
    response.writeHead(404).end();
  }
});

beforeAll(async () => {
  attachEngine(server, () => pattern);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterAll(() => {
  server.closeAllConnections();
  server.close();
});

/** Between two tones, in samples: no multiple of a frame, so that they fall on all places of one. */
const TONE_EVERY = 39_053;

/** A microphone that hears short tones. */
function tones(): string {
  const samples = new Int16Array(RATE * 60);
  for (let at = RATE; at < samples.length - RATE; at += TONE_EVERY) {
    for (let i = 0; i < RATE / 50; i++) {
      samples[at + i] = 12_000 * Math.cos((2 * Math.PI * 1000 * i) / RATE);
    }
  }
  const header = Buffer.alloc(44);
  header.write("RIFF", 0);
  header.writeUInt32LE(36 + samples.byteLength, 4);
  header.write("WAVEfmt ", 8);
  for (const [value, at, size] of [
    [16, 16, 4],
    [1, 20, 2],
    [1, 22, 2],
    [RATE, 24, 4],
    [RATE * 2, 28, 4],
    [2, 32, 2],
    [16, 34, 2],
  ] as const) {
    header.writeUIntLE(value, at, size);
  }
  header.write("data", 36);
  header.writeUInt32LE(samples.byteLength, 40);
  mkdirSync(RECORDINGS, { recursive: true });
  const path = `${RECORDINGS}tones.wav`;
  writeFileSync(path, Buffer.concat([header, Buffer.from(samples.buffer)]));
  return path;
}

type Client = "ours" | "floor" | "nothing";

async function inPage<T>(client: Client, probes: boolean, work: (page: Page) => Promise<T>): Promise<T> {
  const browser: Browser = await startChromium({ microphone: tones(), loop: true });
  try {
    const page = await browser.newPage();
    await installProbes(page, probes);
    await page.goto(url);
    await page.waitForFunction(() => window.client !== undefined);
    const wsUrl = `${url.replace("http", "ws")}/ws`;
    if (client === "ours") {
      await page.evaluate(
        async ([wsUrl, audioConstraints]) => {
          const { RealtimeVoiceConversation } = window.client;
          await RealtimeVoiceConversation.create({ sessionId: "bench", wsUrl, wsToken: "token", audioConstraints });
        },
        [wsUrl, OFF] as const,
      );
    } else if (client === "floor") {
      await page.evaluate((wsUrl) => window.floor(wsUrl), wsUrl);
    }
    return await work(page);
  } finally {
    await browser.close();
  }
}

const pause = (seconds: number) => new Promise((resolve) => setTimeout(resolve, seconds * 1000));

test("added time, from the socket to the loudspeaker and from the microphone to the socket", async () => {
  pattern = { on: 10, off: 30 };
  const measure = (client: Client) =>
    inPage(client, true, async (page) => {
      await pause(SECONDS);
      return page.evaluate(() => window.probed) as Promise<Probed>;
    });
  const ours = await measure("ours");
  const floor = await measure("floor");
  console.log(`\n${"ms".padEnd(44)}    ours     p99      floor     p99   ratio`);
  const down = [ours, floor].map(({ received, rendered }) => delays(received, rendered)) as [number[], number[]];
  const up = [ours, floor].map(({ captured, sent }) => delays(captured, sent)) as [number[], number[]];
  console.log(line("frame received to its first sample rendered", ...down));
  console.log(line("sound at the microphone's node to the socket", ...up));
  for (const found of [...down, ...up]) {
    expect(found.length).toBeGreaterThan(SECONDS / 2);
  }
});

test("main thread and memory, with sound both ways all the time", async () => {
  pattern = { on: 50, off: 0 };
  const measure = (client: Client) =>
    inPage(client, false, async (page) => {
      const session = await page.context().newCDPSession(page);
      await session.send("Performance.enable");
      const metrics = async () => {
        await session.send("HeapProfiler.collectGarbage");
        const { metrics } = await session.send("Performance.getMetrics");
        return Object.fromEntries(metrics.map(({ name, value }) => [name, value])) as Record<string, number>;
      };
      await pause(5);
      const before = await metrics();
      await pause(SECONDS);
      const after = await metrics();
      const gained = (name: string) => (after[name] ?? 0) - (before[name] ?? 0);
      return {
        task: (1000 * gained("TaskDuration")) / gained("Timestamp"),
        script: (1000 * gained("ScriptDuration")) / gained("Timestamp"),
        heap: (after.JSHeapUsedSize ?? 0) / 1e6,
        grown: gained("JSHeapUsedSize") / 1e3,
      };
    });
  console.log("\nper second of call                      ms of main thread   of it script   heap MB   grown KB");
  for (const client of ["nothing", "floor", "ours"] as const) {
    const { task, script, heap, grown } = await measure(client);
    const cells = [task.toFixed(2).padStart(22), script.toFixed(2).padStart(14), heap.toFixed(2).padStart(9)];
    console.log(`${client.padEnd(34)} ${cells.join(" ")} ${grown.toFixed(0).padStart(10)}`);
  }
});
