/** Text to speech. */

import type { PipelineConstraints, Routed, RoutingIntent } from "./routing.js";

export interface SynthesizeOptions extends RoutingIntent {
  /** A vendor's voice id; candidates of other vendors use their own default. */
  voice?: string | undefined;
  /** Model of the primary candidate. */
  model?: string | undefined;
  /** 0.5 to 2. */
  speed?: number | undefined;
  /** Hz of the audio; default 24000. */
  sampleRate?: number | undefined;
  /** Speaking style, for models that can follow it. */
  instructions?: string | undefined;
  /** Rewrite the text for the ear first: markup, addresses, numbers, abbreviations. */
  spokenForm?: boolean | undefined;
  constraints?: PipelineConstraints | undefined;
  /** Books the call to a session. */
  sessionId?: string | undefined;
}

/** Who speaks, and in which format. */
export interface SpeechMetadata extends Routed {
  /** Usually `audio/pcm;rate=24000`: signed 16-bit little-endian mono samples without a header. */
  contentType: string;
}

export interface SynthesizeResult extends SpeechMetadata {
  audio: Uint8Array<ArrayBuffer>;
}

/** Speech as it arrives, to be iterated once. A chunk may end in the middle of a sample. */
export type SpeechStream = AsyncIterable<Uint8Array<ArrayBuffer>> &
  SpeechMetadata & {
    /** Ends the call; for a stream that is not going to be iterated. Leaving the iteration early does so too. */
    cancel(): void;
  };
