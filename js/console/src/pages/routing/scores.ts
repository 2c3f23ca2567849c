/** Which score rows are shown, and what can be chosen among them. Pure. */

import type { ScoreRow } from "@spekoai/sdk";
import type { Layer } from "../../api/layers.js";

/** In place of a snapshot: all of them. */
export const EVERY_SNAPSHOT = "all";

/** A choice among the rows of a layer. An empty member does not restrict. */
export interface Filter {
  layer: Layer;
  language: string;
  provider: string;
  /** Where and how it was measured, as `placeOf` says. */
  place: string;
  /** Empty: the first that has the layer. */
  snapshot: string;
}

/** Where and how a row was measured: figures of two places cannot be compared. */
export function placeOf(row: Pick<ScoreRow, "mode" | "region">): string {
  return row.region === null ? row.mode : `${row.mode}.${row.region}`;
}

/** `streaming.us-east4` in words. */
export function placeName(place: string): string {
  const [mode = place, region] = place.split(".", 2);
  const modes: Record<string, string> = { batch: "Recordings", streaming: "Streaming", realtime: "Realtime" };
  return region === undefined ? place : `${modes[mode] ?? mode}, ${region}`;
}

/** What the filters of a layer can be set to, each in the order of the rows. */
export interface Choices {
  languages: string[];
  providers: { id: string; name: string }[];
  places: string[];
  snapshots: string[];
}

/** A filter that fits the rows of its layer, and what else can be chosen. One snapshot and one place always, as figures of
 * two harnesses or places cannot be compared; whatever the rows do not have falls away. */
export function fitting(rows: readonly ScoreRow[], wanted: Filter): { filter: Filter; choices: Choices } {
  const layer = rows.filter((row) => row.modality === wanted.layer);
  const snapshots = distinct(layer.map((row) => row.snapshotId));
  const snapshot = kept(wanted.snapshot, [...snapshots, EVERY_SNAPSHOT]) ?? snapshots[0] ?? EVERY_SNAPSHOT;
  const own = layer.filter((row) => snapshot === EVERY_SNAPSHOT || row.snapshotId === snapshot);
  const names = new Map(own.map((row) => [row.provider, row.providerName]));
  const languages = distinct(own.map((row) => row.language));
  const places = distinct(own.map(placeOf));
  const filter = {
    layer: wanted.layer,
    language: kept(wanted.language, languages) ?? "",
    provider: kept(wanted.provider, [...names.keys()]) ?? "",
    place: kept(wanted.place, places) ?? places.find((place) => place.endsWith(".global")) ?? places[0] ?? "",
    snapshot,
  };
  const providers = [...names].map(([id, name]) => ({ id, name })).sort((a, b) => a.name.localeCompare(b.name, "en"));
  return { filter, choices: { languages, providers, places, snapshots } };
}

/** The rows that a filter lets through. */
export function chosen(rows: readonly ScoreRow[], filter: Filter): ScoreRow[] {
  return rows.filter(
    (row) =>
      row.modality === filter.layer &&
      (filter.language === "" || row.language === filter.language) &&
      (filter.provider === "" || row.provider === filter.provider) &&
      (filter.place === "" || placeOf(row) === filter.place) &&
      (filter.snapshot === "" || filter.snapshot === EVERY_SNAPSHOT || row.snapshotId === filter.snapshot),
  );
}

/** Names a row; no two rows of an answer have the same. */
export function rowKey(row: ScoreRow): string {
  return [row.snapshotId, row.modality, row.provider, row.model, row.voice ?? "", row.language, placeOf(row)].join("|");
}

function distinct(values: readonly string[]): string[] {
  return [...new Set(values)];
}

function kept(value: string, values: readonly string[]): string | undefined {
  return values.find((known) => known === value);
}
