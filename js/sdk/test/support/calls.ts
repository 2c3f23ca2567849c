/** Every call of the resources, with what it has to send. */

import type { Speko } from "../../src/index.js";

export const TURN = { index: 0, source: "user", text: "Hello", startedAt: new Date(0) } as const;

export type Call = (speko: Speko, signal?: AbortSignal) => Promise<unknown>;

/** Name, call, method, path and query, body. */
export const CALLS: [string, Call, string, string, unknown?][] = [
  ["apiKeys.list", (speko, signal) => speko.apiKeys.list(signal), "GET", "/v1/api-keys"],
  [
    "apiKeys.create",
    (speko, signal) => speko.apiKeys.create({ name: "a" }, signal),
    "POST",
    "/v1/api-keys",
    { name: "a" },
  ],
  ["apiKeys.revoke", (speko, signal) => speko.apiKeys.revoke("key_1", signal), "DELETE", "/v1/api-keys/key_1"],
  ["organization.get", (speko, signal) => speko.organization.get(signal), "GET", "/v1/organization"],
  ["usage.get", (speko, signal) => speko.usage.get(undefined, signal), "GET", "/v1/usage"],
  [
    "usage.get in a range",
    (speko) => speko.usage.get({ from: new Date(0), to: "2026-01-01" }),
    "GET",
    "/v1/usage?from=1970-01-01T00%3A00%3A00.000Z&to=2026-01-01",
  ],
  ["usage.series", (speko, signal) => speko.usage.series(undefined, signal), "GET", "/v1/usage/series"],
  [
    "usage.series in a range",
    (speko) => speko.usage.series({ from: "2026-01-01", to: new Date(0), by: "day" }),
    "GET",
    "/v1/usage/series?from=2026-01-01&to=1970-01-01T00%3A00%3A00.000Z&by=day",
  ],
  ["credits.getBalance", (speko, signal) => speko.credits.getBalance(signal), "GET", "/v1/credits/balance"],
  ["credits.getLedger", (speko, signal) => speko.credits.getLedger(undefined, signal), "GET", "/v1/credits/ledger"],
  [
    "credits.getLedger of a page",
    (speko) => speko.credits.getLedger({ limit: 2, cursor: "abc", kind: "grant,topup" }),
    "GET",
    "/v1/credits/ledger?limit=2&cursor=abc&kind=grant%2Ctopup",
  ],
  ["limits.get", (speko, signal) => speko.limits.get(signal), "GET", "/v1/limits"],
  ["voices.list", (speko, signal) => speko.voices.list(undefined, signal), "GET", "/v1/voices"],
  ["voices.list of a vendor", (speko) => speko.voices.list({ provider: "xai" }), "GET", "/v1/voices?provider=xai"],
  ["requests.get", (speko, signal) => speko.requests.get("req/1", signal), "GET", "/v1/requests/req%2F1"],
  ["providers.list", (speko, signal) => speko.providers.list(signal), "GET", "/v1/providers"],
  ["providers.known", (speko, signal) => speko.providers.known(signal), "GET", "/v1/providers/known"],
  [
    "providers.set",
    (speko, signal) => speko.providers.set("xai", "secret", signal),
    "PUT",
    "/v1/providers",
    { provider: "xai", apiKey: "secret" },
  ],
  ["providers.remove", (speko, signal) => speko.providers.remove("xai", signal), "DELETE", "/v1/providers/xai"],
  ["providers.test", (speko, signal) => speko.providers.test("xai", signal), "POST", "/v1/providers/xai/test"],
  [
    "benchmarks.stack",
    (speko, signal) => speko.benchmarks.stack({ language: "en" }, signal),
    "GET",
    "/v1/benchmarks/stack?language=en",
  ],
  [
    "benchmarks.stack with everything",
    (speko) =>
      speko.benchmarks.stack({
        language: "es-MX",
        region: "us-east4",
        optimizeFor: "cost",
        explain: true,
        allow: ["llm:openai", "tts:xai"],
      }),
    "GET",
    "/v1/benchmarks/stack?language=es-MX&region=us-east4&explain=1&allow=llm%3Aopenai&allow=tts%3Axai&optimize_for=cost",
  ],
  ["benchmarks.scores", (speko, signal) => speko.benchmarks.scores(undefined, signal), "GET", "/v1/benchmarks/scores"],
  [
    "benchmarks.scores of a layer",
    (speko) => speko.benchmarks.scores({ modality: "tts", language: "en" }),
    "GET",
    "/v1/benchmarks/scores?modality=tts&language=en",
  ],
  ["sessions.list", (speko, signal) => speko.sessions.list(undefined, signal), "GET", "/v1/sessions"],
  [
    "sessions.list with filters",
    (speko) =>
      speko.sessions.list({
        cursor: "a=",
        limit: 5,
        status: "ended",
        kind: "s2s",
        agent: "agent_1",
        from: new Date(0),
        to: "2026-01-01",
      }),
    "GET",
    "/v1/sessions?cursor=a%3D&limit=5&status=ended&kind=s2s&agent=agent_1&from=1970-01-01T00%3A00%3A00.000Z&to=2026-01-01",
  ],
  ["sessions.get", (speko, signal) => speko.sessions.get("s 1", signal), "GET", "/v1/sessions/s%201"],
  [
    "sessions.transcript",
    (speko, signal) => speko.sessions.transcript("s1", signal),
    "GET",
    "/v1/sessions/s1/transcript",
  ],
  ["sessions.turns", (speko, signal) => speko.sessions.turns("s1", signal), "GET", "/v1/sessions/s1/turns"],
  ["sessions.delete", (speko, signal) => speko.sessions.delete("s1", signal), "DELETE", "/v1/sessions/s1"],
  [
    "sessions.ingestTurns",
    (speko, signal) => speko.sessions.ingestTurns("s1", [TURN], signal),
    "POST",
    "/v1/sessions/s1/turns",
    { turns: [{ ...TURN, startedAt: "1970-01-01T00:00:00.000Z" }] },
  ],
  [
    "sessions.create",
    (speko, signal) => speko.sessions.create({ mode: "s2s", s2s: { provider: "xai", model: "m" } }, { signal }),
    "POST",
    "/v1/sessions",
    { mode: "s2s", s2s: { provider: "xai", model: "m" } },
  ],
];
