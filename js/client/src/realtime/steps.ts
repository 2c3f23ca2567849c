/** The words between the machine and the world: what happens, and what is to be done about it. Plain data. */

import type { PlaybackProgress } from "../audio/audio_io.js";
import type { SpekoClientError } from "../errors.js";
import type { ToolCall } from "../types.js";
import type { ClientFrame } from "./frames.js";
import type { RealtimeCallbacks } from "./options.js";

/**
 * `ready`: until the gateway says it. `attempt`: until a socket is open that was opened to attach again. `retry`: until
 * the next such attempt. `give_up`: until there are no more of them. `resume`: until it is known what was heard.
 * `teardown`: until what does not close is left to itself.
 */
export type TimerName = "ready" | "attempt" | "retry" | "give_up" | "resume" | "teardown";

/** Sockets have numbers; what comes from one that is not ours any more changes nothing. */
export type MachineEvent =
  | { type: "start" }
  | { type: "socket_open"; id: number }
  | { type: "socket_refused"; id: number; error: unknown }
  | { type: "socket_error"; id: number }
  | { type: "socket_closed"; id: number; code: number; reason: string; buffered: number }
  | { type: "text"; id: number; text: string }
  | { type: "binary"; id: number; pcm: ArrayBuffer }
  | { type: "audio_started" }
  | { type: "audio_failed"; error: SpekoClientError }
  | { type: "audio_closed" }
  /** `buffered`: bytes that the socket which carries the conversation still holds, before this frame. */
  | { type: "frame"; pcm: ArrayBuffer; buffered: number }
  | { type: "progress"; progress: PlaybackProgress }
  | { type: "problem"; error: Error }
  | { type: "tool_done"; callId: string; output: string; error?: Error }
  /** The browser has a network again, or another one. */
  | { type: "online" }
  | { type: "timer"; name: TimerName }
  | { type: "mute"; muted: boolean }
  | { type: "send"; frame: ClientFrame }
  | { type: "end" };

type Told = { [K in Exclude<keyof RealtimeCallbacks, "onToolCall">]-?: NonNullable<RealtimeCallbacks[K]> };

/** One callback to be called. */
export type Notice = { [K in keyof Told]: { do: "notify"; name: K; value: Parameters<Told[K]>[0] } }[keyof Told];

/** The caller's handler is to be asked. */
export interface RunTool {
  do: "run_tool";
  call: ToolCall;
}

/** To be carried out in order. */
export type Effect =
  | Notice
  | RunTool
  | { do: "open_socket"; id: number }
  | { do: "send_text"; id: number; text: string }
  | { do: "send_binary"; id: number; pcm: ArrayBuffer }
  /** One that is not open yet is dropped without a word to the gateway. */
  | { do: "close_socket"; id: number; code: number; reason: string }
  | { do: "start_audio"; inputSampleRate: number; outputSampleRate: number }
  | { do: "play"; pcm: ArrayBuffer }
  | { do: "flush" }
  | { do: "mute"; muted: boolean }
  | { do: "stop_microphone" }
  | { do: "close_audio" }
  | { do: "set_timer"; name: TimerName; ms: number }
  | { do: "clear_timer"; name: TimerName }
  | { do: "clear_timers" }
  | { do: "resolve" }
  | { do: "reject"; error: SpekoClientError }
  /** Everything is closed; nothing more comes. */
  | { do: "ended" };

/** Where parts of the machine put what is to be done. */
export type Emit = (effect: Effect) => void;
