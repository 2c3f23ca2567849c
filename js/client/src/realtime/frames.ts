/** The text frames of the S2S socket. Names and members as on the wire; audio travels beside them as binary frames. */

/** What the gateway sends. Missing members have got their defaults. */
export type ServerFrame =
  | {
      t: "ready";
      inputSampleRate: number | undefined;
      outputSampleRate: number | undefined;
      /** Of a session that had another socket before: what came from the client over all of them. */
      received?: { audioBytes: number; textFrames: number };
    }
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
  /** Of the answer that the newest of so much sound belongs to: what came over all sockets. */
  | { t: "played"; ms: number; receivedAudioBytes: number }
  /** After a `ready` that said the same of the other direction: what came from the gateway over all sockets; of text
   * frames, all but `ready`. */
  | { t: "received"; audioBytes: number; textFrames: number };

/** Rates in Hz that a socket may have. */
export type SampleRate = 16000 | 24000;

type Members = Record<string, unknown>;

const READERS: Record<string, (members: Members) => ServerFrame> = {
  ready: (m) => {
    const audioBytes = optionalNumber(m.receivedAudioBytes);
    const textFrames = optionalNumber(m.receivedTextFrames);
    return {
      t: "ready",
      inputSampleRate: optionalNumber(m.inputSampleRate),
      outputSampleRate: optionalNumber(m.outputSampleRate),
      ...(audioBytes !== undefined && textFrames !== undefined && { received: { audioBytes, textFrames } }),
    };
  },
  transcript: (m) => ({
    t: "transcript",
    role: m.role === "user" ? "user" : "assistant",
    text: text(m.text),
    final: m.final === true,
  }),
  tool_call: (m) => ({
    t: "tool_call",
    callId: text(m.callId),
    name: text(m.name),
    arguments: text(m.arguments),
  }),
  server_tool_call: (m) => ({
    t: "server_tool_call",
    id: text(m.id),
    name: text(m.name),
    status: text(m.status, "started"),
  }),
  usage: (m) => ({
    t: "usage",
    inputAudioTokens: optionalNumber(m.inputAudioTokens) ?? 0,
    outputAudioTokens: optionalNumber(m.outputAudioTokens) ?? 0,
  }),
  interruption: (m) => ({ t: "interruption", at: m.at === "assistant" ? "assistant" : "user" }),
  turn: (m) => ({
    t: "turn",
    stage: text(m.stage),
    ms: optionalNumber(m.ms) ?? 0,
    ...(typeof m.provider === "string" && { provider: m.provider }),
    ...(typeof m.model === "string" && { model: m.model }),
  }),
  error: (m) => ({ t: "error", code: text(m.code, "UNKNOWN"), message: text(m.message) }),
  end: (m) => ({ t: "end", reason: text(m.reason) }),
};

/** One text frame; null for what is no frame, or one that this client does not know. */
export function readFrame(json: string): ServerFrame | null {
  let value: unknown;
  try {
    value = JSON.parse(json);
  } catch {
    return null;
  }
  if (typeof value !== "object" || value === null) {
    return null;
  }
  const members = value as Members;
  const { t } = members;
  const read = typeof t === "string" && Object.hasOwn(READERS, t) ? READERS[t] : undefined;
  return read?.(members) ?? null;
}

/** As it goes over the wire. */
export function writeFrame(frame: ClientFrame): string {
  return JSON.stringify(frame);
}

function text(value: unknown, missing = ""): string {
  return typeof value === "string" ? value : missing;
}

function optionalNumber(value: unknown): number | undefined {
  return typeof value === "number" && Number.isFinite(value) ? value : undefined;
}
