/** Voice conversations in the browser, over a speko gateway. */

export { SpekoClientError, type SpekoClientErrorCode } from "./errors.js";
export { RealtimeVoiceConversation } from "./realtime/conversation.js";
export type { SampleRate } from "./realtime/frames.js";
export type { RealtimeCallbacks, RealtimeVoiceConversationOptions } from "./realtime/options.js";
export type {
  AudioConstraints,
  ConversationCallbacks,
  ConversationMessage,
  ConversationMode,
  ConversationOverrides,
  ConversationStatus,
  DisconnectionDetails,
  DisconnectionReason,
  ToolCall,
  ToolCallHandler,
  TurnEvent,
} from "./types.js";
