import { describe, expect, it } from "vitest";
import { headerJson, sessionHeader, wholeNumber } from "../../src/http/headers.js";
import { jsonObject } from "../../src/http/json.js";
import { pathOf, queryText } from "../../src/http/url.js";

describe("pathOf", () => {
  it("encodes whatever a part holds", () => {
    expect(pathOf("sessions", "a/b ?#é%", "turns")).toBe("/v1/sessions/a%2Fb%20%3F%23%C3%A9%25/turns");
  });

  it.each(["", ".", ".."])("refuses %o, which would lead elsewhere", (part) => {
    expect(() => pathOf("sessions", part)).toThrow("an id is missing");
  });

  it("refuses what is no text", () => {
    expect(() => pathOf("sessions", undefined as unknown as string)).toThrow("an id is missing");
  });
});

describe("queryText", () => {
  it.each([
    [{}, ""],
    [undefined, ""],
    [{ a: undefined }, ""],
    [{ a: 1, b: "x y&z", c: true, d: false }, "?a=1&b=x+y%26z&c=1&d=0"],
    [{ at: new Date(0) }, "?at=1970-01-01T00%3A00%3A00.000Z"],
    [{ allow: ["llm:openai", "tts:x"] }, "?allow=llm%3Aopenai&allow=tts%3Ax"],
  ])("writes %o as %o", (query, text) => {
    expect(queryText(query)).toBe(text);
  });
});

describe("headerJson", () => {
  it("is ASCII, and the same JSON", () => {
    const value = { keywords: ["Grüße", "世界", "🌍", "a\nb", "\u007f"], missing: undefined };
    const text = headerJson(value);
    expect(text).toMatch(/^[ -~]*$/);
    expect(JSON.parse(text)).toEqual({ keywords: value.keywords });
  });
});

describe("sessionHeader", () => {
  it.each([
    [" s1 ", { "x-session-id": "s1" }],
    ["  ", {}],
    [undefined, {}],
  ])("of %o is %o", (id, header) => {
    expect(sessionHeader(id)).toEqual(header);
  });
});

describe("wholeNumber", () => {
  it.each([
    ["7", 7],
    [" 12 ", 12],
    ["0", 0],
    ["1.5", null],
    ["-1", null],
    ["Wed, 21 Oct 2026 07:28:00 GMT", null],
    ["9999999999", null],
    [undefined, null],
  ])("of %o is %o", (text, number) => {
    expect(wholeNumber(new Headers(text === undefined ? {} : { "retry-after": text }), "retry-after")).toBe(number);
  });
});

describe("jsonObject", () => {
  it.each(["", "{", "[]", "null", "1", '"a"', "{}x"])("takes no members from %o", (text) => {
    expect(jsonObject(text)).toBeUndefined();
  });

  it("takes the members of an object", () => {
    expect(jsonObject('{"a":1}')).toEqual({ a: 1 });
  });
});
