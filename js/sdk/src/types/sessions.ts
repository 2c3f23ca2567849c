/** Sessions. Times are ISO-8601 text in UTC. */

import type { JsonSchema } from "./complete.js";
import type { Open, PipelineConstraints, RoutingIntent } from "./routing.js";

/** Hz of the audio on a socket. */
export type SampleRate = 16000 | 24000;

/** A session to be made. */
export interface SessionParams {
  /** Absent: the agent's, else `cascade`. */
  mode?: "cascade" | "s2s" | undefined;
  agentId?: string | undefined;
  /** What the session is for; the gateway picks its engines from it. */
  intent?: RoutingIntent | undefined;
  constraints?: PipelineConstraints | undefined;
  /** The engine of a speech-to-speech session. */
  s2s?: S2sParams | undefined;
  metadata?: Record<string, unknown> | undefined;
  /** Of the token, in seconds; of speech to speech it bounds the session too, and is at most 1800. */
  ttlSeconds?: number | undefined;
  /** Need `agentId`. */
  webhookTags?: Record<string, string> | undefined;
  /** Values of the prompt's template. */
  variables?: Record<string, string> | undefined;
  /** For tools alone; never in a prompt. */
  toolSecrets?: Record<string, string> | undefined;
  /** From 30 to 14400, counted from the moment the session is ready. */
  maxDurationSeconds?: number | undefined;
  /** The text-to-speech voice of a cascade, or of the gateway's own agent; like the next five. */
  voice?: string | undefined;
  systemPrompt?: string | undefined;
  /** What the agent says first; null or empty: it listens first. */
  firstMessage?: string | null | undefined;
  llm?: { temperature?: number | undefined; maxTokens?: number | undefined } | undefined;
  ttsOptions?: { sampleRate?: number | undefined; speed?: number | undefined } | undefined;
  sttOptions?:
    | { keywords?: string[] | undefined; language?: string | undefined; prompt?: string | undefined }
    | undefined;
  backgroundAudio?: Record<string, unknown> | undefined;
  /** Of the participant in a media room. */
  identity?: string | undefined;
}

/** The engine of a speech-to-speech session. */
export interface S2sParams {
  /** Together with `model`, or neither: then the gateway chooses. */
  provider?: RealtimeProvider | undefined;
  model?: string | undefined;
  /** Vendor-specific. */
  voice?: string | undefined;
  systemPrompt?: string | undefined;
  /** 0 to 2. */
  temperature?: number | undefined;
  /** Hz of what is sent; default 24000. */
  inputSampleRate?: SampleRate | undefined;
  /** Hz of what is heard; default 24000. */
  outputSampleRate?: SampleRate | undefined;
  /** Run by the client. */
  tools?: RealtimeTool[] | undefined;
}

/** A vendor of speech-to-speech engines; `speko` is the gateway's own agent (model `cascade`). */
export type RealtimeProvider = Open<"openai" | "google" | "xai" | "inworld" | "alibaba" | "speko-lab" | "speko">;

/** A tool that the client runs when the agent asks for it. */
export interface RealtimeTool {
  name: string;
  description: string;
  /** Schema of the arguments. */
  parameters: JsonSchema;
}

/** A session over a socket, just made. */
export interface S2sSession {
  mode: "s2s";
  sessionId: string;
  wsUrl: string;
  /** First subprotocol of the socket; opens this session alone. */
  wsToken: string;
  /** Hz of what is sent. */
  inputSampleRate: SampleRate;
  /** Hz of what is heard. */
  outputSampleRate: SampleRate;
  expiresAt: string;
  /** The engine that will be tried first. */
  provider: string;
  model: string;
  /** For `requests.get`: every engine that the session has tried. */
  requestId: string;
}

/** A session in a media room, just made. */
export interface CascadeSession {
  mode: "cascade";
  sessionId: string;
  transportToken: string;
  transportUrl: string;
  /** The same as `transportToken`. */
  conversationToken: string;
  /** The same as `transportUrl`. */
  livekitUrl: string;
  roomName: string;
  identity: string;
  expiresAt: string;
}

export interface SessionsQuery {
  /** The `nextCursor` of the page before. */
  cursor?: string | undefined;
  /** 1 to 100, default 20. */
  limit?: number | undefined;
  status?: SessionStatus | undefined;
  kind?: SessionKind | undefined;
  /** An agent's id. */
  agent?: string | undefined;
  /** About the creation; included, like the next. */
  from?: string | Date | undefined;
  to?: string | Date | undefined;
}

