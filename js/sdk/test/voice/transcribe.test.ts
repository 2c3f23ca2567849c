import { describe, expect, it } from "vitest";
import type { TranscribeEvent } from "../../src/index.js";
import {
  brokenAfter,
  collect,
  gateway,
  hangingAfter,
  json,
  pieces,
  rejection,
  silence,
  sse,
} from "../support/gateway.js";
import { cut, seeded } from "../support/random.js";
import { until } from "../support/until.js";

const AUDIO = Uint8Array.from({ length: 256 }, (_, index) => index);
const ROUTED = { provider: "deepgram", model: "nova-3", failoverCount: 1, scoresRunId: "run_1" };
const META = sse("meta", ROUTED);
const DONE = { text: "Grüße, 世界 🌍", confidence: 0.9, ...ROUTED };
const ANSWER = `${META}${sse("transcript", { text: "Grüße", isFinal: false, confidence: null })}${sse("done", DONE)}`;
const EVENTS: TranscribeEvent[] = [
  { type: "meta", ...ROUTED },
  { type: "transcript", text: "Grüße", isFinal: false, confidence: null },
  { type: "done", ...DONE },
];

describe("the request", () => {
  it("is the audio, with everything else in headers", async () => {
    const { client, only } = await gateway(pieces([ANSWER]));
    await client().transcribe(AUDIO, {
      language: "es-MX",
      region: "us-east4",
      optimizeFor: "latency",
      contentType: "audio/pcm;rate=16000",
      constraints: { allowedProviders: { stt: ["deepgram:nova-3"] } },
      keywords: ["Grüße"],
      sttOptions: { language: "multi" },
      sessionId: " session ",
    });
    const { method, url, headers, body } = only();
    expect([method, url]).toEqual(["POST", "/v1/transcribe"]);
    expect(new Uint8Array(body)).toEqual(AUDIO);
    expect(headers).toMatchObject({
      "content-type": "audio/pcm;rate=16000",
      "x-speko-intent": '{"language":"es-MX","region":"us-east4","optimizeFor":"latency"}',
      "x-speko-constraints": '{"allowedProviders":{"stt":["deepgram:nova-3"]}}',
      "x-speko-stt-options": '{"keywords":["Gr\\u00fc\\u00dfe"],"language":"multi"}',
      "x-session-id": "session",
    });
  });

  it("is WAV, and says no more than it was told", async () => {
    const { client, only } = await gateway(pieces([ANSWER]));
    await client().transcribe(AUDIO, { language: "en", keywords: undefined, sttOptions: {}, sessionId: " " });
    const { headers } = only();
    expect(headers).toMatchObject({ "content-type": "audio/wav", "x-speko-intent": '{"language":"en"}' });
    expect(Object.keys(headers).filter((name) => name.startsWith("x-"))).toEqual(["x-speko-intent"]);
  });

  it("is the part of a buffer that was given", async () => {
    const { client, only } = await gateway(pieces([ANSWER]));
    await client().transcribe(AUDIO.subarray(10, 20), { language: "en" });
    expect(new Uint8Array(only().body)).toEqual(AUDIO.slice(10, 20));
  });

  it("may come from memory that threads share", async () => {
    const { client, only } = await gateway(pieces([ANSWER]));
    const shared = new Uint8Array(new SharedArrayBuffer(3));
    shared.set([1, 2, 3]);
    await client().transcribe(shared, { language: "en" });
    expect([...only().body]).toEqual([1, 2, 3]);
  });
});

describe("transcribe", () => {
  it("has the whole text, and who made it", async () => {
    const { client } = await gateway(pieces([ANSWER], { "x-request-id": "req_1" }));
    expect(await client().transcribe(AUDIO, { language: "en" })).toEqual({ ...DONE, requestId: "req_1" });
  });

  it("fills in what an older gateway leaves out", async () => {
    const { client } = await gateway(pieces([sse("done", { text: "a", provider: "x", model: "y" })]));
    expect(await client().transcribe(AUDIO, { language: "en" })).toEqual({
      text: "a",
      provider: "x",
      model: "y",
      confidence: null,
      failoverCount: 0,
      scoresRunId: null,
    });
  });

  it.each([
    [{ error: "It broke", code: "TRANSCRIBE_FAILED" }, "It broke", "TRANSCRIBE_FAILED"],
    [{}, "The stream failed.", "STREAM_ERROR"],
  ])("throws for the event error %o", async (data, message, code) => {
    const { client } = await gateway(pieces([META, sse("error", data)], { "x-request-id": "req_1" }));
    const error = await rejection(client().transcribe(AUDIO, { language: "en" }));
    expect(error).toMatchObject({ name: "SpekoApiError", status: 200, message, code, requestId: "req_1" });
  });

  it("throws what the gateway refuses", async () => {
    const { client } = await gateway(json({ error: "No audio", code: "INVALID_AUDIO" }, 400));
    expect(await rejection(client().transcribe(AUDIO, { language: "en" }))).toMatchObject({ code: "INVALID_AUDIO" });
  });

  it("ends with its signal", async () => {
    const { client, received } = await gateway(hangingAfter([META]));
    const caller = new AbortController();
    const outcome = rejection(client().transcribe(AUDIO, { language: "en" }, caller.signal));
    await until(() => received.length === 1);
    caller.abort();
    expect(await outcome).toMatchObject({ name: "AbortError" });
    await received[0]?.closed;
  });
});

