import { RealtimeVoiceConversation } from "@spekoai/client";

// Your server creates the session with its API key, and passes the gateway's answer on.
const response = await fetch("/api/session", { method: "POST" });
const { sessionId, wsUrl, wsToken } = await response.json();

const conversation = await RealtimeVoiceConversation.create({
  sessionId,
  wsUrl,
  wsToken,
  onMessage: ({ source, text }) => console.log(`${source}: ${text}`),
  onDisconnect: ({ reason }) => console.log(`over: ${reason}`),
});

window.addEventListener("pagehide", () => void conversation.endSession());
