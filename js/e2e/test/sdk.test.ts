/** Every method of the SDK, once, against a gateway on its embedded engines. */

import { readFile } from "node:fs/promises";
import {
  type CompleteEvent,
  type RealtimeFrame,
  type SessionEvent,
  Speko,
  SpekoApiError,
  SpekoAuthError,
  type TranscribeEvent,
} from "@spekoai/sdk";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { WebSocket } from "ws";
import { type RunningGateway, startGateway } from "../harness/gateway.js";
import { record } from "../harness/speech.js";

const INTENT = { language: "en" } as const;
const UNKNOWN_SESSION = "00000000-0000-4000-8000-000000000000";

let gateway: RunningGateway;
let speko: Speko;
let speech: Buffer;

beforeAll(async () => {
  gateway = await startGateway();
  speko = new Speko({ apiKey: gateway.key, baseUrl: gateway.url });
  const { path } = record([{ silence: 0.5 }, { say: "The quick brown fox." }, { silence: 0.5 }], 16_000);
  speech = await readFile(path);
});
afterAll(() => gateway.stop());

describe("voice calls", () => {
  test("transcribe", async () => {
    const result = await speko.transcribe(speech, { ...INTENT, keywords: ["twelve", "Grüße"] });
    expect(result.text).toMatch(/quick brown fox/i);
    expect(result).toMatchObject({ provider: expect.stringMatching(/./), failoverCount: 0 });
    await expectAttempt(result.requestId, "stt");
  });

  test("transcribeStream", async () => {
    const events = await all<TranscribeEvent>(speko.transcribeStream(speech, INTENT));
    expect(events[0]).toMatchObject({ type: "meta", failoverCount: 0 });
    expect(events.at(-1)).toMatchObject({ type: "done", text: expect.stringMatching(/quick brown fox/i) });
    expect(events.slice(1, -1).every(({ type }) => type === "transcript")).toBe(true);
  });

  test("synthesize, and its sound is recognised again", async () => {
    const { audio, contentType, requestId } = await speko.synthesize("What is twelve times twelve?", {
      ...INTENT,
      sampleRate: 16_000,
      spokenForm: true,
    });
    expect(contentType).toBe("audio/pcm;rate=16000");
    expect(audio.length).toBeGreaterThan(16_000);
    await expectAttempt(requestId, "tts");
    const { text } = await speko.transcribe(audio, { ...INTENT, contentType });
    expect(text).toMatch(/twelve times twelve/i);
  });

  test("synthesizeStream", async () => {
    const stream = await speko.synthesizeStream("Hello.", INTENT);
    expect(stream).toMatchObject({ contentType: "audio/pcm;rate=24000", failoverCount: 0 });
    const size = (await all(stream)).reduce((sum, chunk) => sum + chunk.length, 0);
    expect(size).toBeGreaterThan(10_000);
    expect(size % 2).toBe(0);
  });

  test("complete", async () => {
    const result = await speko.complete({
      messages: [{ role: "user", content: "What is twelve times twelve?" }],
      intent: INTENT,
      systemPrompt: "Be brief.",
    });
    expect(result.text).toMatch(/144|hundred/i);
    expect(result.usage.completionTokens).toBeGreaterThan(0);
    await expectAttempt(result.requestId, "llm");
  });

  test("completeStream", async () => {
    const params = { messages: [{ role: "user" as const, content: "Hello" }], intent: INTENT };
    const events = await all<CompleteEvent>(speko.completeStream(params));
    expect(events[0]).toMatchObject({ type: "meta", hop: 0, totalFailoverCount: 0 });
    const text = events.map((event) => (event.type === "delta" ? event.text : "")).join("");
    expect(events.at(-1)).toMatchObject({ type: "done", text });
  });

  test("what the gateway refuses", async () => {
    const bad = { messages: [], intent: INTENT };
    await expect(speko.complete(bad)).rejects.toMatchObject({ status: 400, code: "VALIDATION_ERROR" });
    const error = await speko.transcribe(new Uint8Array(), INTENT).catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(SpekoApiError);
    expect(error).toMatchObject({ status: 400, code: "INVALID_AUDIO", requestId: expect.stringMatching(/./) });
    const stranger = new Speko({ apiKey: `sk_live_${"0".repeat(48)}`, baseUrl: gateway.url });
    await expect(stranger.organization.get()).rejects.toBeInstanceOf(SpekoAuthError);
  });
});

