/** What `RealtimeVoiceConversation.create` takes. */

import { SpekoClientError } from "../errors.js";
import type { AudioConstraints, ConversationCallbacks, ToolCallHandler, TurnEvent } from "../types.js";
import type { SampleRate } from "./frames.js";

/** What happens in a conversation over a socket. */
export interface RealtimeCallbacks extends ConversationCallbacks {
  /** A stage of a turn was reached. */
  onTurn?: ((event: TurnEvent) => void) | undefined;
  /**
   * The agent wants a tool to be run here. What this returns, or its promise resolves to, is the output; what is no
   * string is sent as JSON. When it throws, the agent is told that the tool failed, and `onError` why.
   */
  onToolCall?: ToolCallHandler | undefined;
}

/** `sessionId`, `wsUrl`, `wsToken` and `expiresAt` are members of what `POST /v1/sessions` answers for `mode: "s2s"`. */
export interface RealtimeVoiceConversationOptions extends RealtimeCallbacks {
  sessionId: string;
  wsUrl: string;
  wsToken: string;
  /** ISO 8601. Whether the session is over is for the gateway to say. */
  expiresAt?: string | undefined;
  /** Hz; 24000 unless said. What the gateway grants wins. */
  inputSampleRate?: SampleRate | undefined;
  /** Hz; 24000 unless said. What the gateway grants wins. */
  outputSampleRate?: SampleRate | undefined;
  /** The microphone, as `enumerateDevices` names it. */
  inputDeviceId?: string | undefined;
  /** The loudspeaker; left out where the browser cannot choose one. */
  outputDeviceId?: string | undefined;
  audioConstraints?: AudioConstraints | undefined;
  /** Where the page serves this package's `audio-worklet.js`; beside its index.js unless said. */
  workletUrl?: string | URL | undefined;
}

/** What a subprotocol may consist of; browsers put others into their own error's text. */
const TOKEN = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/;
const LOOPBACK = /^(localhost|.*\.localhost|127(\.\d+){3}|\[::1\])$/;

/** @throws SpekoClientError `CONNECTION_FAILED`, for what could never work. Its text repeats no value. */
export function checkOptions(options: RealtimeVoiceConversationOptions): void {
  for (const name of ["sessionId", "wsUrl", "wsToken"] as const) {
    if (typeof options?.[name] !== "string" || options[name] === "") {
      throw refused(`${name} is missing: create a session on your server and pass what the gateway answered`);
    }
  }
  if (!TOKEN.test(options.wsToken)) {
    throw refused("wsToken has characters that no token has");
  }
  for (const name of ["inputSampleRate", "outputSampleRate"] as const) {
    if (options[name] !== undefined && !isSampleRate(options[name])) {
      throw refused(`${name} must be 16000 or 24000`);
    }
  }
  checkUrl(options.wsUrl);
}

export function isSampleRate(rate: unknown): rate is SampleRate {
  return rate === 16000 || rate === 24000;
}

function checkUrl(wsUrl: string): void {
  let url: URL;
  try {
    url = new URL(wsUrl);
  } catch {
    throw refused("wsUrl is no URL");
  }
  if (url.protocol !== "ws:" && url.protocol !== "wss:") {
    throw refused("wsUrl must begin with wss:// or ws://");
  }
  // Browsers let pages reach the machine that they run on without TLS.
  if (url.protocol === "ws:" && globalThis.location?.protocol === "https:" && !LOOPBACK.test(url.hostname)) {
    throw refused("wsUrl begins with ws://, but a page that came over https may open wss:// only");
  }
}

function refused(message: string): SpekoClientError {
  return new SpekoClientError(message, "CONNECTION_FAILED");
}
