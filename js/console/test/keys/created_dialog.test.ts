import { expect, it } from "vitest";
import { curlLine, environment } from "../../src/pages/keys/created_dialog.js";

it("names this gateway, and the key once", () => {
  const lines = environment("http://gateway.test:8787", "sk_live_abc");
  expect(lines).toBe("export SPEKO_BASE_URL=http://gateway.test:8787\nexport SPEKO_API_KEY=sk_live_abc");
  expect(curlLine("http://gateway.test:8787")).toBe(
    'curl -H "Authorization: Bearer $SPEKO_API_KEY" http://gateway.test:8787/v1/organization',
  );
});
