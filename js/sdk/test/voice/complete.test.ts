import { describe, expect, it, vi } from "vitest";
import type { CompleteEvent, CompleteParams } from "../../src/index.js";
import { collect, gateway, hangingAfter, pieces, rejection, sse } from "../support/gateway.js";

const ROUTED = { provider: "openai", model: "gpt-5", failoverCount: 0, scoresRunId: null };
const DONE = { text: "Hi", usage: { promptTokens: 3, completionTokens: 1 }, ...ROUTED };
const PARAMS: CompleteParams = { messages: [{ role: "user", content: "Hello" }], intent: { language: "en" } };
const EVENTS: CompleteEvent[] = [
  { type: "meta", ...ROUTED, totalFailoverCount: 0, hop: 0 },
  { type: "server_tool_call", id: "c1", name: "search", status: "started" },
  { type: "server_tool_call", id: "c1", name: "search", status: "completed" },
  { type: "meta", ...ROUTED, totalFailoverCount: 0, hop: 1 },
  { type: "delta", text: "Hi" },
  { type: "tool_call", id: "c2", name: "dial", args: "{}" },
  { type: "done", ...DONE, toolCalls: [{ id: "c2", name: "dial", args: "{}" }] },
];

const written = (events: CompleteEvent[]) => events.map(({ type, ...data }) => sse(type, data)).join("");

describe("complete", () => {
  it("sends its params as the body, and the session beside them", async () => {
    const { client, only } = await gateway(pieces([sse("done", DONE)]));
    const params: CompleteParams = {
      ...PARAMS,
      messages: [
        { role: "user", content: "Dial" },
        { role: "assistant", content: "", toolCalls: [{ id: "c1", name: "dial", args: "{}" }] },
        { role: "tool", content: "busy", toolCallId: "c1", isError: true },
      ],
      systemPrompt: "Be brief",
      temperature: 0,
      maxTokens: 10,
      reasoningEffort: "none",
      constraints: { allowedProviders: { llm: ["openai"] } },
      tools: [{ name: "dial", description: "Dials", parameters: { type: "object" }, executionMode: "inline" }],
      toolChoice: { type: "function", function: { name: "dial" } },
      parallelToolCalls: false,
      maxToolHops: 2,
    };
    await client().complete({ ...params, sessionId: "s1" });
    const { method, url, headers, body } = only();
    expect([method, url, headers["x-session-id"]]).toEqual(["POST", "/v1/complete", "s1"]);
    expect(JSON.parse(body.toString())).toEqual(params);
  });

  it("has the answer, and who gave it", async () => {
    const { client } = await gateway(pieces([sse("done", DONE)], { "x-request-id": "req_1" }));
    expect(await client().complete(PARAMS)).toEqual({ ...DONE, requestId: "req_1" });
  });

  it("has the tools to run", async () => {
    const { client } = await gateway(pieces([written(EVENTS)]));
    const { toolCalls } = await client().complete(PARAMS);
    expect(toolCalls).toEqual([{ id: "c2", name: "dial", args: "{}" }]);
  });

  it("throws for an error on the way", async () => {
    const failed = sse("error", { error: "No engine left", code: "COMPLETE_FAILED" });
    const { client } = await gateway(pieces([sse("delta", { text: "H" }), failed]));
    const error = await rejection(client().complete(PARAMS));
    expect(error).toMatchObject({ status: 200, code: "COMPLETE_FAILED", message: "No engine left" });
  });
});

describe("completeStream", () => {
  it("yields every kind of event", async () => {
    const { client } = await gateway(pieces([written(EVENTS)]));
    expect(await collect(client().completeStream(PARAMS))).toEqual({ events: EVENTS, error: undefined });
  });

  it("cancels the call when the caller leaves, at once", async () => {
    vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
    const { client, only } = await gateway(hangingAfter([sse("delta", { text: "H" })]));
    for await (const event of client().completeStream(PARAMS)) {
      expect(event).toEqual({ type: "delta", text: "H" });
      break;
    }
    await only().closed;
    vi.useRealTimers();
  });
});
