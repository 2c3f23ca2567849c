/** Code as people write it after the documentation: it has to compile in projects of theirs, and is not run. */

import {
  type AudioConstraints,
  type ConversationMessage,
  type ConversationMode,
  type ConversationOverrides,
  type ConversationStatus,
  type DisconnectionDetails,
  type DisconnectionReason,
  RealtimeVoiceConversation,
  SpekoClientError,
} from "@spekoai/client";
import { Speko, SpekoApiError, SpekoAuthError, SpekoRateLimitError } from "@spekoai/sdk";

/** What a server's answer is often typed as. */
interface Minted {
  sessionId: string;
  wsUrl: string;
  wsToken: string;
  expiresAt?: string | undefined;
}

export const overrides: ConversationOverrides = { agent: { prompt: "Be brief." }, tts: { speed: 1.1 } };
export const reasons: DisconnectionReason[] = ["user", "agent", "error", "timeout", "unknown"];

export async function talk(minted: Minted, inputDeviceId: string | undefined): Promise<void> {
  const audioConstraints: AudioConstraints = { echoCancellation: false };
  try {
    const conversation: RealtimeVoiceConversation = await RealtimeVoiceConversation.create({
      ...minted,
      inputSampleRate: 16000,
      outputSampleRate: 24000,
      inputDeviceId,
      audioConstraints,
      onConnect: ({ conversationId }) => conversationId.length,
      onDisconnect: ({ reason, message }: DisconnectionDetails) => `${reason} ${message ?? ""}`,
      onMessage: ({ source, text, isFinal, segmentId }: ConversationMessage) => [source, text, isFinal, segmentId],
      onStatusChange: (status: ConversationStatus) => status === "connected",
      onModeChange: (mode: ConversationMode) => mode === "speaking",
      onError: async (error) => error.message,
    });
    await conversation.setMicMuted(true);
    conversation.setVolume(0.5);
    if (conversation.isOpen()) {
      conversation.getId();
    }
    await conversation.endSession();
  } catch (error) {
    if (error instanceof SpekoClientError && error.code === "MICROPHONE_FAILED") {
      throw error.cause;
    }
  }
}

export async function call(apiKey: string, signal: AbortSignal): Promise<unknown> {
  const speko = new Speko({ apiKey, baseURL: "https://gateway.example", timeout: 10_000 });
  try {
    const { text, confidence } = await speko.transcribe(new Uint8Array(), { language: "en", keywords: ["ferry"] });
    for await (const event of speko.completeStream({
      messages: [{ role: "user", content: text }],
      intent: { language: "en", optimizeFor: "latency" },
    })) {
      if (event.type === "delta") {
        event.text.trim();
      }
    }
    const { audio, contentType } = await speko.synthesize("Hello.", { language: "en", voice: "amy" }, signal);
    const spoken: BlobPart[] = [audio];
    for await (const chunk of await speko.synthesizeStream("Hello.", { language: "en" })) {
      spoken.push(chunk);
    }
    for await (const event of speko.sessions.stream("id", { cursor: "-1:0", signal })) {
      event.type === "end" && event.reason;
    }
    await speko.usage.get({ from: "2026-01-01", to: "2026-02-01" });
    await speko.voices.list({ provider: "openai" });
    return [confidence, new Blob(spoken, { type: contentType })];
  } catch (error) {
    if (error instanceof SpekoAuthError || error instanceof SpekoRateLimitError) {
      return error instanceof SpekoRateLimitError ? error.retryAfter : error.status;
    }
    return error instanceof SpekoApiError ? error.code : undefined;
  }
}

export async function connect(speko: Speko): Promise<() => void> {
  const session = await speko.realtime.connect({
    provider: "openai",
    model: "gpt-realtime",
    voice: "alloy",
    systemPrompt: "You are a helpful assistant.",
    temperature: 0.7,
    inputSampleRate: 24000,
    outputSampleRate: 24000,
    tools: [{ name: "weather", description: "The weather", parameters: { type: "object", properties: {} } }],
    metadata: { user: "u_1" },
    ttlSeconds: 600,
  });
  const heard: BlobPart[] = [];
  const off = session.on((frame) => {
    if (frame.type === "audio") {
      heard.push(frame.pcm);
    } else if (frame.type === "tool_call") {
      session.sendToolResult(frame.callId, JSON.stringify({ city: JSON.parse(frame.arguments).city }));
    } else if (frame.type === "close") {
      session.close(1000, frame.reason);
    }
  });
  session.sendAudio(new Uint8Array(960));
  session.commit();
  session.interrupt();
  return off;
}
