import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { ConsoleError } from "../../src/api/problem.js";
import { expire, login, loginReason, logout, restoreSession, session } from "../../src/api/session.js";

const SIGNED_IN = {
  csrfToken: "csrf",
  organization: { id: "org", name: "Default" },
  expiresAt: "2030-01-01T00:00:00.000Z",
  version: "0.1.0",
};

const requests: { path: string; init: RequestInit | undefined }[] = [];

function answer(make: () => Response): void {
  vi.stubGlobal("fetch", async (path: string, init?: RequestInit) => {
    requests.push({ path, init });
    return make();
  });
}

beforeEach(() => {
  requests.length = 0;
  session.value = undefined;
  loginReason.value = null;
});

afterEach(() => vi.unstubAllGlobals());

describe("the console's session", () => {
  it("is restored by the cookie", async () => {
    answer(() => Response.json(SIGNED_IN));
    await restoreSession();
    expect(session.value).toEqual(SIGNED_IN);
    expect(requests[0]?.path).toBe("/console/session");
  });

  it("is nobody's when there is none", async () => {
    answer(() => new Response(null, { status: 204 }));
    await restoreSession();
    expect(session.value).toBeNull();
  });

  it("stays unknown when the gateway is in trouble", async () => {
    answer(() => Response.json({ error: "Out of order", code: "INTERNAL" }, { status: 500 }));
    await expect(restoreSession()).rejects.toThrow("Out of order");
    expect(session.value).toBeUndefined();
  });

  it("says what to do when nobody answers", async () => {
    vi.stubGlobal("fetch", async () => {
      throw new TypeError("Failed to fetch");
    });
    await expect(restoreSession()).rejects.toThrow("Is speko serve still running?");
  });

  it("begins with a token or a key, sent in the body alone", async () => {
    answer(() => Response.json(SIGNED_IN));
    loginReason.value = "Your session has ended.";
    await login({ token: "once" });
    expect(session.value).toEqual(SIGNED_IN);
    expect(loginReason.value).toBeNull();
    expect(requests[0]?.path).toBe("/console/login");
    expect(JSON.parse(String(requests[0]?.init?.body))).toEqual({ token: "once" });
  });

  it("does not begin when the gateway refuses, and keeps its words", async () => {
    answer(() => Response.json({ error: "Invalid API key", code: "UNAUTHORIZED" }, { status: 401 }));
    session.value = null;
    const refusal = await login({ apiKey: "sk_live_x" }).catch((problem: unknown) => problem);
    expect(refusal).toBeInstanceOf(ConsoleError);
    expect(refusal).toMatchObject({ status: 401, code: "UNAUTHORIZED", message: "Invalid API key" });
    expect(session.value).toBeNull();
  });

  it("ends with the token that makes the cookie count", async () => {
    answer(() => new Response(null, { status: 204 }));
    session.value = SIGNED_IN;
    await logout();
    expect(session.value).toBeNull();
    expect(new Headers(requests[0]?.init?.headers).get("x-speko-csrf")).toBe("csrf");
  });

  it("is over here when it is over at the gateway, and not before", async () => {
    let answerNow: (response: Response) => void = () => undefined;
    const answered = new Promise<Response>((resolve) => {
      answerNow = resolve;
    });
    vi.stubGlobal("fetch", () => answered);
    session.value = SIGNED_IN;
    const out = logout();
    expect(session.value).toEqual(SIGNED_IN);
    answerNow(new Response(null, { status: 204 }));
    await out;
    expect(session.value).toBeNull();
  });

  it("is forgotten here even when signing out fails", async () => {
    answer(() => new Response("", { status: 500 }));
    session.value = SIGNED_IN;
    await expect(logout()).rejects.toThrow("status 500");
    expect(session.value).toBeNull();
  });

  it("is over without a reproach when a poll is refused meanwhile", async () => {
    answer(() => {
      expire();
      return new Response(null, { status: 204 });
    });
    session.value = SIGNED_IN;
    await logout();
    expect(session.value).toBeNull();
    expect(loginReason.value).toBeNull();
  });

  it("says that it has ended to somebody who was in, and to nobody else", () => {
    session.value = null;
    expire();
    expect(loginReason.value).toBeNull();
    session.value = SIGNED_IN;
    expire();
    expect(session.value).toBeNull();
    expect(loginReason.value).toContain("session has ended");
  });
});
