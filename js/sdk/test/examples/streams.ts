import { Speko } from "@spekoai/sdk";

const speko = new Speko({ apiKey: process.env.SPEKO_API_KEY ?? "" });
const messages = [{ role: "user" as const, content: "Tell me a story." }];

for await (const event of speko.completeStream({ messages, intent: { language: "en" } })) {
  if (event.type === "delta") {
    process.stdout.write(event.text);
  } else if (event.type === "error") {
    console.error(event.code, event.error);
  }
}

const speech = await speko.synthesizeStream("A longer text …", { language: "en" });
for await (const chunk of speech) {
  play(chunk, speech.contentType);
}

declare function play(chunk: Uint8Array, contentType: string): void;
