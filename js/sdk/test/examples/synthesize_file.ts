import { createWriteStream } from "node:fs";
import { writeFile } from "node:fs/promises";
import { Speko } from "@spekoai/sdk";

const speko = new Speko({ apiKey: process.env.SPEKO_API_KEY ?? "" });

const { audio, contentType, failoverCount } = await speko.synthesize("Hello!", { language: "en", speed: 1.1 });
await writeFile("hello.pcm", audio);
console.log(`${contentType}, after ${failoverCount} failovers`);

const speech = await speko.synthesizeStream("A longer text …", { language: "en", optimizeFor: "latency" });
const file = createWriteStream("longer.pcm");
for await (const chunk of speech) {
  file.write(chunk);
}
file.end();
console.log(speech.provider, speech.model, speech.contentType);
