import { readFileSync } from "node:fs";
import { afterEach, describe, expect, it, vi } from "vitest";
import { configOf } from "../src/config.js";
import { Speko, type SpekoOptions, VERSION } from "../src/index.js";

const apiKey = "sk_live_abc";

afterEach(() => {
  vi.unstubAllGlobals();
  vi.unstubAllEnvs();
});

describe("the key", () => {
  it.each([undefined, "", "  ", null])("is required: %o", (given) => {
    expect(() => new Speko({ apiKey: given } as SpekoOptions)).toThrow(/^Speko: apiKey is required\./);
  });

  it("is required of callers without options, too", () => {
    expect(() => new Speko(undefined as unknown as SpekoOptions)).toThrow(/^Speko: apiKey is required\./);
  });

  it("is not repeated when it cannot be one", () => {
    const error = caught(() => configOf({ apiKey: "sk_live_secret\n1" }));
    expect(error.message).toContain("apiKey");
    expect(error.message).not.toContain("secret");
  });

  it("loses the blanks around it", () => {
    expect(configOf({ apiKey: ` ${apiKey}\n` }).headers.Authorization).toBe(`Bearer ${apiKey}`);
  });
});

describe("the base URL", () => {
  it.each<[string, Partial<SpekoOptions>, string]>([
    ["baseUrl", { baseUrl: "https://one.example" }, "https://one.example"],
    ["its alias", { baseURL: "https://two.example" }, "https://two.example"],
    [
      "baseUrl before its alias",
      { baseUrl: "https://one.example", baseURL: "https://two.example" },
      "https://one.example",
    ],
    ["the alias behind a blank", { baseUrl: " ", baseURL: "https://two.example" }, "https://two.example"],
    ["a path, without the slash at its end", { baseUrl: "https://one.example/speko/" }, "https://one.example/speko"],
    ["nothing", {}, "http://127.0.0.1:8787"],
  ])("comes from %s", (_, options, baseUrl) => {
    expect(configOf({ apiKey, ...options }).baseUrl).toBe(baseUrl);
  });

  it("comes from the environment, behind the options", () => {
    vi.stubEnv("SPEKO_BASE_URL", "https://env.example/");
    expect(configOf({ apiKey }).baseUrl).toBe("https://env.example");
    expect(configOf({ apiKey, baseUrl: "https://one.example" }).baseUrl).toBe("https://one.example");
  });

  it("comes from the page, behind the environment", () => {
    vi.stubGlobal("location", { origin: "https://page.example" });
    expect(configOf({ apiKey }).baseUrl).toBe("https://page.example");
    vi.stubEnv("SPEKO_BASE_URL", "https://env.example");
    expect(configOf({ apiKey }).baseUrl).toBe("https://env.example");
  });

  it.each(["null", "file://", "chrome-extension://abc"])("does not come from a page at %o", (origin) => {
    vi.stubGlobal("location", { origin });
    expect(configOf({ apiKey }).baseUrl).toBe("http://127.0.0.1:8787");
  });

  it("needs no process and no window", () => {
    vi.stubGlobal("process", undefined);
    expect(configOf({ apiKey }).baseUrl).toBe("http://127.0.0.1:8787");
  });
});

describe("the rest", () => {
  it("names this package where it may", () => {
    expect(configOf({ apiKey }).headers["User-Agent"]).toBe(`@spekoai/sdk/${VERSION}`);
    vi.stubGlobal("location", { origin: "https://page.example" });
    expect(configOf({ apiKey }).headers).toEqual({ Authorization: `Bearer ${apiKey}` });
  });

  it("has the version of the package", () => {
    const { version } = JSON.parse(readFileSync(new URL("../package.json", import.meta.url), "utf8"));
    expect(VERSION).toBe(version);
  });

  it("waits 30 s unless it is told otherwise", () => {
    expect(configOf({ apiKey }).timeout).toBe(30_000);
    expect(configOf({ apiKey, timeout: 5 }).timeout).toBe(5);
  });

  it.each([0, -1, Number.NaN])("refuses a timeout of %d", (timeout) => {
    expect(() => configOf({ apiKey, timeout })).toThrow("timeout");
  });

  it("calls fetch on the global alone, as browsers insist", async () => {
    const objects: unknown[] = [];
    vi.stubGlobal("fetch", function (this: unknown) {
      objects.push(this);
      return Promise.resolve(new Response("[]"));
    });
    await new Speko({ apiKey }).apiKeys.list();
    expect(objects).toEqual([globalThis]);
  });
});

function caught(work: () => unknown): Error {
  try {
    work();
  } catch (error) {
    return error as Error;
  }
  throw new Error("nothing was thrown");
}
