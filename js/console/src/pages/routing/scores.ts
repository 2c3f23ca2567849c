/** Which score rows are shown, and what can be chosen among them. Pure. */

import type { ScoreRow } from "@spekoai/sdk";
import type { Layer } from "./metrics.js";

/** A choice among the rows of a layer. An empty member does not restrict. */
export interface Filter {
  layer: Layer;
  language: string;
  provider: string;
  /** Where and how it was measured, as `placeOf` says. */
  place: string;
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

export function choicesOf(rows: readonly ScoreRow[], layer: Layer): Choices {
  const own = rows.filter((row) => row.modality === layer);
  const providers = new Map(own.map((row) => [row.provider, row.providerName]));
  return {
    languages: distinct(own.map((row) => row.language)),
    providers: [...providers].map(([id, name]) => ({ id, name })).sort((a, b) => a.name.localeCompare(b.name, "en")),
    places: distinct(own.map(placeOf)),
    snapshots: distinct(own.map((row) => row.snapshotId)),
  };
}

/** A filter that fits the rows: a place always, because figures of two places cannot be compared; whatever else the
 * rows do not have falls away. */
export function fitting(filter: Filter, choices: Choices): Filter {
  return {
    layer: filter.layer,
    language: kept(filter.language, choices.languages) ?? "",
    provider:
      kept(
        filter.provider,
        choices.providers.map(({ id }) => id),
      ) ?? "",
    place:
      kept(filter.place, choices.places) ??
      choices.places.find((place) => place.endsWith(".global")) ??
      choices.places[0] ??
      "",
    snapshot: kept(filter.snapshot, choices.snapshots) ?? "",
  };
}

/** The rows that a filter lets through. */
export function chosen(rows: readonly ScoreRow[], filter: Filter): ScoreRow[] {
  return rows.filter(
    (row) =>
      row.modality === filter.layer &&
      (filter.language === "" || row.language === filter.language) &&
      (filter.provider === "" || row.provider === filter.provider) &&
      (filter.place === "" || placeOf(row) === filter.place) &&
      (filter.snapshot === "" || row.snapshotId === filter.snapshot),
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
