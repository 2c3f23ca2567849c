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
export function readFrame(text: string): WireFrame | undefined {
  const members = jsonObject(text);
  const kind = members?.t;
  return members !== undefined && typeof kind === "string" ? READERS.get(kind)?.(members) : undefined;
}

const READERS = new Map<string, (members: Members) => WireFrame>([
  [
    "ready",
    ({ inputSampleRate, outputSampleRate }) => ({
      type: "ready",
      inputSampleRate: rate(inputSampleRate),
      outputSampleRate: rate(outputSampleRate),
    }),
  ],
  [
    "transcript",
    (members) => ({
      type: "transcript",
      role: members.role === "user" ? "user" : "assistant",
      text: text(members.text),
      final: members.final === true,
    }),
  ],
  [
    "tool_call",
    (members) => ({
      type: "tool_call",
      callId: text(members.callId),
      name: text(members.name),
      arguments: text(members.arguments),
    }),
  ],
  [
    "server_tool_call",
    ({ id, name, status }) => ({
      type: "server_tool_call",
      id: text(id),
      name: text(name),
      status: text(status) || "started",
    }),
  ],
  [
    "usage",
    ({ inputAudioTokens, outputAudioTokens }) => ({
      type: "usage",
      inputAudioTokens: number(inputAudioTokens),
      outputAudioTokens: number(outputAudioTokens),
    }),
  ],
  ["interruption", ({ at }) => ({ type: "interruption", at: at === "assistant" ? "assistant" : "user" })],
  [
    "turn",
    ({ stage, ms, provider, model }) => ({
      type: "turn",
      stage: text(stage),
      ms: number(ms),
      ...(typeof provider === "string" ? { provider } : {}),
      ...(typeof model === "string" ? { model } : {}),
    }),
  ],
  ["error", ({ code, message }) => ({ type: "error", code: text(code) || "UNKNOWN", message: text(message) })],
]);

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
