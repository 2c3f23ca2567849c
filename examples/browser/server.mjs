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
  return fetch(`${gateway}/v1/sessions`, {
    method: "POST",
    headers: { authorization: `Bearer ${process.env.SPEKO_API_KEY}`, "content-type": "application/json" },
    body: JSON.stringify({
      mode: "s2s",
      intent: { language: "en", optimizeFor: "latency" },
      s2s: { systemPrompt: "You are a friendly assistant. Answer in one sentence." },
    }),
  });
}

const server = createServer(async (request, response) => {
  try {
    const file = files[request.url];
    if (request.method === "POST" && request.url === "/api/session") {
      const minted = await mintSession();
      response.writeHead(minted.status, { "content-type": "application/json" }).end(await minted.text());
    } else if (file) {
      response.writeHead(200, { "content-type": file[1] }).end(await readFile(file[0]));
    } else {
      response.writeHead(404).end();
    }
  } catch (error) {
    console.error(error);
    response.writeHead(502, { "content-type": "application/json" });
    response.end(JSON.stringify({ error: `No gateway answers at ${gateway}; start one with: make run` }));
  }
});
server.listen(port, "localhost", () => console.log(`Open http://localhost:${server.address().port}`));
