import { Speko } from "@spekoai/sdk";

const speko = new Speko({ apiKey: process.env.SPEKO_API_KEY ?? "", timeout: 10_000 });

const { entries, nextCursor } = await speko.sessions.list({ limit: 10, kind: "s2s" });
for (const { sessionId, status } of entries) {
  console.log(sessionId, status);
}
console.log(nextCursor === null ? "That was all." : "There are more.");

const created = await speko.sessions.create({
  mode: "s2s",
  intent: { language: "en" },
  s2s: { systemPrompt: "Be brief." },
});
console.log(created.wsUrl, created.wsToken.length);

for await (const event of speko.sessions.stream(created.sessionId, { signal: AbortSignal.timeout(60_000) })) {
  switch (event.type) {
    case "status":
      console.log(event.status, event.endedAt);
      break;
    case "transcript":
      console.log(event.source, event.text, event.conversationalLatencyMs);
      break;
    case "event":
      console.log(event.event_type, event.created_at);
      break;
    case "end":
      console.log(event.reason);
      break;
  }
}
