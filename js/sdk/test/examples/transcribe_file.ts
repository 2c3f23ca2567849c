import { readFile } from "node:fs/promises";
import { Speko } from "@spekoai/sdk";

const speko = new Speko({ apiKey: process.env.SPEKO_API_KEY ?? "" });

const { text, provider, model, confidence } = await speko.transcribe(await readFile("call.wav"), {
  language: "es-MX",
  optimizeFor: "accuracy",
  keywords: ["Speko"],
});
console.log(`${provider}:${model} heard, with confidence ${confidence}: ${text}`);

for await (const event of speko.transcribeStream(await readFile("call.mp3"), {
  language: "en",
  contentType: "audio/mpeg",
})) {
  if (event.type === "transcript" && event.isFinal) {
    console.log(event.text);
  }
}
