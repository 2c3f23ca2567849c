/** `POST /v1/complete`. */

import { sessionHeader } from "../http/headers.js";
import type { Transport } from "../http/transport.js";
import { pathOf } from "../http/url.js";
import type { CompleteEvent, CompleteParams, CompleteResult } from "../types/complete.js";
import { doneOf, readEvents, routedOf } from "./events.js";

const NAMES: ReadonlySet<CompleteEvent["type"]> = new Set([
  "meta",
  "delta",
  "tool_call",
  "server_tool_call",
  "done",
  "error",
]);

export function completeStream(
  transport: Transport,
  params: CompleteParams,
  signal: AbortSignal | undefined,
): AsyncGenerator<CompleteEvent, void, undefined> {
  const { sessionId, ...json } = params;
  const request = {
    method: "POST",
    path: pathOf("complete"),
    headers: sessionHeader(sessionId),
    json,
    signal,
  } as const;
  return readEvents(transport, request, NAMES);
}

export async function complete(
  transport: Transport,
  params: CompleteParams,
  signal: AbortSignal | undefined,
): Promise<CompleteResult> {
  const done = await doneOf(completeStream(transport, params, signal));
  return {
    text: done.text ?? "",
    usage: done.usage ?? { promptTokens: 0, completionTokens: 0 },
    ...routedOf(done),
    ...(done.toolCalls === undefined ? {} : { toolCalls: done.toolCalls }),
  };
}
