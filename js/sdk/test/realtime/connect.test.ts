import { describe, expect, it, vi } from "vitest";
import { WebSocket } from "ws";
import { converse, note, session, sockets, TOKEN, useWebSocket } from "../support/conversation.js";
import { gateway, json, rejection } from "../support/gateway.js";

describe("realtime.connect", () => {
  it("makes a session, with what belongs to the engine inside s2s", async () => {
    const { http } = await converse({
      provider: "openai",
      model: "gpt-realtime",
      voice: "alloy",
      systemPrompt: "Be brief",
      temperature: 0.5,
      inputSampleRate: 16000,
      outputSampleRate: 24000,
      tools: [{ name: "dial", description: "Dials", parameters: { type: "object" } }],
      metadata: { user: 7 },
      ttlSeconds: 900,
      agentId: "agent_1",
      webhookTags: { a: "b" },
      intent: { language: "en" },
      constraints: { allowedProviders: { s2s: ["openai"] } },
      firstMessage: "Hello",
    });
    const { method, url, body } = http.only();
    expect([method, url]).toEqual(["POST", "/v1/sessions"]);
    expect(JSON.parse(body.toString())).toEqual({
      mode: "s2s",
      s2s: {
        provider: "openai",
        model: "gpt-realtime",
        voice: "alloy",
        systemPrompt: "Be brief",
        temperature: 0.5,
        inputSampleRate: 16000,
        outputSampleRate: 24000,
        tools: [{ name: "dial", description: "Dials", parameters: { type: "object" } }],
      },
      metadata: { user: 7 },
      ttlSeconds: 900,
      agentId: "agent_1",
      webhookTags: { a: "b" },
      intent: { language: "en" },
      constraints: { allowedProviders: { s2s: ["openai"] } },
      firstMessage: "Hello",
    });
  });

  it("lets the gateway choose", async () => {
    const { http } = await converse({ intent: { language: "en" } });
    expect(JSON.parse(http.only().body.toString())).toEqual({ mode: "s2s", s2s: {}, intent: { language: "en" } });
  });

  it("opens the socket with the token as its protocol", async () => {
    const { protocol, handle } = await converse();
    expect(protocol).toBe(TOKEN);
    expect(handle).toMatchObject({
      sessionId: "s1",
      expiresAt: "2026-01-01T00:30:00.000Z",
      inputSampleRate: 16000,
      outputSampleRate: 24000,
      provider: "openai",
      model: "gpt-realtime",
      requestId: "req_1",
    });
  });

  it("resolves while the socket is still connecting", async () => {
    useWebSocket();
    const { url, server } = await sockets();
    const { client } = await gateway(json(session(url), 201));
    let connected = false;
    server.on("connection", () => {
      connected = true;
    });
    const handle = await client().realtime.connect({ intent: { language: "en" } });
    expect(connected).toBe(false);
    handle.sendAudio(new Uint8Array(4));
    handle.commit();
    handle.close();
  });

  it("throws what the gateway refuses, and opens nothing", async () => {
    const opened = vi.fn();
    vi.stubGlobal("WebSocket", opened);
    const { client } = await gateway(json({ error: "no", code: "VALIDATION_ERROR" }, 400));
    const error = await rejection(client().realtime.connect({ provider: "xai" }));
    expect(error).toMatchObject({ status: 400, code: "VALIDATION_ERROR" });
    expect(opened).not.toHaveBeenCalled();
    vi.unstubAllGlobals();
  });

  it("throws for a session without a socket", async () => {
    useWebSocket();
    const { client } = await gateway(json({ mode: "cascade", sessionId: "s1" }, 201));
    expect(await rejection(client().realtime.connect({ intent: { language: "en" } }))).toMatchObject({
      code: "INVALID_RESPONSE",
    });
  });

  it("heeds a signal while it makes the session", async () => {
    useWebSocket();
    const { client } = await gateway(json({}));
    const connecting = client().realtime.connect({ intent: { language: "en" } }, AbortSignal.abort());
    expect(await rejection(connecting)).toMatchObject({ name: "AbortError" });
  });

  it("says what is missing where there is no WebSocket, before it makes a session", async () => {
    vi.stubGlobal("WebSocket", undefined);
    const { client, received } = await gateway(json({}));
    const error = await rejection(client().realtime.connect({ intent: { language: "en" } }));
    expect(error).toMatchObject({ message: expect.stringContaining("Set globalThis.WebSocket") });
    expect(received).toEqual([]);
    vi.unstubAllGlobals();
  });

  it("tells of a socket that cannot be opened", async () => {
    useWebSocket();
    const { url, server } = await sockets();
    server.close();
    const { client } = await gateway(json(session(url), 201));
    const { frames, frame } = note(await client().realtime.connect({ intent: { language: "en" } }));
    expect(await frame("close")).toMatchObject({ code: 1006 });
    expect(frames.map((each) => ("code" in each ? each.code : each.type))).toEqual(["WS_ERROR", 1006]);
  });

  it("gives up on a socket that does not open", async () => {
    vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
    const close = vi.spyOn(WebSocket.prototype, "close");
    useWebSocket();
    const { url, server } = await sockets();
    server.options.verifyClient = () => {};
    const { client } = await gateway(json(session(url), 201));
    const { frames, frame } = note(await client().realtime.connect({ intent: { language: "en" } }));
    vi.advanceTimersByTime(10_000);
    vi.useRealTimers();
    expect(close).toHaveBeenCalledOnce();
    await frame("close");
    expect(frames[0]).toEqual({ type: "error", code: "WS_ERROR", message: "The socket was not open within 10 s." });
    expect(frames.length).toBe(2);
    close.mockRestore();
  });

  it("leaves one alone that is open", async () => {
    vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
    const { frames, frame, tell } = await converse();
    vi.advanceTimersByTime(60_000);
    vi.useRealTimers();
    tell({ t: "usage" });
    await frame("usage");
    expect(frames.map(({ type }) => type)).toEqual(["usage"]);
  });
});
