/** Speech to text. */

import type { PipelineConstraints, Routed, RoutingIntent, StreamErrorEvent } from "./routing.js";

export interface TranscribeOptions extends RoutingIntent {
  /** MIME type of the audio, such as `audio/mpeg` or `audio/pcm;rate=16000`; default `audio/wav`. */
  contentType?: string | undefined;
  constraints?: PipelineConstraints | undefined;
  /** Words that are likely to be said; at most 200. */
  keywords?: string[] | undefined;
  sttOptions?: SttOptions | undefined;
  /** Books the call to a session. */
  sessionId?: string | undefined;
}

export interface SttOptions {
  /** Language that the vendor is told, such as `multi`; routing goes by the intent's. */
  language?: string | undefined;
}

export interface TranscribeResult extends Routed {
  text: string;
  /** 0 to 1; null when the vendor does not say. */
  confidence: number | null;
}

/** Who transcribes; the first event. */
export interface TranscribeMetaEvent extends Routed {
  type: "meta";
}

/** The words of one segment so far; each replaces the one before, until one is final. */
export interface TranscriptEvent {
  type: "transcript";
  text: string;
  isFinal: boolean;
  /** 0 to 1; null when the vendor does not say. */
  confidence: number | null;
}

/** The whole text; the last event of a call that went well. */
export interface TranscribeDoneEvent extends TranscribeResult {
  type: "done";
}

export type TranscribeEvent = TranscribeMetaEvent | TranscriptEvent | TranscribeDoneEvent | StreamErrorEvent;
