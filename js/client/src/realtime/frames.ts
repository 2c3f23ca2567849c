/** The text frames of the S2S socket. Names and members as on the wire; audio travels beside them as binary frames. */

/** What the gateway sends. Missing members have got their defaults. */
export type ServerFrame =
  | { t: "ready"; inputSampleRate: number | undefined; outputSampleRate: number | undefined }
  | { t: "transcript"; role: "user" | "assistant"; text: string; final: boolean }
  | { t: "tool_call"; callId: string; name: string; arguments: string }
  | { t: "server_tool_call"; id: string; name: string; status: string }
  | { t: "usage"; inputAudioTokens: number; outputAudioTokens: number }
  | { t: "interruption"; at: "user" | "assistant" }
  | { t: "turn"; stage: string; ms: number; provider?: string; model?: string }
  | { t: "error"; code: string; message: string }
  | { t: "end"; reason: string };

/** What the client sends. */
export type ClientFrame =
  | { t: "control"; action: "commit" | "clear" | "end_turn" }
  | { t: "interrupt" }
  | { t: "tool_result"; callId: string; output: string }
  | { t: "user_message"; text: string }
  | { t: "played"; ms: number };

/** Rates in Hz that a socket may have. */
export type SampleRate = 16000 | 24000;
