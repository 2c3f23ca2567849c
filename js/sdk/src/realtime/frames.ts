/** The text frames of the socket, without I/O. Source: contract, s2s-websocket 4 and 5. */

import { jsonObject } from "../http/json.js";
import type { RealtimeFrame } from "../types/realtime.js";
import type { SampleRate } from "../types/sessions.js";

type Members = Record<string, unknown>;
/** Rates may be missing, and are then what was asked for. */
type WireReady = { type: "ready"; inputSampleRate: SampleRate | undefined; outputSampleRate: SampleRate | undefined };
export type WireFrame = Exclude<RealtimeFrame, { type: "ready" | "audio" | "close" }> | WireReady;

/** What the caller sends. */
export type ClientFrame =
  | { t: "control"; action: "commit" }
  | { t: "interrupt" }
  | { t: "tool_result"; callId: string; output: string }
  | { t: "user_message"; text: string }
  | { t: "played"; ms: number };

/**
 * A text frame of the gateway; undefined for what is no JSON object, and for kinds without a frame of their own: `end`,
 * which the socket's close follows, and those of later gateways. Missing members, and members of another type, get
 * their default.
 */
export function readFrame(json: string): WireFrame | undefined {
  const wire: Members = jsonObject(json) ?? {};
  switch (wire.t) {
    case "ready":
      return {
        type: "ready",
        inputSampleRate: rate(wire.inputSampleRate),
        outputSampleRate: rate(wire.outputSampleRate),
      };
    case "transcript": {
      const role = wire.role === "user" ? "user" : "assistant";
      return { type: "transcript", role, text: text(wire.text), final: wire.final === true };
    }
    case "tool_call":
      return {
        type: "tool_call",
        callId: text(wire.callId),
        name: text(wire.name),
        arguments: text(wire.arguments),
      };
    case "server_tool_call":
      return {
        type: "server_tool_call",
        id: text(wire.id),
        name: text(wire.name),
        status: text(wire.status) || "started",
      };
    case "usage":
      return {
        type: "usage",
        inputAudioTokens: number(wire.inputAudioTokens),
        outputAudioTokens: number(wire.outputAudioTokens),
      };
    case "interruption":
      return { type: "interruption", at: wire.at === "assistant" ? "assistant" : "user" };
    case "turn":
      return {
        type: "turn",
        stage: text(wire.stage),
        ms: number(wire.ms),
        ...(typeof wire.provider === "string" ? { provider: wire.provider } : {}),
        ...(typeof wire.model === "string" ? { model: wire.model } : {}),
      };
    case "error":
      return { type: "error", code: text(wire.code) || "UNKNOWN", message: text(wire.message) };
    default:
      return undefined;
  }
}

function text(value: unknown): string {
  return typeof value === "string" ? value : "";
}

function number(value: unknown): number {
  return typeof value === "number" ? value : 0;
}

/** `value`, if a socket may have it. */
export function rate(value: unknown): SampleRate | undefined {
  return value === 16000 || value === 24000 ? value : undefined;
}
