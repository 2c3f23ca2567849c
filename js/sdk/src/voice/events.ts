/** The event streams of voice calls. */

import { invalidResponse, SpekoApiError, streamError } from "../http/errors.js";
import { jsonObject } from "../http/json.js";
import { type ServerSentEvent, SseParser } from "../http/sse.js";
import type { HttpRequest, Transport } from "../http/transport.js";
import type { Routed, StreamErrorEvent } from "../types/routing.js";

type VoiceEvent = { type: string };
type Done<Event> = Extract<Event, { type: "done" }>;

/** Events that say who served the call, or that it failed: they get the call's id. */
const WITH_REQUEST_ID = new Set(["meta", "done", "error"]);

/**
 * Sends a request when the first event is asked for, and yields its events; `done` or `error` is the last. Names that
 * are not in `names` are skipped. Throws SpekoApiError when the gateway refuses the call, or the stream breaks off.
 */
export async function* readEvents<Event extends VoiceEvent>(
  transport: Transport,
  request: HttpRequest,
  names: ReadonlySet<Event["type"]>,
): AsyncGenerator<Event, void, undefined> {
  const answer = await transport.open(request);
  const { requestId } = answer;
  const parser = new SseParser(requestId);
  for await (const chunk of answer.chunks()) {
    for (const raw of parser.feed(chunk)) {
      if (!names.has(raw.name)) {
        continue;
      }
      const event = eventOf<Event>(raw, requestId);
      if (!isLast(event)) {
        yield event;
        continue;
      }
      answer.complete();
      yield event;
      return;
    }
  }
  const rest = parser.finish();
  // Only a whole event counts: what cannot be read here was cut.
  if (rest !== undefined && names.has(rest.name) && jsonObject(rest.data) !== undefined) {
    const event = eventOf<Event>(rest, requestId);
    yield event;
    if (isLast(event)) {
      return;
    }
  }
  throw new SpekoApiError("The stream ended before it was done.", 200, "STREAM_ENDED", { requestId });
}

/** The `done` of a stream that is read to its end. Throws SpekoApiError for its `error`. */
export async function doneOf<Event extends VoiceEvent>(events: AsyncIterable<Event>): Promise<Done<Event>> {
  let last: VoiceEvent = { type: "error" };
  for await (const event of events) {
    last = event;
  }
  if (last.type === "done") {
    return last as Done<Event>;
  }
  const { error, code, requestId } = last as StreamErrorEvent;
  throw new SpekoApiError(error, 200, code, { requestId });
}

/** Who served a call, from the members of its last event. */
export function routedOf(done: Routed): Routed {
  return {
    provider: done.provider ?? "unknown",
    model: done.model ?? "unknown",
    failoverCount: done.failoverCount ?? 0,
    scoresRunId: done.scoresRunId ?? null,
    ...(done.requestId === undefined ? {} : { requestId: done.requestId }),
  };
}

/** The members as they came, and the name. They are not checked: a gateway of another version may have others. */
function eventOf<Event extends VoiceEvent>(raw: ServerSentEvent, requestId: string | undefined): Event {
  const members = jsonObject(raw.data);
  if (members === undefined) {
    throw invalidResponse(`The gateway sent a ${raw.name} event that cannot be read.`, 200, requestId);
  }
  const named = requestId !== undefined && WITH_REQUEST_ID.has(raw.name) ? { requestId } : {};
  const told = raw.name === "error" ? streamError(members) : {};
  return { ...named, ...members, ...told, type: raw.name } as unknown as Event;
}

function isLast(event: VoiceEvent): boolean {
  return event.type === "done" || event.type === "error";
}
