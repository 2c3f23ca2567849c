/** The client. */

import { configOf, type SpekoOptions } from "./config.js";
import { Transport } from "./http/transport.js";
import { RealtimeResource } from "./realtime/connect.js";
import {
  ApiKeysResource,
  CreditsResource,
  LimitsResource,
  OrganizationResource,
  RequestsResource,
  UsageResource,
  VoicesResource,
} from "./resources/account.js";
import { BenchmarksResource, ProvidersResource } from "./resources/providers.js";
import { SessionsResource } from "./resources/sessions.js";
import type { CompleteEvent, CompleteParams, CompleteResult } from "./types/complete.js";
import type { SpeechStream, SynthesizeOptions, SynthesizeResult } from "./types/synthesize.js";
import type { TranscribeEvent, TranscribeOptions, TranscribeResult } from "./types/transcribe.js";
import { complete, completeStream } from "./voice/complete.js";
import { synthesize, synthesizeStream } from "./voice/synthesize.js";
import { transcribe, transcribeStream } from "./voice/transcribe.js";

/**
 * A gateway, and the key to it.
 *
 * Every call throws SpekoApiError when the gateway refuses it or fails, an AbortError when it takes longer than
 * `timeout` or its signal aborts, and `fetch`'s TypeError when the network breaks. Nothing is sent twice.
 */
export class Speko {
  readonly realtime: RealtimeResource;
  readonly sessions: SessionsResource;
  readonly voices: VoicesResource;
  readonly usage: UsageResource;
  readonly credits: CreditsResource;
  readonly limits: LimitsResource;
  readonly providers: ProvidersResource;
  readonly benchmarks: BenchmarksResource;
  readonly apiKeys: ApiKeysResource;
  readonly organization: OrganizationResource;
  readonly requests: RequestsResource;
  readonly #transport: Transport;

  /** Throws Error for options that cannot work. */
  constructor(options: SpekoOptions) {
    this.#transport = new Transport(configOf(options));
    this.realtime = new RealtimeResource(this.#transport);
    this.sessions = new SessionsResource(this.#transport);
    this.voices = new VoicesResource(this.#transport);
    this.usage = new UsageResource(this.#transport);
    this.credits = new CreditsResource(this.#transport);
    this.limits = new LimitsResource(this.#transport);
    this.providers = new ProvidersResource(this.#transport);
    this.benchmarks = new BenchmarksResource(this.#transport);
    this.apiKeys = new ApiKeysResource(this.#transport);
    this.organization = new OrganizationResource(this.#transport);
    this.requests = new RequestsResource(this.#transport);
  }

  /** The text of a recording. */
  transcribe(audio: Uint8Array, options: TranscribeOptions, abortSignal?: AbortSignal): Promise<TranscribeResult> {
    return transcribe(this.#transport, audio, options, abortSignal);
  }

  /** The text of a recording as it is recognised: `meta`, `transcript`s, then `done` or `error`. The call is made when
   * the first event is asked for; leaving the iteration cancels it. */
  transcribeStream(
    audio: Uint8Array,
    options: TranscribeOptions,
    abortSignal?: AbortSignal,
  ): AsyncGenerator<TranscribeEvent, void, undefined> {
    return transcribeStream(this.#transport, audio, options, abortSignal);
  }

  /** Speech for a text of 1 to 50000 characters. */
  synthesize(text: string, options: SynthesizeOptions, abortSignal?: AbortSignal): Promise<SynthesizeResult> {
    return synthesize(this.#transport, text, options, abortSignal);
  }

  /** Speech as it arrives, and who speaks. Leaving the iteration, or `cancel`, cancels the call. */
  synthesizeStream(text: string, options: SynthesizeOptions, abortSignal?: AbortSignal): Promise<SpeechStream> {
    return synthesizeStream(this.#transport, text, options, abortSignal);
  }

  /**
   * The answer of a language model. When it has `toolCalls`, run them and ask again with the previous messages, an
   * `assistant` message that carries these calls, and one `tool` message per call.
   */
  complete(params: CompleteParams, abortSignal?: AbortSignal): Promise<CompleteResult> {
    return complete(this.#transport, params, abortSignal);
  }

  /** The answer of a language model as it is written: `meta`, `delta`s and tool calls, then `done` or `error`. The call
   * is made when the first event is asked for; leaving the iteration cancels it. */
  completeStream(params: CompleteParams, abortSignal?: AbortSignal): AsyncGenerator<CompleteEvent, void, undefined> {
    return completeStream(this.#transport, params, abortSignal);
  }
}
