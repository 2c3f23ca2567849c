/** Bodies that a reader would send, where the schema alone knows only what is required. */

import type { JsonObject } from "./openapi.js";

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
  "put /v1/providers": { provider: "openai", apiKey: "sk-…" },
  "post /v1/api-keys": { name: "backend" },
};
