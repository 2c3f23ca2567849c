/** A conversation over a socket. */

import type { PipelineConstraints, RoutingIntent } from "./routing.js";
import type { S2sParams, SampleRate, SessionParams, TurnStageName } from "./sessions.js";

/**
 * Name either `provider` and `model`, or an `intent` (or an agent), and the gateway chooses. Answer the `tool_call` frames
 * of `tools` with `sendToolResult`.
 */
export interface RealtimeConnectParams extends S2sParams {
  intent?: RoutingIntent | undefined;
  constraints?: PipelineConstraints | undefined;
  /** What the agent says first; read by the gateway's own agent alone, like the next three. */
  firstMessage?: string | undefined;
  llm?: SessionParams["llm"];
  ttsOptions?: SessionParams["ttsOptions"];
  sttOptions?: SessionParams["sttOptions"];
  metadata?: Record<string, unknown> | undefined;
  /** At most 1800. */
  ttlSeconds?: number | undefined;
  /** From 30 to 14400, counted from `ready`. */
  maxDurationSeconds?: number | undefined;
  agentId?: string | undefined;
  /** Need `agentId`. */
  webhookTags?: Record<string, string> | undefined;
}

/** The engine is there. Rates in Hz, final. */
export interface ReadyFrame {
  type: "ready";
  inputSampleRate: SampleRate;
  outputSampleRate: SampleRate;
}

/** The agent's voice: signed 16-bit little-endian mono samples. */
export interface AudioFrame {
  type: "audio";
  pcm: Uint8Array<ArrayBuffer>;
  /** Hz. */
  sampleRate: SampleRate;
}

/** The words of one utterance so far; each replaces the one before, until one is final. */
export interface TranscriptFrame {
  type: "transcript";
  role: "user" | "assistant";
  text: string;
  final: boolean;
}

/** A tool for the caller to run. */
export interface ToolCallFrame {
  type: "tool_call";
  callId: string;
  name: string;
  /** JSON text. */
  arguments: string;
}

/** A tool that the gateway runs; nothing to answer. */
export interface ServerToolCallFrame {
  type: "server_tool_call";
  id: string;
  name: string;
  /** `started`, `completed` or `failed`. */
  status: string;
}

/** Tokens of one response; to be added up. */
export interface UsageFrame {
  type: "usage";
  inputAudioTokens: number;
  outputAudioTokens: number;
}

/** The response was cut short: drop what was not played yet. */
export interface InterruptionFrame {
  type: "interruption";
  /** `user`: barge-in, or `interrupt`; `assistant`: the engine itself. */
  at: "user" | "assistant";
}

/** A stage of a turn, as it happens. */
export interface TurnFrame {
  type: "turn";
  stage: TurnStageName;
  /** Since the user's end of speech; negative before it. */
  ms: number;
  provider?: string;
  model?: string;
}

/** Something went wrong; `close` follows when it was fatal. `WS_ERROR`: the socket failed. */
export interface ErrorFrame {
  type: "error";
  code: string;
  message: string;
}

/** The socket is closed; the last frame. */
export interface CloseFrame {
  type: "close";
  /** 1000 and 1001 as in RFC 6455, 1006 for a connection that broke, 44xx of the gateway. */
  code: number;
  reason: string;
}

export type RealtimeFrame =
  | ReadyFrame
  | AudioFrame
  | TranscriptFrame
  | ToolCallFrame
  | ServerToolCallFrame
  | UsageFrame
  | InterruptionFrame
  | TurnFrame
  | ErrorFrame
  | CloseFrame;

/** Called synchronously, in the order of the frames. One that throws stops nothing. */
export type RealtimeFrameHandler = (frame: RealtimeFrame) => void;

/** An open conversation. What is sent while the socket is not open goes nowhere, and raises nothing. */
export interface RealtimeSessionHandle {
  readonly sessionId: string;
  /** ISO-8601. */
  readonly expiresAt: string;
  /** Hz of what is sent; final with the frame `ready`, like the next. */
  readonly inputSampleRate: SampleRate;
  /** Hz of what is heard. */
  readonly outputSampleRate: SampleRate;
  /** The engine that was tried first; undefined where the gateway does not say. */
  readonly provider: string | undefined;
  readonly model: string | undefined;
  /** For `requests.get`: every engine that the session has tried. */
  readonly requestId: string | undefined;
  /** Bytes that were sent and did not leave yet: whoever sends faster than the network pauses by it. */
  readonly bufferedAmount: number;
  /** The next sound of the user: signed 16-bit little-endian mono samples at `inputSampleRate`. Copied. */
  sendAudio(pcm: Uint8Array): void;
  /** The user's turn is over: answer. Not needed where the engine hears that by itself. */
  commit(): void;
  /** Stop the response. */
  interrupt(): void;
  /** Answers a `tool_call`. An output that is no text is sent as JSON. */
  sendToolResult(callId: string, output: unknown): void;
  /** Something that the user typed, answered like speech. */
  sendText(text: string): void;
  /** How much of the current response was played so far, in ms; an interrupted answer is cut there. */
  played(ms: number): void;
  /** Returns the function that takes the handler away again. Frames that came before it are not repeated. */
  on(handler: RealtimeFrameHandler): () => void;
  /** Ends the conversation; the frame `close` follows. May be called again. `code`: 1000, or 3000 to 4999. */
  close(code?: number, reason?: string): void;
}
