/** `POST /v1/transcribe`: the audio is the body, everything else travels in headers. */

import { headerJson, sessionHeader } from "../http/headers.js";
import type { HttpRequest, Transport } from "../http/transport.js";
import { pathOf } from "../http/url.js";
import type { TranscribeEvent, TranscribeOptions, TranscribeResult } from "../types/transcribe.js";
import { doneOf, readEvents, routedOf } from "./events.js";

const NAMES: ReadonlySet<TranscribeEvent["type"]> = new Set(["meta", "transcript", "done", "error"]);

export function transcribeStream(
  transport: Transport,
  audio: Uint8Array,
  options: TranscribeOptions,
  signal: AbortSignal | undefined,
): AsyncGenerator<TranscribeEvent, void, undefined> {
  return readEvents(transport, requestOf(audio, options, signal), NAMES);
}

export async function transcribe(
  transport: Transport,
  audio: Uint8Array,
  options: TranscribeOptions,
  signal: AbortSignal | undefined,
): Promise<TranscribeResult> {
  const done = await doneOf(transcribeStream(transport, audio, options, signal));
  return { text: done.text ?? "", confidence: done.confidence ?? null, ...routedOf(done) };
}

function requestOf(audio: Uint8Array, options: TranscribeOptions, signal: AbortSignal | undefined): HttpRequest {
  const { language, region, optimizeFor, contentType, constraints, keywords, sttOptions, sessionId } = options;
  const stt = { keywords, language: sttOptions?.language };
  return {
    method: "POST",
    path: pathOf("transcribe"),
    headers: {
      "Content-Type": contentType ?? "audio/wav",
      "X-Speko-Intent": headerJson({ language, region, optimizeFor }),
      ...(constraints === undefined ? {} : { "X-Speko-Constraints": headerJson(constraints) }),
      ...(Object.values(stt).some((value) => value !== undefined) ? { "X-Speko-Stt-Options": headerJson(stt) } : {}),
      ...sessionHeader(sessionId),
    },
    audio,
    signal,
  };
}
