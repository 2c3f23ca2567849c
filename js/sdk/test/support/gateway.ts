/** An HTTP server that notes what it is sent, and answers what a test says. */

import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { onTestFinished } from "vitest";
import { Speko, type SpekoOptions } from "../../src/index.js";

export const API_KEY = "sk_live_0123456789abcdef0123456789abcdef0123456789abcdef";

/** A request as it came. */
export interface Received {
  method: string;
  /** Path and query. */
  url: string;
  /** Lower-case names. */
  headers: Record<string, string>;
  body: Buffer;
  /** Of the caller's end of the connection. */
  port: number | undefined;
  /** Resolves when the caller is gone, or has its whole answer. */
  closed: Promise<void>;
}

export type Reply = (response: ServerResponse, request: Received) => unknown;

export interface FakeGateway {
  url: string;
  received: Received[];
  /** The only request. */
  only(): Received;
  client(options?: Partial<SpekoOptions>): Speko;
}

/** One reply per request, the last for all that follow. Ends with the test. */
export async function gateway(...replies: Reply[]): Promise<FakeGateway> {
  const received: Received[] = [];
  const server = createServer(async (request, response) => {
    const noted = await note(request, response);
    received.push(noted);
    await replies[Math.min(received.length, replies.length) - 1]?.(response, noted);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return {
    url,
    received,
    only() {
      const [first, ...more] = received;
      if (first === undefined || more.length > 0) {
        throw new Error(`${received.length} requests came`);
      }
      return first;
    },
    client: (options = {}) => new Speko({ apiKey: API_KEY, baseUrl: url, timeout: 10_000, ...options }),
  };
}

async function note(request: IncomingMessage, response: ServerResponse): Promise<Received> {
  const closed = new Promise<void>((resolve) => response.once("close", resolve));
  const pieces: Buffer[] = [];
  for await (const piece of request) {
    pieces.push(piece as Buffer);
  }
  return {
    method: request.method ?? "",
    url: request.url ?? "",
    headers: request.headers as Record<string, string>,
    body: Buffer.concat(pieces),
    port: request.socket.remotePort,
    closed,
  };
}

/** A JSON answer. */
export function json(value: unknown, status = 200, headers: Record<string, string> = {}): Reply {
  return (response) => {
    response.writeHead(status, { "Content-Type": "application/json", ...headers });
    response.end(JSON.stringify(value));
  };
}

/** An answer of these pieces, each written for itself. */
export function pieces(
  all: readonly (string | Uint8Array)[],
  headers: Record<string, string> = { "Content-Type": "text/event-stream" },
): Reply {
  return async (response) => {
    response.writeHead(200, headers);
    response.flushHeaders();
    for (const piece of all) {
      await new Promise<void>((resolve) => response.write(piece, () => resolve()));
    }
    response.end();
  };
}

/** These pieces, and then the connection breaks. */
export function brokenAfter(all: readonly (string | Uint8Array)[], headers: Record<string, string> = {}): Reply {
  return async (response) => {
    response.writeHead(200, headers);
    response.flushHeaders();
    for (const piece of all) {
      await new Promise<void>((resolve) => response.write(piece, () => resolve()));
    }
    response.destroy();
  };
}

/** These pieces, and then nothing more. */
export function hangingAfter(all: readonly (string | Uint8Array)[], headers: Record<string, string> = {}): Reply {
  return async (response) => {
    response.writeHead(200, headers);
    response.flushHeaders();
    for (const piece of all) {
      await new Promise<void>((resolve) => response.write(piece, () => resolve()));
    }
  };
}

/** Never answers. */
export const silence: Reply = () => {};

/** One server-sent event. */
export function sse(name: string, data: unknown): string {
  return `event: ${name}\ndata: ${JSON.stringify(data)}\n\n`;
}

/** What an event stream yields before it ends, and the error that it ends with. */
export async function collect<T>(events: AsyncIterable<T>): Promise<{ events: T[]; error: unknown }> {
  const seen: T[] = [];
  try {
    for await (const event of events) {
      seen.push(event);
    }
    return { events: seen, error: undefined };
  } catch (error) {
    return { events: seen, error };
  }
}

/** What a promise is rejected with. */
export async function rejection(promise: Promise<unknown>): Promise<unknown> {
  try {
    await promise;
  } catch (error) {
    return error;
  }
  throw new Error("it was not rejected");
}
