import { afterEach, describe, expect, it, vi } from "vitest";
import { takeToken, tokenOf } from "../../src/login/token.js";

afterEach(() => vi.unstubAllGlobals());

function visit(hash: string): () => string[] {
  const replaced: string[] = [];
  vi.stubGlobal("location", { hash, pathname: "/", search: "" });
  vi.stubGlobal("history", { replaceState: (_: unknown, __: string, url: string) => replaced.push(url) });
  return () => replaced;
}

describe("the token of a printed link", () => {
  it("is found behind #token= alone", () => {
    expect(tokenOf("#token=abc_-1")).toBe("abc_-1");
    for (const hash of ["", "#token=", "#/talk", "#/talk?token=abc", "token=abc"]) {
      expect(tokenOf(hash)).toBeNull();
    }
  });

  it("leaves the address bar at once", () => {
    const replaced = visit("#token=secret");
    expect(takeToken()).toBe("secret");
    expect(replaced()).toEqual(["/"]);
  });

  it("leaves it even when there is nothing behind it", () => {
    const replaced = visit("#token=");
    expect(takeToken()).toBeNull();
    expect(replaced()).toEqual(["/"]);
  });

  it("leaves pages' addresses alone", () => {
    const replaced = visit("#/keys");
    expect(takeToken()).toBeNull();
    expect(replaced()).toEqual([]);
  });
});
