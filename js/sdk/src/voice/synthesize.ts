/** `POST /v1/synthesize`. */

import type { Answer } from "../http/answer.js";
import { sessionHeader, wholeNumber } from "../http/headers.js";
import type { HttpRequest, Transport } from "../http/transport.js";
import { pathOf } from "../http/url.js";
import type { SpeechMetadata, SpeechStream, SynthesizeOptions, SynthesizeResult } from "../types/synthesize.js";

export async function synthesize(
  transport: Transport,
  text: string,
  options: SynthesizeOptions,
  signal: AbortSignal | undefined,
): Promise<SynthesizeResult> {
  const answer = await transport.open(requestOf(text, options, signal));
  return { audio: await answer.bytes(), ...metadataOf(answer) };
}

export async function synthesizeStream(
  transport: Transport,
  text: string,
  options: SynthesizeOptions,
  signal: AbortSignal | undefined,
): Promise<SpeechStream> {
  const answer = await transport.open(requestOf(text, options, signal));
  return {
    ...metadataOf(answer),
    cancel: () => answer.cancel(),
    [Symbol.asyncIterator]: () => answer.chunks(),
  };
}

function requestOf(text: string, options: SynthesizeOptions, signal: AbortSignal | undefined): HttpRequest {
  const { language, region, optimizeFor, sessionId, ...rest } = options;
  return {
    method: "POST",
    path: pathOf("synthesize"),
    headers: sessionHeader(sessionId),
    json: { text, intent: { language, region, optimizeFor }, ...rest },
    signal,
  };
}

function metadataOf({ headers, requestId }: Answer): SpeechMetadata {
  return {
    contentType: headers.get("content-type") ?? "application/octet-stream",
    provider: headers.get("x-speko-provider") ?? "unknown",
    model: headers.get("x-speko-model") ?? "unknown",
    failoverCount: wholeNumber(headers, "x-speko-failover-count") ?? 0,
    scoresRunId: headers.get("x-speko-scores-run-id"),
    ...(requestId === undefined ? {} : { requestId }),
  };
}
