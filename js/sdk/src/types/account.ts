/** Keys, organization, use and voices. Times are ISO-8601 text in UTC. */

import type { Modality, Open } from "./routing.js";

/** A key of this API, as it is known after it was made. */
export interface ApiKey {
  id: string;
  name: string;
  /** Its first characters. */
  keyPrefix: string;
  /** Empty, or `*`: everything. */
  scopes: string[];
  revoked: boolean;
  lastUsedAt: string | null;
  createdAt: string;
}

/** A key that was just made. */
export interface CreatedApiKey {
  id: string;
  name: string;
  /** The key itself: shown this once. */
  key: string;
  keyPrefix: string;
  createdAt: string;
}

export interface RevokedApiKey {
  id: string;
  revoked: boolean;
}

export interface Organization {
  id: string;
  name: string;
  slug: string;
  createdAt: string;
  metadata: Record<string, unknown>;
}

/** What is left of the organization's credit. */
export interface CreditBalance {
  balanceUsd: number;
  /** A whole number of micro-USD; negative where more was used than credited. */
  balanceMicroUsd: string;
  currency: string;
  updatedAt: string;
}

/** One change of the credit. */
export interface CreditEntry {
  id: string;
  kind: Open<"grant" | "debit" | "topup" | "refund" | "adjustment">;
  /** A whole number of micro-USD; debits are negative. */
  amountMicroUsd: string;
  metric: string | null;
  provider: string | null;
  sessionId: string | null;
  note: string | null;
  createdAt: string;
}

/** A page of the ledger, newest first. `nextCursor` is null at the end. */
export interface CreditLedger {
  entries: CreditEntry[];
  nextCursor: string | null;
}

export interface CreditLedgerQuery {
  /** 1 to 100, by default 20. */
  limit?: number | undefined;
  /** `nextCursor` of the page before. */
  cursor?: string | undefined;
  /** One kind or several, with commas. */
  kind?: string | undefined;
}

/** A limit and what is used of it. `limit` is null where there is none, `used` where nobody counts. */
export interface LimitedCount {
  limit: number | null;
  used: number | null;
}

/** A limit of money and what is spent in the calendar month (UTC), in whole micro-USD. */
export interface LimitedMoney {
  limitMicroUsd: string | null;
  usedMicroUsd: string;
  resetsAt: string;
}

/** The limits of an API key or an organization. */
export interface LimitsOf {
  id: string;
  requestsPerMinute: LimitedCount;
  concurrentSessions: LimitedCount;
  monthlySpend: LimitedMoney;
}

/** What holds for the caller. `apiKey` is null in the web console. */
export interface Limits {
  apiKey: LimitsOf | null;
  organization: LimitsOf;
  creditsEnforced: boolean;
}

export interface UsageQuery {
  /** Included. Default: the start of the month in UTC. */
  from?: string | Date | undefined;
  /** Included. Default: now. */
  to?: string | Date | undefined;
}

/** What was served in a range of time. Money in USD. */
export interface UsageSummary {
  totalSessions: number;
  totalMinutes: number;
  totalCost: number;
  minutesCost: number | null;
  minutesBilledSeconds: number | null;
  addOnCost: number | null;
  breakdown: UsageLine[];
  balanceUsd: number;
  balanceMicroUsd: string;
  currency: string;
}

export interface UsageLine {
  /** Vendor that ran. */
  provider: string;
  /** Missing on speech-to-speech lines. */
  type?: Open<"stt" | "llm" | "tts">;
  metric: Open<
    | "stt_seconds"
    | "tts_characters"
    | "llm_tokens"
    | "s2s_input_audio_tokens"
    | "s2s_output_audio_tokens"
    | "s2s_seconds"
  >;
  keySource: Open<KeySource>;
  chargeKind?: Open<"minutes" | "add_on" | "included" | "free" | "byok">;
  quantity: number;
  /** USD. */
  cost: number;
}

export interface UsageSeriesQuery extends UsageQuery {
  /** Days in UTC; nothing else so far. */
  by?: "day" | undefined;
}

/** What was used and tried, by day, then by vendor. A day without anything has no points. */
export interface UsageSeries {
  from: string;
  to: string;
  by: Open<"day">;
  currency: string;
  usage: UsagePoint[];
  attempts: AttemptsPoint[];
}

/** The use of one vendor on one day, by kind and by whose key paid. */
export interface UsagePoint {
  /** As 2026-03-14. */
  date: string;
  provider: string;
  /** Missing on speech-to-speech points. */
  type?: UsageLine["type"];
  metric: UsageLine["metric"];
  keySource: Open<KeySource>;
  quantity: number;
  /** USD. */
  cost: number;
  /** Micro-USD. */
  costMicroUsd: string;
  /** Calls and sessions that it served; each counts once a day, and once for each of its metrics. */
  calls: number;
}

/** The attempts at one vendor that began on one day. */
export interface AttemptsPoint {
  date: string;
  provider: string;
  /** The sum of the three. */
  made: number;
  served: number;
  failed: number;
  cancelled: number;
}

/** Whose credential the vendor was called with: the organization's own, or the gateway's. */
export type KeySource = "BYOK" | "MANAGED";

export interface VoicesQuery {
  /** One vendor's alone. */
  provider?: string | undefined;
}

export interface VoiceList {
  voices: Voice[];
  providers: VoiceProvider[];
}

export interface Voice {
  vendor: string;
  id: string;
  name: string;
}

export interface VoiceProvider {
  key: string;
  name: string;
  models: string[];
  /** The vendor's library is per account; its voices are not in `voices`. */
  voicesFetchedLive: boolean;
}

/** What one call tried. */
export interface RequestAttempts {
  requestId: string;
  /** In order. */
  attempts: Attempt[];
}

export interface Attempt {
  provider: string;
  model: string;
  modality: Open<Modality>;
  endpoint: string;
  /** In the chain, from 0. */
  position: number;
  outcome: string;
  /** Why it failed, for machines. */
  cause: string | null;
  /** HTTP status of the vendor. */
  status: number | null;
  /** Why it failed, for people. */
  message: string | null;
  keySource: Open<KeySource>;
  startedAt: string;
  firstByteMs: number | null;
  totalMs: number;
  /** Micro-USD. */
  costMicroUsd: string;
  usageEstimated: boolean;
  scoresRunId: string | null;
}
