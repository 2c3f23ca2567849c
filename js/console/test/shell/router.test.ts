import { describe, expect, it } from "vitest";
import { hrefTo, PAGES, parseHash } from "../../src/shell/router.js";

describe("parseHash", () => {
  it("takes the first page for nothing and for what names no page", () => {
    for (const hash of ["", "#", "#/", "#/nowhere", "#main", "#token=abc"]) {
      expect(parseHash(hash).page).toBe("talk");
      expect(parseHash(hash).parts).toEqual([]);
    }
  });

  it("reads page, parts and query", () => {
    const route = parseHash("#/sessions/a%20b/turns?limit=5");
    expect(route.page).toBe("sessions");
    expect(route.parts).toEqual(["a b", "turns"]);
    expect(route.query.get("limit")).toBe("5");
  });

  it("keeps a part that is not decodable as it stands", () => {
    expect(parseHash("#/sessions/%E0%A4%A").parts).toEqual(["%E0%A4%A"]);
  });

  it("reads back every address that hrefTo writes", () => {
    for (const page of PAGES) {
      for (const part of ["x", "a/b", "c?d#e", "ü & ö", "100%"]) {
        const route = parseHash(hrefTo(page, part));
        expect([route.page, ...route.parts]).toEqual([page, part]);
      }
    }
  });
});
