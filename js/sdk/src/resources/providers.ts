/** Vendors, their keys, and what routing makes of them. */

import { pathOf } from "../http/url.js";
import type { BenchmarkScores, ScoresQuery, StackQuery, StackView } from "../types/benchmarks.js";
import type { KnownProviders, ProviderKeyStatus, ProviderRow, ProviderTest } from "../types/providers.js";
import { Resource } from "./resource.js";

/** Vendors, and the organization's own keys for them. */
export class ProvidersResource extends Resource {
  /** Which vendors can be used; one that serves several layers comes once per layer. */
  list(signal?: AbortSignal): Promise<ProviderRow[]> {
    return this.transport.json({ method: "GET", path: pathOf("providers"), signal });
  }

  /** Every entry that an allow-list may hold. */
  known(signal?: AbortSignal): Promise<KnownProviders> {
    return this.transport.json({ method: "GET", path: pathOf("providers", "known"), signal });
  }

  /** Stores the organization's own key for a vendor. */
  set(provider: string, apiKey: string, signal?: AbortSignal): Promise<ProviderKeyStatus> {
    return this.transport.json({ method: "PUT", path: pathOf("providers"), json: { provider, apiKey }, signal });
  }

  /** Forgets that key. May be called again. */
  remove(provider: string, signal?: AbortSignal): Promise<ProviderKeyStatus> {
    return this.transport.json({ method: "DELETE", path: pathOf("providers", provider), signal });
  }

  /** Asks the vendor whether it takes the credential that calls would use. */
  test(provider: string, signal?: AbortSignal): Promise<ProviderTest> {
    return this.transport.json({ method: "POST", path: pathOf("providers", provider, "test"), signal });
  }
}

/** What routing goes by. */
export class BenchmarksResource extends Resource {
  /** What the gateway would choose for an intent now, layer by layer, and whom it leaves out. */
  stack(query: StackQuery, signal?: AbortSignal): Promise<StackView> {
    const { optimizeFor, ...rest } = query;
    return this.transport.json({
      method: "GET",
      path: pathOf("benchmarks", "stack"),
      query: { ...rest, optimize_for: optimizeFor },
      signal,
    });
  }

  /** The measurements themselves. */
  scores({ modality, language }: ScoresQuery = {}, signal?: AbortSignal): Promise<BenchmarkScores> {
    return this.transport.json({
      method: "GET",
      path: pathOf("benchmarks", "scores"),
      query: { modality, language },
      signal,
    });
  }
}
