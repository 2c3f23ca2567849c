/** Vendors, and the organization's own keys for them. */

import type { KeySource } from "./account.js";
import type { Modality, Open } from "./routing.js";

/** One vendor in one layer. */
export interface ProviderRow {
  /** Vendor id, as allow-lists have it. */
  key: string;
  name: string;
  type: Modality;
  /** It can be called now. */
  configured: boolean;
  /** `BYOK` when the organization stored a key of its own. */
  source: Open<KeySource> | null;
  /** When that key was stored; ISO-8601. */
  updatedAt: string | null;
  /** When the vendor last refused that key, ISO-8601; null again when a call or a test with it goes well. */
  rejectedAt: string | null;
  /** HTTP status of the refusal; null where there was none. */
  rejectedStatus: number | null;
  /** The vendor's words, secrets removed. */
  rejection: string | null;
  models: ProviderModel[];
  /** Why it is not configured, for machines. */
  reason: string | null;
  /** What to do about it. */
  hint: string | null;
  /** One of the gateway's own engines: needs no key. */
  embedded: boolean;
}

export interface ProviderModel {
  id: string;
  /** What the model declares, such as `languages` and `streaming`. */
  capabilities: Record<string, unknown>;
  /** The gateway's own, made of other models. */
  composite: boolean;
}

/** Every entry that an allow-list may hold, by layer. */
export type KnownProviders = Record<Modality, KnownProvider[]>;

export interface KnownProvider {
  /** The entry: `vendor` or `vendor:model`. */
  id: string;
  vendor: string;
  vendorName: string;
  /** Null on the entry of the whole vendor. */
  model: string | null;
  /** It was measured; what was not is routed to last. */
  benchmarked: boolean;
}

export interface ProviderKeyStatus {
  provider: string;
  /** An own key is stored. */
  configured: boolean;
}

/** Whether a vendor takes the credential that calls would use. */
export interface ProviderTest {
  provider: string;
  ok: boolean;
  /** Null when there is no credential. */
  source: Open<KeySource> | null;
  /** ISO-8601. */
  checkedAt: string;
  latencyMs: number | null;
  /** HTTP status of the vendor. */
  status: number | null;
  /** For people. */
  message: string;
  /** How many models the vendor offers with it. */
  models: number | null;
  /** What the answer says about the key; `unknown` also where there is none. */
  verdict: Open<"accepted" | "rejected" | "unknown">;
}