describe("transcribeStream", () => {
  const stream = async (...replies: Parameters<typeof gateway>) => {
    const fake = await gateway(...replies);
    return { ...fake, events: fake.client({ timeout: 5000 }).transcribeStream(AUDIO, { language: "en" }) };
  };

  it("yields the events as they are, however the network cuts them", async () => {
    for (let seed = 1; seed <= 20; seed += 1) {
      const parts = cut(Buffer.from(ANSWER), seeded(seed), 40);
      const { events } = await stream(pieces(parts));
      expect(await collect(events), `seed ${seed}`).toEqual({ events: EVENTS, error: undefined });
    }
  });

  it("reads lines that end with CRLF, and a last block without its end", async () => {
    const { events } = await stream(
      pieces([ANSWER.replaceAll("\n", "\r\n").replaceAll("\r\n\r\n", "\r\n\n").trimEnd()]),
    );
    expect(await collect(events)).toEqual({ events: EVENTS, error: undefined });
  });

  it("yields each event when it has come", async () => {
    const { events } = await stream(hangingAfter([META]));
    expect(await events.next()).toEqual({ done: false, value: EVENTS[0] });
    await events.return();
  });

  it("keeps members that it does not know, and skips events that it does not know", async () => {
    const { events } = await stream(pieces([sse("news", {}), ": keep-alive\n\n", sse("done", { ...DONE, more: 1 })]));
    expect(await collect(events)).toEqual({ events: [{ type: "done", ...DONE, more: 1 }], error: undefined });
  });

  it("names the call where it says who served it", async () => {
    const { events } = await stream(pieces([ANSWER], { "x-request-id": "req_1" }));
    const { events: seen } = await collect(events);
    expect(seen.map((event) => ("requestId" in event ? event.requestId : null))).toEqual(["req_1", null, "req_1"]);
  });

  it("yields an error, and nothing behind it", async () => {
    const { events } = await stream(pieces([META, sse("error", { error: "no", code: "X" }), sse("done", DONE)]));
    expect(await collect(events)).toEqual({
      events: [EVENTS[0], { type: "error", error: "no", code: "X" }],
      error: undefined,
    });
  });

  it.each([
    ["before it is done", META, "STREAM_ENDED"],
    ["without any event", "", "STREAM_ENDED"],
    ["in the middle of its last event", ANSWER.slice(0, -20), "STREAM_ENDED"],
    ["with an event that is no object", `${META}event: done\ndata: [1]\n\n`, "INVALID_RESPONSE"],
    ["with an event that is no JSON", `${META}event: done\ndata: {"te\n\n`, "INVALID_RESPONSE"],
  ])("throws when the stream ends %s", async (_, text, code) => {
    const { events } = await stream(pieces([text], { "x-request-id": "req_1" }));
    const { error } = await collect(events);
    expect(error).toMatchObject({ name: "SpekoApiError", status: 200, code, requestId: "req_1" });
  });

  it("throws fetch's error when the connection breaks", async () => {
    const { events } = await stream(brokenAfter([META]));
    const { events: seen, error } = await collect(events);
    expect(seen).toEqual([EVENTS[0]]);
    expect(error).toBeInstanceOf(TypeError);
  });

  it("does not mind how the connection ends behind the last event", async () => {
    for (const reply of [brokenAfter([ANSWER]), hangingAfter([ANSWER]), pieces([ANSWER])]) {
      const { events } = await stream(reply);
      expect(await collect(events)).toEqual({ events: EVENTS, error: undefined });
    }
  });

  it("keeps connections whose answers have ended for the next calls", async () => {
    const { client, received } = await gateway((response) => {
      response.write(ANSWER);
      setTimeout(() => response.end(), 5);
    });
    const speko = client();
    for (let call = 0; call < 6; call += 1) {
      await speko.transcribe(AUDIO, { language: "en" });
      await received[call]?.closed;
    }
    // Not one: the end of an answer, which the gateway has sent, may come behind the next call.
    expect(new Set(received.map(({ port }) => port)).size).toBeLessThan(4);
  });

  it("closes a connection whose answer does not end", async () => {
    const { events, received } = await stream(hangingAfter([ANSWER]));
    await collect(events);
    await received[0]?.closed;
  });

  it("cancels the call when the caller leaves", async () => {
    const { events, received } = await stream(hangingAfter([META]));
    for await (const event of events) {
      expect(event.type).toBe("meta");
      break;
    }
    await received[0]?.closed;
  });

  it("sends nothing before it is asked for an event", async () => {
    const { events, received } = await stream(silence);
    await events.return();
    expect(received).toEqual([]);
  });

  it("ends within the time of a request, also in the middle", async () => {
    const { client } = await gateway(hangingAfter([META]));
    const { events, error } = await collect(client({ timeout: 2500 }).transcribeStream(AUDIO, { language: "en" }));
    expect(events).toEqual([EVENTS[0]]);
    expect(error).toMatchObject({ name: "AbortError" });
  });

  it.each([200, 204])("needs a body (status %d)", async (status) => {
    const fetch = async () => new Response(null, { status });
    const { client } = await gateway(silence);
    const { error } = await collect(client({ fetch }).transcribeStream(AUDIO, { language: "en" }));
    expect(error).toMatchObject({ name: "SpekoApiError", status, code: "EMPTY_BODY" });
  });
});
