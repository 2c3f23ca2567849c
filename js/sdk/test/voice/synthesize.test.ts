import { describe, expect, it } from "vitest";
import { brokenAfter, collect, gateway, hangingAfter, json, pieces, rejection } from "../support/gateway.js";
import { cut, seeded } from "../support/random.js";

const AUDIO = Uint8Array.from({ length: 5000 }, (_, index) => index % 251);
const HEADERS = {
  "Content-Type": "audio/pcm;rate=24000",
  "X-Speko-Provider": "cartesia",
  "X-Speko-Model": "sonic-2",
  "X-Speko-Failover-Count": "2",
  "X-Speko-Scores-Run-Id": "run_1",
  "x-request-id": "req_1",
};
const METADATA = {
  contentType: "audio/pcm;rate=24000",
  provider: "cartesia",
  model: "sonic-2",
  failoverCount: 2,
  scoresRunId: "run_1",
  requestId: "req_1",
};
const UNKNOWN = {
  contentType: "application/octet-stream",
  provider: "unknown",
  model: "unknown",
  failoverCount: 0,
  scoresRunId: null,
};

describe("synthesize", () => {
  it("sends the documented body, and the session beside it", async () => {
    const { client, only } = await gateway(pieces([AUDIO], HEADERS));
    await client().synthesize("Hello", {
      language: "en",
      region: "us-east4",
      optimizeFor: "cost",
      voice: "v1",
      model: "sonic-2",
      speed: 1.5,
      sampleRate: 16000,
      instructions: "calm",
      spokenForm: true,
      constraints: { allowedProviders: { tts: ["cartesia"] } },
      sessionId: " s1 ",
    });
    const { method, url, headers, body } = only();
    expect([method, url]).toEqual(["POST", "/v1/synthesize"]);
    expect(headers).toMatchObject({ "content-type": "application/json", "x-session-id": "s1" });
    expect(JSON.parse(body.toString())).toEqual({
      text: "Hello",
      intent: { language: "en", region: "us-east4", optimizeFor: "cost" },
      voice: "v1",
      model: "sonic-2",
      speed: 1.5,
      sampleRate: 16000,
      instructions: "calm",
      spokenForm: true,
      constraints: { allowedProviders: { tts: ["cartesia"] } },
    });
  });

  it("sends nothing that it was not told", async () => {
    const { client, only } = await gateway(pieces([AUDIO], HEADERS));
    await client().synthesize("Hello", { language: "en", voice: undefined });
    expect(only().body.toString()).toBe('{"text":"Hello","intent":{"language":"en"}}');
  });

  it("has all of the audio, and who spoke", async () => {
    const { client } = await gateway(pieces(cut(AUDIO, seeded(1), 500), HEADERS));
    expect(await client().synthesize("Hello", { language: "en" })).toEqual({ audio: AUDIO, ...METADATA });
  });

  it("has defaults for what the gateway does not say", async () => {
    const { client } = await gateway(pieces([AUDIO], {}));
    expect(await client().synthesize("Hello", { language: "en" })).toEqual({ audio: AUDIO, ...UNKNOWN });
  });

  it("throws what the gateway refuses", async () => {
    const { client } = await gateway(json({ error: "No voice", code: "SYNTHESIZE_FAILED" }, 500));
    const error = await rejection(client().synthesize("Hello", { language: "en" }));
    expect(error).toMatchObject({ status: 500, code: "SYNTHESIZE_FAILED" });
  });

  it("never passes off half of the audio as all of it", async () => {
    const { client } = await gateway(brokenAfter([AUDIO], HEADERS));
    expect(await rejection(client().synthesize("Hello", { language: "en" }))).toBeInstanceOf(TypeError);
  });
});

describe("synthesizeStream", () => {
  it("says who speaks before the audio has come", async () => {
    const { client, only } = await gateway(hangingAfter([], HEADERS));
    const speech = await client().synthesizeStream("Hello", { language: "en" });
    expect(speech).toMatchObject(METADATA);
    speech.cancel();
    await only().closed;
  });

  it("yields the audio as it comes", async () => {
    const { client } = await gateway(pieces(cut(AUDIO, seeded(2), 500), HEADERS));
    const { events, error } = await collect(await client().synthesizeStream("Hello", { language: "en" }));
    expect(error).toBeUndefined();
    expect(new Uint8Array(Buffer.concat(events))).toEqual(AUDIO);
  });

  it("throws when the audio breaks off", async () => {
    const { client } = await gateway(brokenAfter([AUDIO], HEADERS));
    const { events, error } = await collect(await client().synthesizeStream("Hello", { language: "en" }));
    expect(Buffer.concat(events).length).toBe(AUDIO.length);
    expect(error).toBeInstanceOf(TypeError);
  });

  it("cancels the call when the caller leaves", async () => {
    const { client, only } = await gateway(hangingAfter([AUDIO], HEADERS));
    for await (const chunk of await client().synthesizeStream("Hello", { language: "en" })) {
      expect(chunk.length).toBeGreaterThan(0);
      break;
    }
    await only().closed;
  });

  it("ends within the time of a request, also when nobody reads", async () => {
    const { client, only } = await gateway(hangingAfter([AUDIO], HEADERS));
    const speech = await client({ timeout: 2500 }).synthesizeStream("Hello", { language: "en" });
    await only().closed;
    expect((await collect(speech)).error).toMatchObject({ name: "AbortError" });
  });

  it("needs a body", async () => {
    const { client } = await gateway(json({}));
    const speech = await client({ fetch: async () => new Response(null) }).synthesizeStream("Hello", {
      language: "en",
    });
    expect((await collect(speech)).error).toMatchObject({ status: 200, code: "EMPTY_BODY" });
  });

  it("can be iterated once", async () => {
    const { client } = await gateway(pieces([AUDIO], HEADERS));
    const speech = await client().synthesizeStream("Hello", { language: "en" });
    await collect(speech);
    expect((await collect(speech)).error).toBeInstanceOf(TypeError);
  });
});
