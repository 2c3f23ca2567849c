/** What routing goes by, and what it would do. */

import type { Modality, Open, OptimizeFor, RoutingIntent } from "./routing.js";

export interface StackQuery extends RoutingIntent {
  /** With the terms of each score. */
  explain?: boolean | undefined;
  /** Allow-list entries with their layer, such as `llm:openai` or `tts:cartesia:sonic-2`. */
  allow?: string[] | undefined;
}

/** A routing decision: per layer the primary and its runners-up, and who was left out. */
export type StackView = Record<Modality, StackLayer | null> & {
  /** The intent as it was understood. */
  intent: { language: string; region: string; optimizeFor: OptimizeFor };
  /** Score snapshot of the first layer; each entry has its own. */
  scoresRunId: string | null;
  filtered_out: FilteredCandidate[];
  notes: string[];
};

/** A candidate in the ranking. */
export interface StackEntry {
  providerId: string;
  modelId: string;
  /** 0 to 1, relative to the others; null where nobody has measured. */
  score: number | null;
  scoresRunId: string;
  /** It would be called: there is a connector, and what it needs. */
  usable: boolean;
  /** State of its circuit breaker. */
  health: Open<"closed" | "open" | "half_open">;
  /** Why it is not usable, for machines. */
  reason?: string;
  /** What to do about it. */
  hint?: string;
  /** Asked for by `explain`. */
  axes?: ScoreAxis[];
}

/** The primary of a layer. */
export interface StackLayer extends StackEntry {
  /** In the order in which they would be tried. */
  runnersUp: StackEntry[];
}

/** One term of a score: `weight` × `norm`. */
export interface ScoreAxis {
  /** What was measured, such as `ttfb_p50_ms`. The axes come in the order quality, latency, cost. */
  name: string;
  /** As measured; null where nobody has. */
  raw: number | null;
  /** 0 (worst of the set) to 1 (best). */
  norm: number;
  weight: number;
}

/** A candidate that is not in the ranking. */
export interface FilteredCandidate {
  modality: Modality;
  providerId: string;
  modelId: string;
  /** What was measured, such as `batch` or `streaming.us-east4`. */
  mode: string;
  /** For people. */
  reason: string;
  scoresRunId: string;
}

export interface ScoresQuery {
  modality?: Modality | undefined;
  language?: string | undefined;
}

/** All measurements that routing goes by. */
export interface BenchmarkScores {
  /** In the order in which routing asks them. */
  snapshots: ScoreSnapshot[];
  rows: ScoreRow[];
}

/** One run of measurements. */
export interface ScoreSnapshot {
  id: string;
  /** ISO-8601 date of the measurement. */
  date: string | null;
  source: string | null;
  /** Measured by the operator of this gateway. */
  own: boolean;
}

/** One measurement. Null where nothing is known. */
export interface ScoreRow {
  snapshotId: string;
  modality: Modality;
  provider: string;
  providerName: string;
  model: string;
  voice: string | null;
  /** `*`: every language. */
  language: string;
  region: string;
  mode: string;
  /** What `quality` counts: `wer_pct` and `round_trip_cer_pct` (lower is better), `quality_score` and
   * `task_success_pct` (higher is better). */
  qualityMetric: string;
  quality: number | null;
  /** What `latencyMs` counts. */
  latencyMetric: string;
  latencyMs: number | null;
  costUsdPerMinute: number | null;
  status: Open<"production" | "warned" | "provisional">;
  note: string | null;
}
