/** What callers say about how a call is to be routed. */

/** These values, or one that came with a later gateway. */
export type Open<Known extends string> = Known | (string & Record<never, never>);

export type OptimizeFor = "balanced" | "accuracy" | "latency" | "cost";

/** A layer of the pipeline. */
export type Modality = "stt" | "llm" | "tts" | "s2s";

/** What a call is for; the gateway picks the provider from it. */
export interface RoutingIntent {
  /** BCP-47 tag, such as `en` or `es-MX`. */
  language: string;
  /** Where latency was measured; the gateway's default is `global`. */
  region?: Open<"global" | "us-east4" | "europe-west3" | "asia-southeast1"> | undefined;
  /** The gateway's default is `balanced`. */
  optimizeFor?: OptimizeFor | undefined;
}

/** Allow-lists per layer. An entry is `vendor` or `vendor:model`; an empty or missing list is no constraint. */
export type AllowedProviders = { [Layer in Modality]?: string[] | undefined };

/** What the gateway may choose from. */
export interface PipelineConstraints {
  allowedProviders?: AllowedProviders | undefined;
}

/** Who served a call. */
export interface Routed {
  /** Vendor that ran; `unknown` when the gateway did not say. */
  provider: string;
  model: string;
  /** Candidates that failed before this one. */
  failoverCount: number;
  /** The score snapshot that the choice came from. */
  scoresRunId: string | null;
  /** Id of the call, for `requests.get`. */
  requestId?: string;
}

/** A call failed after its stream had begun; the last event. */
export interface StreamErrorEvent {
  type: "error";
  error: string;
  code: string;
  /** Id of the call, for `requests.get`. */
  requestId?: string;
}
