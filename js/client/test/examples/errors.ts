import { RealtimeVoiceConversation, SpekoClientError, type SpekoClientErrorCode } from "@spekoai/client";

const texts: Partial<Record<SpekoClientErrorCode, string>> = {
  CONNECTION_FAILED: "The agent cannot be reached.",
  MICROPHONE_FAILED: "The agent cannot hear you.",
};

export async function start(sessionId: string, wsUrl: string, wsToken: string) {
  try {
    return await RealtimeVoiceConversation.create({ sessionId, wsUrl, wsToken });
  } catch (error) {
    if (error instanceof SpekoClientError) {
      console.log(texts[error.code] ?? "", error.message, error.cause);
      return null;
    }
    throw error;
  }
}
