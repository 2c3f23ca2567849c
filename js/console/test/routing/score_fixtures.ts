import type { ScoreRow } from "@spekoai/sdk";

/** A measurement of speech to text. */
export function score(provider: string, facts: Partial<ScoreRow> = {}): ScoreRow {
  return {
    snapshotId: "published_2026-04-25_d3831f333288",
    modality: "stt",
    provider,
    providerName: provider.toUpperCase(),
    model: `${provider}-1`,
    voice: null,
    language: "en",
    region: "global",
    mode: "batch",
    qualityMetric: "wer_pct",
    quality: 5,
    latencyMetric: "latency_p50_ms",
    latencyMs: 500,
    costUsdPerMinute: 0.01,
    status: "production",
    note: null,
    ...facts,
  };
}
