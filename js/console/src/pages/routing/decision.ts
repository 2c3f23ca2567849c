/** A routing decision, layer by layer, as the page shows it. Pure. */

import type { FilteredCandidate, StackEntry, StackView } from "@spekoai/sdk";
import { LAYERS, type Layer } from "../../api/layers.js";
import { calledFirst } from "../../api/ranking.js";
import type { Tone } from "../../ui/index.js";

/** One row of a ranking. */
export interface Ranked extends StackEntry {
  /** From 1. */
  rank: number;
  /** A call would reach it first. */
  called: boolean;
}

/** The decision of one layer. */
export interface LayerDecision {
  layer: Layer;
  ranking: Ranked[];
  /** Names and weights of the axes that any candidate has, in the gateway's order. */
  axes: { name: string; weight: number }[];
  leftOut: FilteredCandidate[];
  notes: string[];
}

/** The four layers. */
export function decision(stack: StackView): LayerDecision[] {
  return LAYERS.map((layer) => {
    const primary = stack[layer];
    const entries = primary === null ? [] : [primary, ...primary.runnersUp];
    const first = calledFirst(entries);
    return {
      layer,
      ranking: entries.map((entry, index) => ({ ...entry, rank: index + 1, called: index === first })),
      axes: axesOf(entries),
      leftOut: stack.filtered_out.filter((entry) => entry.modality === layer),
      notes: stack.notes.flatMap((note) => noteOf(note, layer)),
    };
  });
}

/** The chain is one ranking after the other, each of one snapshot: the candidates of each. */
export function bySnapshot(ranking: readonly Ranked[]): { id: string; entries: Ranked[] }[] {
  const groups: { id: string; entries: Ranked[] }[] = [];
  for (const entry of ranking) {
    const last = groups.at(-1);
    if (last?.id === entry.scoresRunId) last.entries.push(entry);
    else groups.push({ id: entry.scoresRunId, entries: [entry] });
  }
  return groups;
}

/** Notes begin with their layer; one without is everybody's. */
function noteOf(note: string, layer: Layer): string[] {
  const [head = "", ...rest] = note.split(":");
  const named = LAYERS.find((known) => known === head.trim());
  if (named === undefined) return [note];
  return named === layer ? [rest.join(":").trim()] : [];
}

function axesOf(entries: readonly StackEntry[]): LayerDecision["axes"] {
  const found = new Map<string, number>();
  for (const axis of entries.flatMap((entry) => entry.axes ?? [])) {
    if (!found.has(axis.name)) found.set(axis.name, axis.weight);
  }
  return [...found].map(([name, weight]) => ({ name, weight }));
}

/** Whether a candidate can be called, and how its breaker stands, in words. */
export function stateWords(entry: Pick<StackEntry, "usable" | "health" | "reason">): { words: string; tone: Tone } {
  const healthy = entry.health === "closed";
  if (!entry.usable)
    return { words: join(reasonWords(entry.reason), healthy ? "" : breakerWords(entry.health)), tone: "neutral" };
  if (healthy) return { words: "Yes, healthy", tone: "ok" };
  return entry.health === "open"
    ? { words: "Last, breaker open", tone: "danger" }
    : { words: join("Yes", breakerWords(entry.health)), tone: "warn" };
}

function breakerWords(health: string): string {
  const words: Record<string, string> = { open: "breaker open", half_open: "probing" };
  return words[health] ?? health;
}

function join(...parts: readonly string[]): string {
  return parts.filter((part) => part !== "").join(", ");
}

const REASONS: Record<string, string> = {
  NO_CONNECTOR: "No connector",
  NO_CREDENTIAL: "No key",
  NO_BASE_URL: "No address",
  NO_PROGRAM: "Not installed",
  EMBEDDED_OFF: "Embedded engines are off",
  EMBEDDED_NOT_NEEDED: "Not needed",
  UNKNOWN_PROVIDER: "Unknown vendor",
  KEY_UNREADABLE: "Key unreadable",
};

/** Why a candidate is not usable, in two words. */
export function reasonWords(reason: string | undefined): string {
  return reason === undefined || reason === "" ? "Not usable" : (REASONS[reason] ?? reason);
}
