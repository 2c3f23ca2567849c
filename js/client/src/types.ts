/** What all conversations share, whatever carries them. */

/** Where a conversation stands. It moves forward only; `disconnected` is its end. */
export type ConversationStatus = "connecting" | "connected" | "disconnecting" | "disconnected";

/** Whether the agent is being heard. */
export type ConversationMode = "listening" | "speaking";

/** Words of one side. Segments are cumulative: the same `segmentId` comes again with more text until `isFinal`. */
export interface ConversationMessage {
  source: "agent" | "user";
  text: string;
  isFinal: boolean;
  segmentId?: string;
}

/** Who or what ended a conversation. */
export type DisconnectionReason = "user" | "agent" | "error" | "timeout" | "unknown";

/** How a conversation ended. `message` is the transport's own reason, where it gave one. */
export interface DisconnectionDetails {
  reason: DisconnectionReason;
  message?: string;
}

/** What the browser does to the microphone's sound; each is on unless it is switched off. */
export interface AudioConstraints {
  echoCancellation?: boolean | undefined;
  noiseSuppression?: boolean | undefined;
  autoGainControl?: boolean | undefined;
}

/** What a conversation changes of its agent's configuration. */
export interface ConversationOverrides {
  agent?: { prompt?: string | undefined; firstMessage?: string | undefined; language?: string | undefined } | undefined;
  tts?: { voiceId?: string | undefined; speed?: number | undefined } | undefined;
}

/** What happens in a conversation. Called synchronously; one that throws stops nothing. */
export interface ConversationCallbacks {
  /** Once: the conversation is established, and the microphone is live. */
  onConnect?: ((details: { conversationId: string }) => void) | undefined;
  /** Once per established conversation, when everything is closed. */
  onDisconnect?: ((details: DisconnectionDetails) => void) | undefined;
  onMessage?: ((message: ConversationMessage) => void) | undefined;
  /** Real transitions only. */
  onStatusChange?: ((status: ConversationStatus) => void) | undefined;
  /** Real transitions only, as they are heard. */
  onModeChange?: ((mode: ConversationMode) => void) | undefined;
  /** Something went wrong, and the conversation goes on. What is fatal is thrown, or told to `onDisconnect`. */
  onError?: ((error: Error) => void) | undefined;
}

/** A stage of a turn, as it happens. */
export interface TurnEvent {
  /** `speech_started`, `speech_ended`, `stt_final`, `llm_first_token`, `tts_first_byte`, `first_audio`, `response_done`;
   * others may come with later gateways. */
  stage: string;
  /** Milliseconds since the user's end of speech; negative before it. */
  ms: number;
  provider?: string;
  model?: string;
}

/** A tool that the agent wants to be run here. */
export interface ToolCall {
  callId: string;
  name: string;
  /** JSON text. */
  arguments: string;
}

/** Answers a tool call with its output; what is no string is sent as JSON. */
export type ToolCallHandler = (call: ToolCall) => unknown | Promise<unknown>;
