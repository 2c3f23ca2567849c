/** Keys, organization, use and voices. */

import { pathOf } from "../http/url.js";
import type {
  ApiKey,
  CreatedApiKey,
  CreditBalance,
  CreditLedger,
  CreditLedgerQuery,
  Limits,
  Organization,
  RequestAttempts,
  RevokedApiKey,
  UsageQuery,
  UsageSeries,
  UsageSeriesQuery,
  UsageSummary,
  VoiceList,
  VoicesQuery,
} from "../types/account.js";
import { Resource } from "./resource.js";

/** Keys of the organization for this API. */
export class ApiKeysResource extends Resource {
  /** All keys without their secrets, revoked ones too. */
  list(signal?: AbortSignal): Promise<ApiKey[]> {
    return this.transport.json({ method: "GET", path: pathOf("api-keys"), signal });
  }

  /** A new key, named with 1 to 100 characters. It is in this answer, and never shown again. */
  create(params: { name: string }, signal?: AbortSignal): Promise<CreatedApiKey> {
    return this.transport.json({ method: "POST", path: pathOf("api-keys"), json: params, signal });
  }

  /** Ends a key at once. May be called again. */
  revoke(id: string, signal?: AbortSignal): Promise<RevokedApiKey> {
    return this.transport.json({ method: "DELETE", path: pathOf("api-keys", id), signal });
  }
}

/** Whom the API key belongs to. */
export class OrganizationResource extends Resource {
  /** The cheapest way to try a key. */
  get(signal?: AbortSignal): Promise<Organization> {
    return this.transport.json({ method: "GET", path: pathOf("organization"), signal });
  }
}

/** What was used, and what it cost. */
export class UsageResource extends Resource {
  get({ from, to }: UsageQuery = {}, signal?: AbortSignal): Promise<UsageSummary> {
    return this.transport.json({ method: "GET", path: pathOf("usage"), query: { from, to }, signal });
  }

  /** The same day by day, with the attempts at each vendor; 366 days at most. */
  series({ from, to, by }: UsageSeriesQuery = {}, signal?: AbortSignal): Promise<UsageSeries> {
    return this.transport.json({ method: "GET", path: pathOf("usage", "series"), query: { from, to, by }, signal });
  }
}

/** What is left to spend on the platform's keys. */
export class CreditsResource extends Resource {
  /** The sum of the ledger. */
  getBalance(signal?: AbortSignal): Promise<CreditBalance> {
    return this.transport.json({ method: "GET", path: pathOf("credits", "balance"), signal });
  }

  /** Every change, newest first. */
  getLedger({ limit, cursor, kind }: CreditLedgerQuery = {}, signal?: AbortSignal): Promise<CreditLedger> {
    const query = { limit, cursor, kind };
    return this.transport.json({ method: "GET", path: pathOf("credits", "ledger"), query, signal });
  }
}

/** What the API key and its organization may use at most. */
export class LimitsResource extends Resource {
  /** Both, and how much of each is used. */
  get(signal?: AbortSignal): Promise<Limits> {
    return this.transport.json({ method: "GET", path: pathOf("limits"), signal });
  }
}

/** The catalogue of voices. */
export class VoicesResource extends Resource {
  list({ provider }: VoicesQuery = {}, signal?: AbortSignal): Promise<VoiceList> {
    return this.transport.json({ method: "GET", path: pathOf("voices"), query: { provider }, signal });
  }
}

/** What became of single calls. */
export class RequestsResource extends Resource {
  /** Which candidates a call tried, and how each ended. `requestId`: of a result, an error or a session. */
  get(requestId: string, signal?: AbortSignal): Promise<RequestAttempts> {
    return this.transport.json({ method: "GET", path: pathOf("requests", requestId), signal });
  }
}
