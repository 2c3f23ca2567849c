import { describe, expect, it } from "vitest";
import { CALLS, TURN } from "../support/calls.js";
import { gateway, json, rejection } from "../support/gateway.js";

const ANSWER = { answer: "as it came", unknown: { members: true } };
describe("a resource", () => {
  it.each(CALLS)("%s sends what is documented, and answers what came", async (_, call, method, url, body) => {
    const { client, only } = await gateway(json(ANSWER));
    expect(await call(client())).toEqual(ANSWER);
    const sent = only();
    expect([sent.method, sent.url]).toEqual([method, url]);
    expect(sent.body.length === 0 ? undefined : JSON.parse(sent.body.toString())).toEqual(body);
  });

  it.each(CALLS.filter(([, call]) => call.length > 1))("%s heeds its signal", async (_, call) => {
    const { client, received } = await gateway(json(ANSWER));
    expect(await rejection(call(client(), AbortSignal.abort()))).toMatchObject({ name: "AbortError" });
    expect(received).toEqual([]);
  });
});

describe("sessions", () => {
  it("are made once per idempotency key", async () => {
    const { client, only } = await gateway(json(ANSWER, 201));
    await client().sessions.create({ mode: "cascade", agentId: "agent_1" }, { idempotencyKey: "k1" });
    expect(only().headers["idempotency-key"]).toBe("k1");
  });

  it("take turns without an answer", async () => {
    const { client } = await gateway((response) => response.writeHead(202).end());
    expect(await client().sessions.ingestTurns("s1", [TURN])).toBeUndefined();
  });
});
