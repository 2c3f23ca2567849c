import { expect, it } from "vitest";
import { chosen, EVERY_SNAPSHOT, fitting, placeName, rowKey } from "../../src/pages/routing/scores.js";
import { score } from "./score_fixtures.js";

const ROWS = [
  score("zeta", { mode: "streaming", region: "us-east4" }),
  score("zeta"),
  score("alfa", { language: "es", snapshotId: "mine" }),
  score("beta", { modality: "llm", mode: "streaming" }),
];
const NONE = { layer: "stt", language: "", provider: "", place: "", snapshot: "" } as const;

it("offers what the rows of the layer have", () => {
  expect(fitting(ROWS, { ...NONE, snapshot: EVERY_SNAPSHOT }).choices).toEqual({
    languages: ["en", "es"],
    providers: [
      { id: "alfa", name: "ALFA" },
      { id: "zeta", name: "ZETA" },
    ],
    places: ["streaming.us-east4", "batch.global"],
    snapshots: ["published_2026-04-25_d3831f333288", "mine"],
  });
  expect(fitting(ROWS, { ...NONE, snapshot: "mine" }).choices.languages).toEqual(["es"]);
  expect(fitting(ROWS, { ...NONE, layer: "tts" }).choices.places).toEqual([]);
});

it("restricts by every member that is set", () => {
  expect(chosen(ROWS, NONE)).toHaveLength(3);
  expect(chosen(ROWS, { ...NONE, place: "batch.global" })).toHaveLength(2);
  expect(chosen(ROWS, { ...NONE, language: "es" }).map(({ provider }) => provider)).toEqual(["alfa"]);
  expect(chosen(ROWS, { ...NONE, provider: "zeta", snapshot: "mine" })).toEqual([]);
  expect(chosen(ROWS, { ...NONE, layer: "tts" })).toEqual([]);
});

it("forgets choices that a layer does not have, and always has one place and one snapshot", () => {
  const set = { layer: "stt", language: "fr", provider: "zeta", place: "realtime.mars", snapshot: "x" } as const;
  expect(fitting(ROWS, set).filter).toEqual({
    layer: "stt",
    language: "",
    provider: "zeta",
    place: "batch.global",
    snapshot: "published_2026-04-25_d3831f333288",
  });
  expect(fitting(ROWS.slice(0, 1), set).filter.place).toBe("streaming.us-east4");
  expect(fitting([], set).filter).toMatchObject({ place: "", snapshot: EVERY_SNAPSHOT });
});

it("shows several snapshots only to who asks for them", () => {
  expect(chosen(ROWS, fitting(ROWS, NONE).filter).map(({ provider }) => provider)).toEqual(["zeta"]);
  const every = fitting(ROWS, { ...NONE, snapshot: EVERY_SNAPSHOT }).filter;
  expect(chosen(ROWS, every).map(({ provider }) => provider)).toEqual(["zeta", "alfa"]);
});

it("names rows apart, and places in words", () => {
  expect(new Set(ROWS.map(rowKey)).size).toBe(ROWS.length);
  expect(placeName("streaming.us-east4")).toBe("Streaming, us-east4");
  expect(placeName("batch.global")).toBe("Recordings, global");
  expect(placeName("other")).toBe("other");
});
