/** The language model. */

import type { Open, PipelineConstraints, Routed, RoutingIntent, StreamErrorEvent } from "./routing.js";

export interface CompleteParams {
  /** At least one. */
  messages: ChatMessage[];
  intent: RoutingIntent;
  systemPrompt?: string | undefined;
  /** 0 to 2. */
  temperature?: number | undefined;
  maxTokens?: number | undefined;
  /** Default: as the intent's `optimizeFor` suggests. */
  reasoningEffort?: "none" | "minimal" | "low" | "medium" | "high" | "xhigh" | undefined;
  constraints?: PipelineConstraints | undefined;
  tools?: ChatTool[] | undefined;
  toolChoice?: ToolChoice | undefined;
  parallelToolCalls?: boolean | undefined;
  /** 1 to 16, default 8: how often tools that the gateway runs may be followed by another question to the model. */
  maxToolHops?: number | undefined;
  /** Books the call to a session. */
  sessionId?: string | undefined;
}

export interface ChatMessage {
  role: "system" | "user" | "assistant" | "tool";
  /** May be empty on an assistant message with tool calls. */
  content: string;
  /** On `assistant` messages: what the model asked for. */
  toolCalls?: ChatToolCall[] | undefined;
  /** On `tool` messages: the call that this is the result of. */
  toolCallId?: string | undefined;
  /** On `tool` messages: the run failed. */
  isError?: boolean | undefined;
}

export interface ChatToolCall {
  id: string;
  name: string;
  /** Complete JSON text of the arguments. */
  args: string;
}

export type ToolChoice = "auto" | "none" | "required" | { type: "function"; function: { name: string } };

/** A JSON Schema (draft 7); sent as it is. */
export type JsonSchema = Record<string, unknown>;

/** A tool that the model may call. */
export interface ChatTool {
  /** `[a-zA-Z_][a-zA-Z0-9_]*`, at most 64 characters. */
  name: string;
  /** 1 to 1024 characters. */
  description: string;
  /** Schema of the arguments. */
  parameters: JsonSchema;
  /** `inline`, the default: the caller runs the tool, and sends its result as a `tool` message. */
  executionMode?: ToolSource["kind"] | undefined;
  /** Required unless the tool is inline; of the same kind as `executionMode`. */
  source?: ToolSource | undefined;
  /** Whether an agent says something while the tool runs. */
  preToolSpeech?: "auto" | "always" | "never" | undefined;
}

/** Who runs a tool, and how. */
export type ToolSource =
  | { kind: "inline" }
  | {
      kind: "webhook";
      url: string;
      secretRef: string;
      headers?: Record<string, string> | undefined;
      authHeaders?: { name: string; secretRef: string }[] | undefined;
      timeoutMs?: number | undefined;
      responseMode?: "sync" | "async" | undefined;
      asyncAck?: string | undefined;
    }
  | { kind: "builtin"; name: string; config?: Record<string, unknown> | undefined }
  | {
      kind: "integration";
      installationId: string;
      appKey: string;
      actionKey: string;
      config?: Record<string, unknown> | undefined;
    };

export interface CompletionUsage {
  promptTokens: number;
  completionTokens: number;
}

export interface CompleteResult extends Routed {
  text: string;
  /** Over all hops. */
  usage: CompletionUsage;
  /** Tools for the caller to run; missing when there are none. */
  toolCalls?: ChatToolCall[];
}

/** Who answers one hop; the first event of the hop. */
export interface CompleteMetaEvent extends Routed {
  type: "meta";
  /** From 0. */
  hop: number;
  /** Over all hops so far; `failoverCount` is this hop's. */
  totalFailoverCount: number;
}

/** The next piece of the text. */
export interface DeltaEvent {
  type: "delta";
  text: string;
}

/** A tool for the caller to run. */
export interface ToolCallEvent extends ChatToolCall {
  type: "tool_call";
}

/** A tool that the gateway runs. */
export interface ServerToolCallEvent {
  type: "server_tool_call";
  id: string;
  name: string;
  status: Open<"started" | "completed" | "failed">;
}

/** The whole answer; the last event of a call that went well. */
export interface CompleteDoneEvent extends CompleteResult {
  type: "done";
}

export type CompleteEvent =
  | CompleteMetaEvent
  | DeltaEvent
  | ToolCallEvent
  | ServerToolCallEvent
  | CompleteDoneEvent
  | StreamErrorEvent;
