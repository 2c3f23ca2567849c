import { Speko } from "@spekoai/sdk";
import { WebSocket } from "ws";

// Node 20 has no WebSocket of its own; newer ones, browsers and workers do.
globalThis.WebSocket ??= WebSocket as unknown as typeof globalThis.WebSocket;

const speko = new Speko({ apiKey: process.env.SPEKO_API_KEY ?? "" });

const session = await speko.realtime.connect({
  intent: { language: "en", optimizeFor: "latency" },
  systemPrompt: "You take orders in a bakery.",
});
session.on((frame) => {
  switch (frame.type) {
    case "ready":
      session.sendText("Two croissants, please.");
      break;
    case "transcript":
      console.log(`${frame.role}: ${frame.text}`);
      break;
    case "audio":
      play(frame.pcm, frame.sampleRate);
      break;
    case "interruption":
      stopPlaying();
      break;
    case "error":
      console.error(frame.code, frame.message);
      break;
    case "close":
      console.log("It is over:", frame.code, frame.reason);
      break;
  }
});

declare function play(pcm: Uint8Array, sampleRate: number): void;
declare function stopPlaying(): void;
