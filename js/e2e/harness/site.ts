/**
 * A web site of somebody who uses the client: a page under a strict Content Security Policy, the built packages, and a
 * backend that mints sessions with the key that the page never sees.
 */

import { readFile } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { CLIENT_DIST, SDK_DIST } from "./paths.js";

declare global {
  interface Window {
    client: typeof import("@spekoai/client");
    sdk: typeof import("@spekoai/sdk");
  }
}

export interface Site {
  url: string;
  close(): Promise<void>;
}

export interface SiteOptions {
  /** Where sessions are minted. */
  gateway: { url: string; key: string };
  /** Where the page may connect to, beside itself; default: the gateway's socket. */
  connect?: string;
  /** The address to serve on; default: this machine's own, whose pages are a secure context. */
  host?: string;
}

const PAGE = `<!doctype html><html lang="en"><head><meta charset="utf-8"><title>e2e</title><script type="module" src="/page.js"></script></head><body></body></html>`;
/** Puts the packages where tests find them: `import()` of a test's own source is rewritten by its runner. */
const SCRIPT = `import * as client from "/client/index.js";
import * as sdk from "/sdk/index.js";
Object.assign(window, { client, sdk });`;
/** Measures, every 10 ms, the energy of what is played, whatever the page's own thread is busy with. */
const METER_SCRIPT = `registerProcessor("meter", class extends AudioWorkletProcessor {
  seen = 0;
  sum = 0;
  found = [];
  process([[samples]]) {
    for (const sample of samples ?? new Float32Array(128)) {
      this.sum += sample * sample;
      this.seen += 1;
      if (this.seen >= sampleRate / 100) {
        this.found.push(this.sum);
        this.seen = this.sum = 0;
      }
    }
    if (this.found.length >= 10) this.port.postMessage(this.found.splice(0));
    return true;
  }
});`;
/** Of that script. */
export const METER = "/meter.js";
/** A worker that asks whose key it was given. */
const WORKER = `import { Speko } from "/sdk/index.js";
onmessage = async ({ data }) => postMessage(await new Speko(data).organization.get());`;
const FOLDERS: Record<string, string> = { client: CLIENT_DIST, sdk: SDK_DIST };

/** Serves on a free port. */
export async function startSite(options: SiteOptions): Promise<Site> {
  const { gateway, host = "127.0.0.1" } = options;
  const policy = `default-src 'none'; script-src 'self'; connect-src 'self' ${options.connect ?? socketOrigin(gateway.url)}`;
  const server = createServer(async (request, response) => {
    const path = request.url ?? "/";
    const [, folder = "", file = ""] = /^\/(client|sdk)\/([a-z-]+\.js)$/.exec(path) ?? [];
    if (path === "/") {
      response.writeHead(200, { "content-type": "text/html", "content-security-policy": policy }).end(PAGE);
    } else if (path === "/worker.js") {
      response.writeHead(200, { "content-type": "text/javascript" }).end(WORKER);
    } else if (path === "/page.js") {
      response.writeHead(200, { "content-type": "text/javascript" }).end(SCRIPT);
    } else if (path === METER) {
      response.writeHead(200, { "content-type": "text/javascript" }).end(METER_SCRIPT);
    } else if (path === "/session" && request.method === "POST") {
      const minted = await fetch(`${gateway.url}/v1/sessions`, {
        method: "POST",
        headers: { authorization: `Bearer ${gateway.key}`, "content-type": "application/json" },
        body: await text(request),
      });
      response.writeHead(minted.status, { "content-type": "application/json" }).end(await minted.text());
    } else if (folder !== "") {
      const body = await readFile(`${FOLDERS[folder]}${file}`);
      response.writeHead(200, { "content-type": "text/javascript" }).end(body);
    } else {
      response.writeHead(404).end();
    }
  });
  await new Promise<void>((resolve) => server.listen(0, host, resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://${host}:${port}`,
    close: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

function socketOrigin(url: string): string {
  return url.replace(/^http/, "ws");
}

async function text(request: AsyncIterable<Buffer>): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) {
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString();
}
