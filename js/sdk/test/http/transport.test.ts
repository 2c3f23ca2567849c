import { describe, expect, it, vi } from "vitest";
import { SpekoApiError, SpekoAuthError, SpekoRateLimitError } from "../../src/index.js";
import {
  API_KEY,
  brokenAfter,
  gateway,
  hangingAfter,
  json,
  type Reply,
  rejection,
  silence,
} from "../support/gateway.js";
import { until } from "../support/until.js";

const get = (reply: Reply, options = {}) => gateway(reply).then(({ client }) => client(options).organization.get());

describe("a request", () => {
  it("carries the key, the client's name, and nothing that is not needed", async () => {
    const { client, only } = await gateway(json({ id: "org_1" }));
    expect(await client().organization.get()).toEqual({ id: "org_1" });
    const { method, url, headers, body } = only();
    expect([method, url, body.length]).toEqual(["GET", "/v1/organization", 0]);
    expect(headers).toMatchObject({ authorization: `Bearer ${API_KEY}`, "user-agent": "@spekoai/sdk/0.1.0" });
    expect(headers).not.toHaveProperty("content-type");
  });

  it("carries JSON as it is", async () => {
    const { client, only } = await gateway(json({}, 201));
    await client().apiKeys.create({ name: "Grüße" });
    const { method, url, headers, body } = only();
    expect([method, url, body.toString()]).toEqual(["POST", "/v1/api-keys", '{"name":"Grüße"}']);
    expect(headers["content-type"]).toBe("application/json");
  });

  it("goes to a gateway below a path", async () => {
    const { client, url, only } = await gateway(json([]));
    await client({ baseUrl: `${url}/speko//` }).apiKeys.list();
    expect(only().url).toBe("/speko/v1/api-keys");
  });

  it("goes through the caller's own fetch", async () => {
    const { client, only } = await gateway(json([]));
    const fetch = vi.fn((url: string, init: RequestInit) =>
      globalThis.fetch(url, { ...init, headers: { "x-speko-csrf": "token" } }),
    );
    await client({ fetch }).apiKeys.list();
    expect(fetch).toHaveBeenCalledOnce();
    expect(only().headers).toMatchObject({ "x-speko-csrf": "token" });
    expect(only().headers).not.toHaveProperty("authorization");
  });
});

describe("an answer", () => {
  it.each([
    ["204", 204, ""],
    ["202 without a body", 202, ""],
    ["200 of blanks", 200, " \n"],
  ])("of %s is undefined", async (_, status, body) => {
    const { client } = await gateway((response) => response.writeHead(status).end(body));
    expect(await client().organization.get()).toBeUndefined();
  });

  it("that is no JSON cannot be read, and is not repeated", async () => {
    const error = await rejection(get((response) => response.end("<p>private words</p>")));
    expect(error).toBeInstanceOf(SpekoApiError);
    expect(error).toMatchObject({ status: 200, code: "INVALID_RESPONSE" });
    expect(String(error)).not.toContain("private");
  });

  it("that breaks off is fetch's error", async () => {
    const error = await rejection(get(brokenAfter(['{"id":'], { "Content-Length": "100" })));
    expect(error).toBeInstanceOf(TypeError);
  });

  it("that never comes is fetch's error", async () => {
    const error = await rejection(get((response) => response.destroy()));
    expect(error).toBeInstanceOf(TypeError);
  });
});