describe("a conversation", () => {
  test("from connect to its records", async () => {
    const frames = await converse();
    const of = <T extends RealtimeFrame["type"]>(type: T) =>
      frames.filter((frame): frame is Extract<RealtimeFrame, { type: T }> => frame.type === type);
    expect(frames[0]).toMatchObject({ type: "ready", inputSampleRate: 16_000, outputSampleRate: 24_000 });
    expect(of("transcript").at(-1)).toMatchObject({ role: "assistant", final: true });
    expect(of("transcript").at(-1)?.text).toMatch(/144|hundred/i);
    expect(of("audio").every(({ pcm, sampleRate }) => pcm.length > 0 && sampleRate === 24_000)).toBe(true);
    expect(of("turn").map(({ stage }) => stage)).toContain("first_audio");
    expect(frames.at(-1)).toMatchObject({ type: "close", code: 1000 });

    const { entries, nextCursor } = await speko.sessions.list({ limit: 1, kind: "s2s", from: new Date(0) });
    expect(nextCursor === null || typeof nextCursor === "string").toBe(true);
    const [session] = entries;
    const id = session?.sessionId ?? "";
    expect(session).toMatchObject({ kind: "s2s", metadata: { test: "sdk" }, provider: "speko" });
    expect(await speko.sessions.get(id)).toMatchObject({ sessionId: id, requestId: session?.requestId });
    expect((await speko.sessions.transcript(id)).entries).toEqual([]);
    const turns = (await speko.sessions.turns(id)).entries;
    expect(turns.flatMap(({ stages }) => stages.map(({ stage }) => stage))).toContain("first_audio");
    await expectAttempt(session?.requestId, "s2s");
  });

  async function converse(): Promise<RealtimeFrame[]> {
    const before = globalThis.WebSocket;
    globalThis.WebSocket = WebSocket as unknown as typeof globalThis.WebSocket;
    try {
      const session = await speko.realtime.connect({
        intent: INTENT,
        constraints: { allowedProviders: { s2s: ["speko"] } },
        inputSampleRate: 16_000,
        metadata: { test: "sdk" },
      });
      expect(session).toMatchObject({ provider: "speko", requestId: expect.stringMatching(/./) });
      const frames: RealtimeFrame[] = [];
      await new Promise<void>((resolve) => {
        session.on((frame) => {
          frames.push(frame);
          if (frame.type === "ready") {
            session.sendText("What is twelve times twelve?");
          } else if (frame.type === "turn" && frame.stage === "response_done") {
            session.close();
          } else if (frame.type === "audio") {
            session.played(20);
          } else if (frame.type === "close") {
            resolve();
          }
        });
      });
      return frames;
    } finally {
      globalThis.WebSocket = before;
    }
  }
});

describe("sessions", () => {
  test("create once per idempotency key, ingestTurns, transcript, and stream with a cursor", async () => {
    const params = { mode: "s2s", intent: INTENT, ttlSeconds: 2 } as const;
    const options = { idempotencyKey: "sdk-e2e" };
    const made = await speko.sessions.create(params, options);
    expect(made).toMatchObject({ mode: "s2s", inputSampleRate: 24_000, outputSampleRate: 24_000 });
    expect(made.wsUrl).toMatch(/^ws:/);
    expect((await speko.sessions.create(params, options)).sessionId).toBe(made.sessionId);
    const conflict = speko.sessions.create({ ...params, ttlSeconds: 3 }, options);
    await expect(conflict).rejects.toMatchObject({ status: 409, code: "IDEMPOTENCY_CONFLICT" });

    const turn = { source: "user", text: "Grüße", startedAt: new Date() } as const;
    const answer = { source: "agent", text: "Hello", startedAt: new Date(), llmTtftMs: 12 } as const;
    const stored = await speko.sessions.ingestTurns(made.sessionId, [
      { index: 0, ...turn },
      { index: 1, ...answer },
    ]);
    expect(stored).toBeUndefined();
    const { entries } = await speko.sessions.transcript(made.sessionId);
    expect(entries).toMatchObject([
      { index: 0, text: "Grüße", endedAt: null },
      { index: 1, llmTtftMs: 12 },
    ]);

    // Nobody joins, so it ends by itself.
    const stream = speko.sessions.stream(made.sessionId, { cursor: "0:0" });
    const events = await all<SessionEvent>(stream);
    expect(events[0]).toMatchObject({ type: "status" });
    expect(events.filter(({ type }) => type === "transcript")).toMatchObject([{ index: 1, text: "Hello" }]);
    expect(events.at(-1)).toEqual({ type: "end", reason: "session_ended" });
    expect(stream.cursor).toBe("1:0");
  });

  test("that nobody has made", async () => {
    const refused = { status: 404, code: "SESSION_NOT_FOUND" };
    await expect(speko.sessions.get(UNKNOWN_SESSION)).rejects.toMatchObject(refused);
    await expect(all(speko.sessions.stream(UNKNOWN_SESSION))).rejects.toMatchObject(refused);
  });
});

