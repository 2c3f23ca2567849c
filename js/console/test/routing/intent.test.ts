import { describe, expect, it } from "vitest";
import {
  allowEntries,
  allowProblem,
  languageProblem,
  readIntent,
  writeIntent,
} from "../../src/pages/routing/intent.js";

describe("the address", () => {
  it("brings back what was asked", () => {
    const asked = {
      language: "pt-BR",
      region: "us-east4",
      optimizeFor: "cost",
      allow: "llm:openai tts:x:y/z",
    } as const;
    expect(readIntent(new URLSearchParams(writeIntent(asked).toString()))).toEqual(asked);
  });

  it("that says nothing is the gateway's own default", () => {
    const nothing = { language: "en", region: "global", optimizeFor: "balanced", allow: "" };
    expect(readIntent(new URLSearchParams())).toEqual(nothing);
    expect(readIntent(new URLSearchParams("language=&region=%20&optimizeFor=speed"))).toEqual(nothing);
  });

  it("keeps a region that nobody measured", () => {
    expect(readIntent(new URLSearchParams("region=moon-1")).region).toBe("moon-1");
  });
});

describe("a language", () => {
  it.each(["en", "pt-BR", "pt_br", " EN ", "yue"])("%s is one", (text) => expect(languageProblem(text)).toBeNull());
  it.each(["", " ", "english", "e", "en-", "en-USA", "12"])("%s is none", (text) =>
    expect(languageProblem(text)).toMatch(/language|tag/));
});

describe("an allow-list", () => {
  it("is split at blanks and commas, and says nothing twice", () => {
    expect(allowEntries(" llm:a, tts:b\nllm:a ")).toEqual(["llm:a", "tts:b"]);
    expect(allowEntries("")).toEqual([]);
  });

  it("needs a layer and a vendor in each entry", () => {
    expect(allowProblem("stt:deepgram s2s:openai:gpt-realtime llm:x:y:z")).toBeNull();
    expect(allowProblem("openai")).toMatch("openai");
    expect(allowProblem("llm:")).not.toBeNull();
    expect(allowProblem("vad:silero")).not.toBeNull();
    expect(allowProblem(`llm:${"x".repeat(201)}`)).not.toBeNull();
  });

  it("has an end", () => {
    const many = Array.from({ length: 65 }, (_, index) => `llm:v${index}`);
    expect(allowProblem(many.join(" "))).toMatch("64");
    expect(allowProblem(many.slice(1).join(" "))).toBeNull();
  });
});
