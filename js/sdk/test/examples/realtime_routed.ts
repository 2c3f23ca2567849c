import { Speko } from "@spekoai/sdk";
import { WebSocket } from "ws";

// Node 20 has no WebSocket of its own.
globalThis.WebSocket ??= WebSocket as unknown as typeof globalThis.WebSocket;

const speko = new Speko({ apiKey: process.env.SPEKO_API_KEY ?? "", baseUrl: "http://127.0.0.1:8787" });

const session = await speko.realtime.connect({
  intent: { language: "en", optimizeFor: "latency" },
  constraints: { allowedProviders: { s2s: ["speko"] } },
  firstMessage: "Hello! What can I do for you?",
});
session.on((frame) => {
  if (frame.type === "audio") {
    session.played(1000);
  }
});
session.sendText("What time is it?");