export type SessionStatus = Open<"created" | "connecting" | "active" | "ended" | "failed" | "dialing" | "completed">;
export type SessionKind = Open<"cascade" | "s2s" | "phone">;

/** A session as the gateway keeps it. */
export interface Session {
  sessionId: string;
  createdAt: string;
  status: SessionStatus;
  kind: SessionKind;
  /** What it was made with, without secrets. */
  pipelineConfig: Record<string, unknown>;
  recordingObjectPath: string | null;
  recordingDurationMs: number | null;
  recordingStatus: Open<"pending" | "uploading" | "ready" | "failed" | "suppressed"> | null;
  expiresAt: string;
  endedAt: string | null;
  /** Such as `expired` or `client_closed`. */
  endReason: string | null;
  /** The engine in service, or the last that was. */
  provider: string | null;
  model: string | null;
  metadata: Record<string, unknown>;
  /** For `requests.get`: every attempt of the session. */
  requestId: string;
}

/** Some sessions, newest first. */
export interface SessionPage {
  entries: Session[];
  /** For the next page; null on the last. */
  nextCursor: string | null;
}

/** What one side said. Times in ms; null where they mean nothing, as on a user's turn. */
export interface Turn {
  id: string;
  index: number;
  source: TurnSource;
  text: string;
  startedAt: string;
  /** Null: it goes on. */
  endedAt: string | null;
  provider: string | null;
  model: string | null;
  /** From the end of the user's speech until it was taken as the end. */
  eouMs: number | null;
  llmTtftMs: number | null;
  ttsTtfbMs: number | null;
  conversationalLatencyMs: number | null;
  latencyStatus: LatencyStatus | null;
  toolCalls: TurnToolCall[];
}

export type TurnSource = "user" | "agent" | "system";
export type LatencyStatus = "partial" | "complete" | "interrupted" | "error";

export interface TurnToolCall {
  name: string;
  args?: unknown;
}

/** The words of a session, by `index`. */
export interface SessionTranscript {
  entries: Turn[];
}

/** A turn that a worker hands in; the one with the same `index` is replaced. */
export interface TurnInput {
  index: number;
  source: TurnSource;
  /** 1 to 16384 characters. */
  text: string;
  startedAt: string | Date;
  endedAt?: string | Date | null | undefined;
  provider?: string | null | undefined;
  model?: string | null | undefined;
  eouMs?: number | null | undefined;
  llmTtftMs?: number | null | undefined;
  ttsTtfbMs?: number | null | undefined;
  conversationalLatencyMs?: number | null | undefined;
  latencyStatus?: LatencyStatus | null | undefined;
  toolCalls?: TurnToolCall[] | null | undefined;
}

/** A session that is no more. */
export interface DeletedSession {
  id: string;
  deleted: boolean;
}

/** The timings of a session's turns, without words, by `index`. */
export interface SessionTurns {
  entries: TurnTiming[];
}

export interface TurnTiming {
  index: number;
  startedAt: string;
  interrupted: boolean;
  stages: TurnStage[];
}

/** When something happened in a turn. */
export interface TurnStage {
  stage: TurnStageName;
  /** Since the user's end of speech; negative before it. */
  ms: number;
  provider: string | null;
  model: string | null;
}

export type TurnStageName = Open<
  | "speech_started"
  | "speech_ended"
  | "stt_final"
  | "llm_first_token"
  | "tts_first_byte"
  | "first_audio"
  | "response_done"
>;

/** Something that happened in a session. */
export interface CallEvent {
  id: string;
  session_id: string;
  organization_id: string;
  provider: string | null;
  event_type: string;
  status: string | null;
  failure_cause: string | null;
  sip_status_code: number | null;
  sip_status: string | null;
  occurred_at: string;
  payload: Record<string, unknown>;
  created_at: string;
}

/** What is seen of a session that is watched: its status, first and on change; turns; events; and its end, at last. */
export type SessionEvent =
  | { type: "status"; status: SessionStatus; endedAt: string | null }
  | ({ type: "transcript" } & Turn)
  | ({ type: "event" } & CallEvent)
  | { type: "end"; reason: string };

export interface SessionStreamOptions {
  /** The `cursor` of an earlier stream, to go on where it stopped. */
  cursor?: string | undefined;
  /** Ends the watching; the iteration throws its reason. */
  signal?: AbortSignal | undefined;
}
