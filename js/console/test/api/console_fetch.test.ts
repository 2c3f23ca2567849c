import { beforeEach, describe, expect, it } from "vitest";
import { consoleFetch } from "../../src/api/console_fetch.js";

const ORIGIN = "http://console.test";

let sent: { url: string; headers: Headers; credentials: string | undefined }[] = [];
let token: string | undefined;
let expired = 0;
let status = 200;

const call = consoleFetch({
  origin: ORIGIN,
  fetch: async (input, init) => {
    sent.push({ url: (input as Request).url, headers: new Headers(init?.headers), credentials: init?.credentials });
    return new Response(null, { status });
  },
  csrfToken: () => token,
  onUnauthorized: () => {
    expired += 1;
  },
});

beforeEach(() => {
  sent = [];
  token = "csrf";
  expired = 0;
  status = 200;
});

describe("consoleFetch", () => {
  it("carries the cookie and the token, and never a key", async () => {
    await call(`${ORIGIN}/v1/providers`, { headers: { Authorization: "Bearer console", "X-Other": "1" } });
    expect(sent).toHaveLength(1);
    expect(sent[0]?.headers.get("authorization")).toBeNull();
    expect(sent[0]?.headers.get("x-speko-csrf")).toBe("csrf");
    expect(sent[0]?.headers.get("x-other")).toBe("1");
    expect(sent[0]?.credentials).toBe("same-origin");
  });

  it("adds no token when nobody is signed in", async () => {
    token = undefined;
    await call(`${ORIGIN}/v1/providers`);
    expect(sent[0]?.headers.has("x-speko-csrf")).toBe(false);
  });

  it("refuses another origin before anything is sent", async () => {
    await expect(call("http://elsewhere.test/v1/providers")).rejects.toThrow("its own gateway only");
    await expect(call("http://console.test:81/v1/providers")).rejects.toThrow("its own gateway only");
    expect(sent).toEqual([]);
  });

  it("reports a 401, and nothing else", async () => {
    for (const answer of [200, 403, 404, 500]) {
      status = answer;
      await call(`${ORIGIN}/v1/providers`);
    }
    expect(expired).toBe(0);
    status = 401;
    expect((await call(`${ORIGIN}/v1/providers`)).status).toBe(401);
    expect(expired).toBe(1);
  });

  it("does not end a session for the 401 of an earlier one", async () => {
    status = 401;
    const answered = call(`${ORIGIN}/v1/providers`);
    token = "the next session's";
    await answered;
    expect(expired).toBe(0);
  });
});