describe("resources", () => {
  test("apiKeys", async () => {
    const made = await speko.apiKeys.create({ name: "Grüße" });
    const other = new Speko({ apiKey: made.key, baseUrl: gateway.url });
    expect(await other.organization.get()).toEqual(await speko.organization.get());
    expect(await speko.apiKeys.revoke(made.id)).toEqual({ id: made.id, revoked: true });
    await expect(other.organization.get()).rejects.toBeInstanceOf(SpekoAuthError);
    const listed = (await speko.apiKeys.list()).find(({ id }) => id === made.id);
    expect(listed).toMatchObject({ name: "Grüße", keyPrefix: made.keyPrefix, revoked: true });
  });

  test("usage", async () => {
    const usage = await speko.usage.get({ from: new Date(0) });
    expect(usage).toMatchObject({ currency: "USD", totalCost: 0 });
    expect(usage.breakdown.map(({ type }) => type)).toEqual(expect.arrayContaining(["stt", "tts", "llm"]));
  });

  test("voices", async () => {
    const { voices, providers } = await speko.voices.list({ provider: "flite" });
    expect(new Set(voices.map(({ vendor }) => vendor))).toEqual(new Set(["flite"]));
    expect(providers.map(({ key }) => key)).toEqual(["flite"]);
    expect((await speko.voices.list()).providers.length).toBeGreaterThan(1);
  });

  test("providers", async () => {
    const rows = await speko.providers.list();
    expect(rows.find(({ key }) => key === "flite")).toMatchObject({ type: "tts", configured: true, embedded: true });
    expect((await speko.providers.known()).tts.map(({ id }) => id)).toContain("flite");
    expect(await speko.providers.set("deepgram", "not-a-key")).toEqual({ provider: "deepgram", configured: true });
    const own = (await speko.providers.list()).find(({ key }) => key === "deepgram");
    expect(own).toMatchObject({ source: "BYOK", embedded: false });
    expect(await speko.providers.remove("deepgram")).toEqual({ provider: "deepgram", configured: false });
    // Without a key nothing is asked of the vendor.
    expect(await speko.providers.test("deepgram")).toMatchObject({ provider: "deepgram", ok: false, source: null });
  });

  test("benchmarks", async () => {
    const stack = await speko.benchmarks.stack({
      ...INTENT,
      optimizeFor: "latency",
      explain: true,
      allow: ["tts:flite"],
    });
    expect(stack).toMatchObject({ intent: { language: "en", optimizeFor: "latency" }, tts: { providerId: "flite" } });
    expect(stack.tts?.axes?.length).toBe(3);
    const { snapshots, rows } = await speko.benchmarks.scores({ modality: "tts", language: "en" });
    expect(rows.length).toBeGreaterThan(0);
    const ids = snapshots.map(({ id }) => id);
    for (const { modality, snapshotId } of rows) {
      expect(modality).toBe("tts");
      expect(ids).toContain(snapshotId);
    }
  });
});

/** The gateway knows the call, and it was served at the first attempt. */
async function expectAttempt(requestId: string | undefined, modality: string): Promise<void> {
  const { attempts } = await speko.requests.get(requestId ?? "");
  expect(attempts.find((attempt) => attempt.modality === modality)).toMatchObject({ position: 0, outcome: "served" });
}

async function all<T>(events: AsyncIterable<T>): Promise<T[]> {
  const seen: T[] = [];
  for await (const event of events) {
    seen.push(event);
  }
  return seen;
}
