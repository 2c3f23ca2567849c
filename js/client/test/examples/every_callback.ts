import {
  type ConversationMessage,
  type ConversationMode,
  type ConversationStatus,
  type DisconnectionDetails,
  RealtimeVoiceConversation,
  type RealtimeVoiceConversationOptions,
  type ToolCall,
  type TurnEvent,
} from "@spekoai/client";

const credentials: Pick<RealtimeVoiceConversationOptions, "sessionId" | "wsUrl" | "wsToken" | "expiresAt"> =
  await fetch("/api/session", { method: "POST" }).then((response) => response.json());

const conversation = await RealtimeVoiceConversation.create({
  ...credentials,
  inputSampleRate: 16000,
  outputSampleRate: 24000,
  inputDeviceId: "default",
  outputDeviceId: "default",
  audioConstraints: { echoCancellation: true, noiseSuppression: true, autoGainControl: false },
  workletUrl: new URL("/assets/audio-worklet.js", location.href),
  onConnect: ({ conversationId }) => console.log(conversationId === conversation.getId()),
  onDisconnect: ({ reason, message }: DisconnectionDetails) => console.log(reason, message ?? ""),
  onMessage: ({ source, text, isFinal, segmentId }: ConversationMessage) =>
    console.log(source, text, isFinal, segmentId ?? ""),
  onStatusChange: (status: ConversationStatus) => console.log(status),
  onModeChange: (mode: ConversationMode) => console.log(mode),
  onError: (error: Error) => console.log(error.message),
  onTurn: ({ stage, ms, provider, model }: TurnEvent) => console.log(stage, ms, provider ?? "", model ?? ""),
  onToolCall: async ({ name, arguments: json }: ToolCall) => {
    const { city } = JSON.parse(json) as { city: string };
    return name === "weather" ? { city, degrees: 21 } : "There is no such tool.";
  },
});

await conversation.setMicMuted(true);
conversation.setVolume(0.5);
conversation.sendUserMessage("How is the weather in Lisbon?");
conversation.interrupt();
await conversation.setMicMuted(false);
conversation.commit();

const meter = setInterval(() => {
  console.log(conversation.isOpen(), conversation.getInputLevel(), conversation.getOutputLevel());
}, 100);
await conversation.endSession();
clearInterval(meter);
