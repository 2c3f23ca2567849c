import { Speko } from "@spekoai/sdk";

const speko = new Speko({ apiKey: process.env.SPEKO_API_KEY ?? "" });

const session = await speko.realtime.connect({
  provider: "openai",
  model: "gpt-realtime",
  voice: "alloy",
  systemPrompt: "You take orders in a bakery.",
  temperature: 0.7,
  inputSampleRate: 24000,
  outputSampleRate: 24000,
  tools: [
    {
      name: "order",
      description: "Places an order.",
      parameters: { type: "object", properties: { item: { type: "string" } }, required: ["item"] },
    },
  ],
  metadata: { shop: "7" },
  ttlSeconds: 900,
});

const unsubscribe = session.on((frame) => {
  switch (frame.type) {
    case "ready":
      console.log(`send ${frame.inputSampleRate} Hz, hear ${frame.outputSampleRate} Hz`);
      break;
    case "audio":
      play(frame.pcm, frame.sampleRate);
      break;
    case "transcript":
      if (frame.final) {
        console.log(`${frame.role}: ${frame.text}`);
      }
      break;
    case "tool_call":
      session.sendToolResult(frame.callId, JSON.stringify({ ordered: JSON.parse(frame.arguments).item }));
      break;
    case "server_tool_call":
      console.log(frame.name, frame.status);
      break;
    case "usage":
      console.log(frame.inputAudioTokens + frame.outputAudioTokens);
      break;
    case "interruption":
      stopPlaying();
      break;
    case "turn":
      console.log(frame.stage, frame.ms);
      break;
    case "error":
      console.error(frame.code, frame.message);
      break;
    case "close":
      console.log(frame.code, frame.reason);
      unsubscribe();
      break;
    default:
      // Every kind of frame was named above.
      frame satisfies never;
  }
});

console.log(session.sessionId, session.expiresAt);
for await (const pcm of microphone(session.inputSampleRate)) {
  session.sendAudio(pcm);
}
session.commit();
session.interrupt();
session.close();

declare function play(pcm: Uint8Array, sampleRate: number): void;
declare function stopPlaying(): void;
declare function microphone(sampleRate: number): AsyncIterable<Uint8Array>;
