// The backend of the example. It holds the API key, mints a session when the page asks for one, and serves the page.
//
//   SPEKO_API_KEY=sk_live_… node server.mjs          then open http://localhost:3000

import { readFile } from "node:fs/promises";
import { createServer } from "node:http";

const gateway = process.env.SPEKO_BASE_URL ?? "http://127.0.0.1:8787";
const port = Number(process.env.PORT ?? 3000);
const client = new URL("../../js/client/dist/", import.meta.url);
const files = {
  "/": [new URL("index.html", import.meta.url), "text/html; charset=utf-8"],
  "/app.js": [new URL("app.js", import.meta.url), "text/javascript"],
  "/speko/index.js": [new URL("index.js", client), "text/javascript"],
  "/speko/audio-worklet.js": [new URL("audio-worklet.js", client), "text/javascript"],
};

async function mintSession() {
  try {
    const minted = await fetch(`${gateway}/v1/sessions`, {
      method: "POST",
      headers: { authorization: `Bearer ${process.env.SPEKO_API_KEY}`, "content-type": "application/json" },
      body: JSON.stringify({
        mode: "s2s",
        intent: { language: "en", optimizeFor: "latency" },
        s2s: { systemPrompt: "You are a friendly assistant. Answer in one sentence." },
      }),
    });
    return [minted.status, await minted.text()];
  } catch (error) {
    console.error(error);
    return [502, JSON.stringify({ error: `No gateway answers at ${gateway}; start one with: make run` })];
  }
}

const server = createServer(async (request, response) => {
  const [file, type] = files[request.url] ?? [];
  if (request.method === "POST" && request.url === "/api/session") {
    const [status, body] = await mintSession();
    response.writeHead(status, { "content-type": "application/json" }).end(body);
  } else if (file) {
    const body = await readFile(file).catch(console.error); // not there: type `make console`
    response.writeHead(body ? 200 : 404, { "content-type": type }).end(body);
  } else {
    response.writeHead(404).end();
  }
});
server.listen(port, "localhost", () => console.log(`Open http://localhost:${server.address().port}`));
