import type { ProviderRow } from "@spekoai/sdk";
import { describe, expect, it } from "vitest";
import { whatIsWrong } from "../../src/pages/providers/key_dialog.js";
import { advice, matches, vendorsOf } from "../../src/pages/providers/vendors.js";

function row(key: string, type: ProviderRow["type"], more: Partial<ProviderRow> = {}): ProviderRow {
  return {
    key,
    name: key.toUpperCase(),
    type,
    configured: false,
    source: null,
    updatedAt: null,
    rejectedAt: null,
    rejectedStatus: null,
    rejection: null,
    models: [{ id: `${key}-${type}`, capabilities: {} }],
    reason: "NO_CREDENTIAL",
    hint: `no key for ${key}: set ${key.toUpperCase()}_API_KEY`,
    embedded: false,
    ...more,
  } as ProviderRow;
}

const missing = { reason: "NO_CONNECTOR", hint: "this build has no connector" };

describe("vendorsOf", () => {
  it("joins the rows of a vendor and keeps the order", () => {
    const vendors = vendorsOf([row("b", "stt"), row("a", "llm"), row("b", "tts")]);
    expect(vendors.map((vendor) => vendor.id)).toEqual(["b", "a"]);
    expect(vendors[0]?.layers.map((entry) => entry.layer)).toEqual(["stt", "tts"]);
  });

  it("says where a vendor belongs", () => {
    const kind = (...rows: ProviderRow[]): string | undefined => vendorsOf(rows)[0]?.kind;
    expect(kind(row("flite", "tts", { embedded: true, configured: true }))).toBe("embedded");
    expect(kind(row("ollama", "llm"))).toBe("own_server");
    expect(kind(row("azure", "tts", missing))).toBe("listed");
    expect(kind(row("xai", "tts", missing), row("xai", "llm"))).toBe("cloud");
  });

  it("gives the reason that can be done something about", () => {
    const [vendor] = vendorsOf([row("xai", "tts", missing), row("xai", "llm")]);
    expect(vendor?.reason).toBe("NO_CREDENTIAL");
    expect(vendor?.layers.map((entry) => entry.connected)).toEqual([false, true]);
  });

  it("takes a vendor for usable when one layer is, and then gives no reason", () => {
    const [vendor] = vendorsOf([
      row("xai", "tts", missing),
      row("xai", "llm", {
        configured: true,
        source: "BYOK",
        updatedAt: "2026-01-01T00:00:00Z",
        reason: null,
        hint: null,
      }),
    ]);
    expect(vendor).toMatchObject({
      usable: true,
      ownKey: true,
      storedAt: "2026-01-01T00:00:00Z",
      reason: null,
      hint: null,
    });
  });
});

describe("a key that the vendor refused", () => {
  const refused = {
    configured: true,
    source: "BYOK",
    rejectedAt: "2026-01-02T00:00:00Z",
    rejectedStatus: 401,
    rejection: "HTTP 401: no such key",
  } as const;

  it("is told once for all layers", () => {
    const [vendor] = vendorsOf([row("xai", "tts", missing), row("xai", "llm", refused)]);
    expect(vendor?.refused).toEqual({ at: "2026-01-02T00:00:00Z", status: 401, words: "HTTP 401: no such key" });
  });

  it("may have come without a status and without words", () => {
    const [vendor] = vendorsOf([row("xai", "llm", { ...refused, rejectedStatus: null, rejection: null })]);
    expect(vendor?.refused).toEqual({ at: "2026-01-02T00:00:00Z", status: null, words: "" });
  });

  it("is nothing of the operator's key, and nothing where there was none", () => {
    expect(vendorsOf([row("xai", "llm", { ...refused, source: null })])[0]?.refused).toBeNull();
    expect(vendorsOf([row("xai", "llm", { configured: true, source: "BYOK" })])[0]?.refused).toBeNull();
  });
});

describe("matches", () => {
  const [vendor] = vendorsOf([row("groq", "stt"), row("groq", "llm")]);

  it("finds names, layers and models, in any order and case", () => {
    for (const typed of ["", "GROQ", "speech to text", "groq-llm", "language groq"]) {
      expect(vendor && matches(vendor, typed)).toBe(true);
    }
    for (const typed of ["openai", "groq voice"]) {
      expect(vendor && matches(vendor, typed)).toBe(false);
    }
  });
});

it("advises without repeating what the badge says", () => {
  const [vendor] = vendorsOf([row("groq", "stt")]);
  expect(vendor && advice(vendor)).toBe("Set GROQ_API_KEY");
  const [other] = vendorsOf([row("azure", "tts", missing)]);
  expect(other && advice(other)).toBe("This build has no connector");
});

it("sees what cannot be a key before anybody is asked", () => {
  expect(whatIsWrong(" sk-abc_123 ")).toBeNull();
  for (const wrong of ["", "  ", "two keys", "line\nbreak", "clé"]) {
    expect(whatIsWrong(wrong)).not.toBeNull();
  }
});
