/** The question of the page, and its form in the address: `?language=en&region=us-east4&optimizeFor=latency`. Pure. */

import type { OptimizeFor } from "@spekoai/sdk";
import { LAYERS } from "../../api/layers.js";

export const OPTIMIZE: readonly OptimizeFor[] = ["balanced", "accuracy", "latency", "cost"];

/** Where latency was measured. */
export const REGIONS = ["global", "us-east4", "europe-west3", "asia-southeast1"] as const;

/** An intent and what may answer it. */
export interface Asked {
  language: string;
  region: string;
  optimizeFor: OptimizeFor;
  /** `layer:vendor` or `layer:vendor:model`, as typed. */
  allow: string;
}

const MOST_ENTRIES = 64;
const LONGEST_ENTRY = 200;

/** Out of the address; what it lacks is as the gateway has it. */
export function readIntent(query: URLSearchParams): Asked {
  const optimizeFor = OPTIMIZE.find((preset) => preset === query.get("optimizeFor")) ?? "balanced";
  return {
    language: query.get("language")?.trim() || "en",
    region: query.get("region")?.trim() || "global",
    optimizeFor,
    allow: query.getAll("allow").join(" "),
  };
}

/** Into the address, with everything that the decision depends on, so that it can be linked. */
export function writeIntent(asked: Asked): URLSearchParams {
  const query = new URLSearchParams({
    language: asked.language.trim(),
    region: asked.region,
    optimizeFor: asked.optimizeFor,
  });
  for (const entry of allowEntries(asked.allow)) query.append("allow", entry);
  return query;
}

/** The entries, which stand apart by blanks or commas. */
export function allowEntries(text: string): string[] {
  return [...new Set(text.split(/[\s,]+/).filter((entry) => entry !== ""))];
}

/** Why the gateway would not take the language, in words; null when it would. Spelling (`pt_br`) it puts right itself. */
export function languageProblem(text: string): string | null {
  if (text.trim() === "") return "Say which language, for example en.";
  return /^[a-z]{2,3}([-_][a-z]{2})?$/i.test(text.trim()) ? null : "Write a tag such as en or pt-BR.";
}

/** Why the gateway would not take the allow-list; null when it would. */
export function allowProblem(text: string): string | null {
  const entries = allowEntries(text);
  if (entries.length > MOST_ENTRIES) return `At most ${MOST_ENTRIES} entries.`;
  const wrong = entries.find((entry) => !isEntry(entry));
  return wrong === undefined ? null : `“${wrong.slice(0, 40)}” needs a layer and a vendor, as in llm:openai.`;
}

function isEntry(entry: string): boolean {
  const [layer, ...rest] = entry.split(":");
  const name = rest.join(":");
  return LAYERS.some((known) => known === layer) && name !== "" && name.length <= LONGEST_ENTRY;
}
