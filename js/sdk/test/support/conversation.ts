/** A gateway that makes sessions and opens their sockets, one per test. */

import { EventEmitter, once } from "node:events";
import type { AddressInfo } from "node:net";
import { onTestFinished, vi } from "vitest";
import { WebSocket, WebSocketServer } from "ws";
import type { RealtimeConnectParams, RealtimeFrame, RealtimeSessionHandle } from "../../src/index.js";
import { type FakeGateway, gateway, json } from "./gateway.js";

export const TOKEN = "eyJhbGciOi.J9-_.token";

/** What the gateway received on the socket: text as JSON, audio as bytes. */
export type Message = Record<string, unknown> | Buffer;

export interface Conversation {
  handle: RealtimeSessionHandle;
  /** The gateway's end; open. */
  socket: WebSocket;
  /** In order. */
  frames: RealtimeFrame[];
  messages: Message[];
  /** Resolves with the next frame of that type, which may have come already. */
  frame<Type extends RealtimeFrame["type"]>(type: Type): Promise<Extract<RealtimeFrame, { type: Type }>>;
  /** The gateway sends a text frame. */
  tell(frame: unknown): void;
  /** Resolves when so many messages have come. */
  told(count: number): Promise<Message[]>;
}

/** What `POST /v1/sessions` answers; the socket is `wsUrl`'s. */
export function session(wsUrl: string, more: Record<string, unknown> = {}) {
  return {
    mode: "s2s",
    sessionId: "s1",
    wsUrl,
    wsToken: TOKEN,
    inputSampleRate: 16000,
    outputSampleRate: 24000,
    expiresAt: "2026-01-01T00:30:00.000Z",
    provider: "openai",
    model: "gpt-realtime",
    requestId: "req_1",
    ...more,
  };
}

/** A WebSocket server; ends with the test. */
export async function sockets(): Promise<{ url: string; server: WebSocketServer }> {
  const server = new WebSocketServer({ host: "127.0.0.1", port: 0 });
  await once(server, "listening");
  onTestFinished(() => {
    for (const client of server.clients) {
      client.terminate();
    }
    server.close();
  });
  return { url: `ws://127.0.0.1:${(server.address() as AddressInfo).port}/v1/realtime/s1/ws`, server };
}

/** Sets the global that Node 20 does not have; until the test ends. */
export function useWebSocket(): void {
  vi.stubGlobal("WebSocket", WebSocket);
  onTestFinished(() => {
    vi.unstubAllGlobals();
  });
}

/** Connects, and waits until both ends are open. */
export async function converse(
  params: RealtimeConnectParams = { provider: "openai", model: "gpt-realtime" },
  made: Record<string, unknown> = {},
): Promise<Conversation & { http: FakeGateway; protocol: string }> {
  useWebSocket();
  const { url, server } = await sockets();
  const http = await gateway(json(session(url, made), 201));
  const arrived = once(server, "connection") as Promise<[WebSocket]>;
  const handle = await http.client().realtime.connect(params);
  const noted = note(handle);
  const [socket] = await arrived;
  const messages: Message[] = [];
  const received = new EventEmitter();
  socket.on("message", (data: Buffer, isBinary: boolean) => {
    messages.push(isBinary ? data : JSON.parse(data.toString()));
    received.emit("message");
  });
  // The gateway's end opens first; the ping's answer comes when the caller's is open too.
  socket.ping();
  await once(socket, "pong");
  return {
    handle,
    socket,
    http,
    protocol: socket.protocol,
    messages,
    ...noted,
    tell: (frame) => socket.send(typeof frame === "string" ? frame : JSON.stringify(frame)),
    async told(count) {
      while (messages.length < count) {
        await once(received, "message");
      }
      return messages;
    },
  };
}

/** Notes the frames of a handle. */
export function note(handle: RealtimeSessionHandle): Pick<Conversation, "frames" | "frame"> {
  const frames: RealtimeFrame[] = [];
  const came = new EventEmitter();
  handle.on((frame) => {
    frames.push(frame);
    came.emit("frame");
  });
  return {
    frames,
    async frame<Type extends RealtimeFrame["type"]>(type: Type) {
      while (true) {
        const found = frames.find((frame): frame is Extract<RealtimeFrame, { type: Type }> => frame.type === type);
        if (found !== undefined) {
          return found;
        }
        await once(came, "frame");
      }
    },
  };
}
