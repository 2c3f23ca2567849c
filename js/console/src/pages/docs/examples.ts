/** What a reader would send, where the document alone does not say enough. */

import type { JsonObject } from "./openapi.js";

/** Bodies. */
export const EXAMPLES: Record<string, JsonObject> = {
  "post /v1/complete": {
    messages: [{ role: "user", content: "What is twelve times twelve?" }],
    intent: { language: "en", optimizeFor: "latency" },
  },
  "post /v1/synthesize": { text: "Hello there.", intent: { language: "en" } },
  "post /v1/sessions": {
    mode: "s2s",
    intent: { language: "en" },
    s2s: { systemPrompt: "You are a friendly guide. Answer in one sentence." },
  },
  "put /v1/providers": { provider: "openai", apiKey: "YOUR_KEY" },
  "post /v1/api-keys": { name: "backend" },
};

/** Queries that the gateway answers with an error without, though the document calls them optional. */
export const QUERIES: Record<string, string> = { "get /v1/benchmarks/stack": "language=en" };
