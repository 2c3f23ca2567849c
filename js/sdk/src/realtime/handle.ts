/** The handle of one conversation, over a socket that may still be connecting. */

import { inBrowser } from "../config.js";
import type { RealtimeFrame, RealtimeFrameHandler, RealtimeSessionHandle } from "../types/realtime.js";
import type { S2sSession, SampleRate } from "../types/sessions.js";
import { type ClientFrame, rate, readFrame, type WireFrame } from "./frames.js";

/** Until the socket has to be open. */
const OPEN_WITHIN_MS = 10_000;
/** Bytes that a close frame has room for. Source: RFC 6455, 5.5. */
const LONGEST_REASON = 123;
/** `WebSocket.OPEN`, without asking for the global. */
const OPEN = 1;
const DEFAULT_RATE = 24000;

export class SocketHandle implements RealtimeSessionHandle {
  readonly sessionId: string;
  readonly expiresAt: string;
  readonly provider: string | undefined;
  readonly model: string | undefined;
  readonly requestId: string | undefined;
  readonly #socket: WebSocket;
  readonly #handlers = new Set<{ handler: RealtimeFrameHandler }>();
  #inputSampleRate: SampleRate;
  #outputSampleRate: SampleRate;
  #closing = false;
  #failed = false;

  constructor(socket: WebSocket, session: S2sSession) {
    this.sessionId = session.sessionId;
    this.expiresAt = session.expiresAt;
    this.provider = session.provider;
    this.model = session.model;
    this.requestId = session.requestId ?? undefined;
    this.#inputSampleRate = rate(session.inputSampleRate) ?? DEFAULT_RATE;
    this.#outputSampleRate = rate(session.outputSampleRate) ?? DEFAULT_RATE;
    this.#socket = socket;
    this.#listen();
  }

  get inputSampleRate(): SampleRate {
    return this.#inputSampleRate;
  }

  get outputSampleRate(): SampleRate {
    return this.#outputSampleRate;
  }

  get bufferedAmount(): number {
    return this.#socket.bufferedAmount;
  }

  sendAudio(pcm: Uint8Array): void {
    // A copy of exactly these bytes: the caller may go on with its buffer, or have but a part of it.
    this.#send(new Uint8Array(pcm));
  }

  commit(): void {
    this.#sendFrame({ t: "control", action: "commit" });
  }

  interrupt(): void {
    this.#sendFrame({ t: "interrupt" });
  }

  sendToolResult(callId: string, output: unknown): void {
    const text = typeof output === "string" ? output : (JSON.stringify(output) ?? "null");
    this.#sendFrame({ t: "tool_result", callId, output: text });
  }

  sendText(text: string): void {
    this.#sendFrame({ t: "user_message", text });
  }

  played(ms: number): void {
    this.#sendFrame({ t: "played", ms });
  }

  on(handler: RealtimeFrameHandler): () => void {
    const entry = { handler };
    this.#handlers.add(entry);
    return () => {
      this.#handlers.delete(entry);
    };
  }

  close(code = 1000, reason = "client_closed"): void {
    if (this.#closing) {
      return;
    }
    this.#socket.close(code, shortened(reason));
    this.#closing = true;
  }

  #listen(): void {
    const socket = this.#socket;
    const late = setTimeout(() => {
      this.#fail(`The socket was not open within ${OPEN_WITHIN_MS / 1000} s.`);
      socket.close();
    }, OPEN_WITHIN_MS);
    socket.addEventListener("open", () => clearTimeout(late));
    socket.addEventListener("message", ({ data }) => this.#receive(data));
    socket.addEventListener("error", () => this.#fail("The connection to the gateway failed."));
    socket.addEventListener("close", ({ code, reason }) => {
      clearTimeout(late);
      this.#closing = true;
      this.#emit({ type: "close", code, reason });
    });
  }

  #receive(data: unknown): void {
    if (this.#closing) {
      return;
    }
    if (data instanceof ArrayBuffer) {
      this.#emit({ type: "audio", pcm: new Uint8Array(data), sampleRate: this.#outputSampleRate });
      return;
    }
    const frame = typeof data === "string" ? readFrame(data) : undefined;
    if (frame !== undefined) {
      this.#emit(this.#settled(frame));
    }
  }

  /** `ready` has the last word about the rates; what it does not say stays as it was. */
  #settled(frame: WireFrame): RealtimeFrame {
    if (frame.type !== "ready") {
      return frame;
    }
    this.#inputSampleRate = frame.inputSampleRate ?? this.#inputSampleRate;
    this.#outputSampleRate = frame.outputSampleRate ?? this.#outputSampleRate;
    return { type: "ready", inputSampleRate: this.#inputSampleRate, outputSampleRate: this.#outputSampleRate };
  }

  /** Once, and not for what the caller's own `close` brings about. */
  #fail(message: string): void {
    if (!this.#closing && !this.#failed) {
      this.#failed = true;
      this.#emit({ type: "error", code: "WS_ERROR", message });
    }
  }

  #emit(frame: RealtimeFrame): void {
    for (const { handler } of [...this.#handlers]) {
      try {
        handler(frame);
      } catch (error) {
        report(error);
      }
    }
  }

  #sendFrame(frame: ClientFrame): void {
    this.#send(JSON.stringify(frame));
  }

  #send(message: string | Uint8Array<ArrayBuffer>): void {
    if (!this.#closing && this.#socket.readyState === OPEN) {
      this.#socket.send(message);
    }
  }
}

/** As much of a text as a close frame can carry, in whole characters. */
function shortened(reason: string): string {
  const bytes = new TextEncoder().encode(reason);
  if (bytes.length <= LONGEST_REASON) {
    return reason;
  }
  // A character that the end has cut is left out.
  return new TextDecoder().decode(bytes.subarray(0, LONGEST_REASON)).replace(/\uFFFD+$/, "");
}

/** An error in a caller's handler: it must stop nothing here, and not get lost either. */
function report(error: unknown): void {
  if (inBrowser() && typeof reportError === "function") {
    reportError(error);
    return;
  }
  // biome-ignore lint/suspicious/noConsole: elsewhere `reportError` is missing, or ends the process.
  console.error(error);
}