describe("an error", () => {
  it("has the gateway's code and message, its id and what else is told", async () => {
    const body = {
      error: "Invalid request",
      code: "VALIDATION_ERROR",
      issues: [{ path: "name", message: "too long" }],
    };
    const error = await rejection(get(json(body, 400, { "x-request-id": "req_1" })));
    expect(error).toBeInstanceOf(SpekoApiError);
    expect(error).toMatchObject({
      name: "SpekoApiError",
      message: "Invalid request",
      status: 400,
      code: "VALIDATION_ERROR",
      requestId: "req_1",
      details: { issues: body.issues },
    });
  });

  it("of a refused key has its own class and code", async () => {
    const error = await rejection(get(json({ error: "Unknown API key", code: "UNAUTHORIZED" }, 401)));
    expect(error).toBeInstanceOf(SpekoAuthError);
    expect(error).toBeInstanceOf(SpekoApiError);
    expect(error).toMatchObject({
      name: "SpekoAuthError",
      message: "Unknown API key",
      status: 401,
      code: "AUTH_ERROR",
    });
  });

  it.each([
    ["7", 7],
    ["Wed, 21 Oct 2026 07:28:00 GMT", null],
    [undefined, null],
  ])("of too many calls, with Retry-After %o, waits %o s", async (header, retryAfter) => {
    const headers = header === undefined ? {} : { "Retry-After": header };
    const error = await rejection(get(json({ error: "Slow down", code: "RATE_LIMITED" }, 429, headers)));
    expect(error).toBeInstanceOf(SpekoRateLimitError);
    expect(error).toBeInstanceOf(SpekoApiError);
    expect(error).toMatchObject({ name: "SpekoRateLimitError", status: 429, code: "RATE_LIMITED", retryAfter });
  });

  it.each<[string, string, string]>([
    ["nothing", "", "HTTP status 502"],
    ["a page", "<h1>Bad gateway</h1>\n", "<h1>Bad gateway</h1>"],
    ["a long page", "x".repeat(2_000_000), "x".repeat(500)],
    ["an array", "[1]", "[1]"],
    ["null", "null", "null"],
    ["members of other types", '{"error":{"message":"no"},"code":7}', '{"error":{"message":"no"},"code":7}'],
  ])("with %s in its body is UNKNOWN", async (_, body, message) => {
    const error = await rejection(get((response) => response.writeHead(502).end(body)));
    expect(error).toMatchObject({ status: 502, code: "UNKNOWN", message });
  });

  it("without a code is UNKNOWN", async () => {
    const error = await rejection(get(json({ error: "Something" }, 500)));
    expect(error).toMatchObject({ status: 500, code: "UNKNOWN", message: "Something" });
  });
});

describe("the time of a request", () => {
  it.each<[string, Reply]>([
    ["comes before the headers", silence],
    ["comes in the body", hangingAfter(['{"id":'])],
    ["comes in an error's body", (response) => response.writeHead(500).write("so")],
  ])("ends what %s", async (_, reply) => {
    const error = await rejection(get(reply, { timeout: 50 }));
    expect(error).toMatchObject({ name: "AbortError", message: "Not done within 50 ms." });
  });

  it("ends a fetch that does not heed its signal", async () => {
    const fetch = () => new Promise<Response>(() => {});
    expect(await rejection(get(silence, { timeout: 50, fetch }))).toMatchObject({ name: "AbortError" });
  });

  it("ends a body that does not heed it", async () => {
    const fetch = async () => new Response(new ReadableStream());
    expect(await rejection(get(silence, { timeout: 50, fetch }))).toMatchObject({ name: "AbortError" });
  });
});

describe("the caller's signal", () => {
  it("ends a request that waits, and the gateway sees it", async () => {
    const { client, received } = await gateway(silence);
    const caller = new AbortController();
    const outcome = rejection(client().organization.get(caller.signal));
    await until(() => received.length === 1);
    caller.abort();
    expect(await outcome).toMatchObject({ name: "AbortError" });
    await received[0]?.closed;
  });

  it("keeps its own reason", async () => {
    const { client, received } = await gateway(silence);
    const caller = new AbortController();
    const outcome = rejection(client().organization.get(caller.signal));
    await until(() => received.length === 1);
    caller.abort(new RangeError("enough"));
    expect(await outcome).toBeInstanceOf(RangeError);
  });

  it("keeps a request from being sent", async () => {
    const { client, received } = await gateway(json({}));
    expect(await rejection(client().organization.get(AbortSignal.abort()))).toMatchObject({ name: "AbortError" });
    expect(received).toEqual([]);
  });

  it("has no listener left when the answer was read", async () => {
    const { client } = await gateway(json({}));
    const { signal } = new AbortController();
    const added = vi.spyOn(signal, "addEventListener");
    const removed = vi.spyOn(signal, "removeEventListener");
    await client().organization.get(signal);
    expect(added).toHaveBeenCalledOnce();
    expect(removed.mock.calls[0]?.[1]).toBe(added.mock.calls[0]?.[1]);
  });
});
