import { readFile, writeFile } from "node:fs/promises";
import { Speko } from "@spekoai/sdk";

const speko = new Speko({ apiKey: process.env.SPEKO_API_KEY ?? "" });

const { text } = await speko.transcribe(await readFile("question.wav"), { language: "en" });

const answer = await speko.complete({
  messages: [{ role: "user", content: text }],
  intent: { language: "en", optimizeFor: "latency" },
});

const { audio, contentType, provider } = await speko.synthesize(answer.text, { language: "en" });
await writeFile("answer.pcm", audio);
console.log(`${provider} said it, as ${contentType}`);
