import { describe, expect, it } from "vitest";
import { ConsoleError, problemText } from "../../src/api/problem.js";

describe("problemText", () => {
  it("ends the gateway's words like a sentence", () => {
    expect(problemText(new Error("Unknown provider"))).toBe("Unknown provider.");
    expect(problemText(new Error("Really?"))).toBe("Really?");
    expect(problemText(new Error("  "))).toBe("The gateway gave no reason.");
  });

  it("says when to try again", () => {
    expect(problemText(Object.assign(new Error("Rate limited"), { retryAfter: 1.2 }))).toBe(
      "Rate limited. Try again in 2 s.",
    );
  });

  it("knows time-outs and a gateway that is gone", () => {
    expect(problemText(new DOMException("The operation timed out.", "TimeoutError"))).toContain("in time");
    expect(problemText(new DOMException("Aborted", "AbortError"))).toContain("in time");
    for (const words of ["Failed to fetch", "NetworkError when attempting", "Load failed"]) {
      expect(problemText(new TypeError(words))).toContain("still running");
    }
  });

  it("has words for what is no error", () => {
    expect(problemText("boom")).toContain("cannot name");
  });
});

describe("ConsoleError.of", () => {
  it("reads the envelope", async () => {
    const response = Response.json({ error: "Only the console", code: "FORBIDDEN" }, { status: 403 });
    expect(await ConsoleError.of(response)).toMatchObject({
      status: 403,
      code: "FORBIDDEN",
      message: "Only the console",
    });
  });

  it("makes do without one", async () => {
    for (const body of ["", "<html>", "null", "[]", '{"error": 5}']) {
      const error = await ConsoleError.of(new Response(body, { status: 502 }));
      expect(error).toMatchObject({ status: 502, code: "UNKNOWN", message: "The gateway answered with status 502." });
    }
  });
});
