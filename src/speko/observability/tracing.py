"""One span for each request, one for each session, and below them one for each attempt at a vendor.

A span is made when its subject is over, from what is known anyway: a request at the edge, an attempt from its row of
the ledger. So tracing has no code on the way of a call. Attributes have the names of OpenTelemetry's semantic
conventions where there is one (`http.…`, `gen_ai.…`), and `speko.…` otherwise; no words, no keys, no vendor's text, and
of a path only its template.
"""

import time
from collections import OrderedDict
from collections.abc import Callable

from speko.observability.labels import method_label
from speko.observability.spans import Attributes, Span
from speko.observability.trace_context import (
    HEX_SPAN,
    HEX_TRACE,
    Parent,
    new_span_id,
    new_trace_id,
    traceparent,
)
from speko.providers.catalogue import Modality
from speko.routing.ledger import AttemptRow

_OPERATIONS: dict[Modality, str] = {"llm": "chat", "stt": "transcription", "tts": "speech", "s2s": "realtime"}
_CREATES_SESSION = ("POST", "/v1/sessions")
_MOST_REMEMBERED = 1024
"""Requests that made a session whose socket has not come yet."""
_LONGEST = 128
"""Characters of a model's name: callers may name models freely."""
_WHOLE = 2**64


class Tracing:
    """Decides what is traced, and makes the spans.

    Args:
        put: takes a span without waiting.
        ratio: part of the traces that begin here which is recorded. A caller's own trace is recorded as its caller
            does.
        clock: nanoseconds since 1970.
    """

    def __init__(self, put: Callable[[Span], None], ratio: float, clock: Callable[[], int] = time.time_ns) -> None:
        self._put = put
        self._below = int(ratio * _WHOLE)
        self._clock = clock
        self._created: OrderedDict[str, str] = OrderedDict()

    def begin(self, parent: Parent | None, trace_id: str) -> str | None:
        """The `traceparent` of a new span in that trace; None = it is not recorded."""
        # By the id, as everybody does, so that all who take part in a trace decide alike.
        sampled = parent.sampled if parent is not None else int(trace_id[16:], 16) < self._below
        return traceparent(trace_id, new_span_id()) if sampled else None

    def request(
        self,
        span: str,
        parent: Parent | None,
        *,
        request_id: str,
        method: str,
        route: str,
        status: int,
        start: int,
        seconds: float,
    ) -> None:
        """A request is over. `span`: what `begin` gave; `status` 0 = the caller left before any answer; `start` in
        nanoseconds since 1970."""
        attributes: Attributes = {
            "http.request.method": method if method_label(method) == method else "_OTHER",
            "http.route": route,
            "speko.request_id": request_id,
        }
        if status:
            attributes["http.response.status_code"] = status
        if failed := status >= 500:
            attributes["error.type"] = str(status)
        parent_id = parent.span_id if parent else None
        end = start + int(seconds * 1e9)
        name = f"{attributes['http.request.method']} {route}"
        self._put(Span(name, "server", span[HEX_TRACE], span[HEX_SPAN], parent_id, start, end, attributes, failed))
        if (method, route) == _CREATES_SESSION:
            self._created[request_id] = span
            if len(self._created) > _MOST_REMEMBERED:
                self._created.popitem(last=False)

    def attempt(self, row: AttemptRow) -> None:
        """An attempt is over."""
        if row.traceparent is None:
            return
        start = int(row.started_at.timestamp() * 1e9)
        self._put(
            Span(
                f"{_OPERATIONS[row.modality]} {row.model[:_LONGEST]}",
                "client",
                row.traceparent[HEX_TRACE],
                new_span_id(),
                row.traceparent[HEX_SPAN],
                start,
                start + int(row.total_ms * 1e6),
                _of_attempt(row),
                row.outcome == "failed",
            )
        )

    def session(self, request_id: str) -> "SessionSpan | None":
        """The span of a session that begins, in the trace of the request that made it where this process knows that;
        None = it is not recorded."""
        created = self._created.pop(request_id, None)
        if created is not None:
            trace_id = created[HEX_TRACE]
            return SessionSpan(self._put, self._clock, traceparent(trace_id, new_span_id()), created[HEX_SPAN])
        span = self.begin(None, new_trace_id())
        return None if span is None else SessionSpan(self._put, self._clock, span, None)


class SessionSpan:
    """The span of one session, while it goes on."""

    def __init__(self, put: Callable[[Span], None], clock: Callable[[], int], span: str, parent_id: str | None) -> None:
        self.traceparent = span
        self._put = put
        self._clock = clock
        self._parent_id = parent_id
        self._start = clock()
        self._engine: tuple[str, str] | None = None
        self._turns = 0
        self._interrupted = 0

    def serves(self, provider: str, model: str) -> None:
        """An engine is ready."""
        self._engine = (provider, model)

    def turn(self, *, interrupted: bool) -> None:
        """A turn is over."""
        self._turns += 1
        self._interrupted += interrupted

    def ended(self, session_id: str, status: str, reason: str) -> None:
        """The session is over. `reason`: one of a handful of words."""
        attributes: Attributes = {
            "gen_ai.operation.name": "realtime",
            "speko.session_id": session_id,
            "speko.end_reason": reason,
            "speko.turns": self._turns,
            "speko.interruptions": self._interrupted,
        }
        if self._engine is not None:
            attributes["gen_ai.provider.name"], model = self._engine
            attributes["gen_ai.request.model"] = model[:_LONGEST]
        if failed := status == "failed":
            attributes["error.type"] = reason
        trace_id, span_id = self.traceparent[HEX_TRACE], self.traceparent[HEX_SPAN]
        end = self._clock()
        self._put(Span("session", "server", trace_id, span_id, self._parent_id, self._start, end, attributes, failed))


def _of_attempt(row: AttemptRow) -> Attributes:
    attributes: Attributes = {
        "gen_ai.operation.name": _OPERATIONS[row.modality],
        "gen_ai.provider.name": row.provider,
        "gen_ai.request.model": row.model[:_LONGEST],
        "speko.endpoint": row.endpoint,
        "speko.request_id": row.request_id,
        "speko.position": row.position,
        "speko.outcome": row.outcome,
        "speko.key_source": row.key_source,
        "speko.cost_micro_usd": row.cost_micro_usd,
    }
    if row.hedge:
        attributes["speko.hedge"] = True
    if row.session_id is not None:
        attributes["speko.session_id"] = row.session_id
    if row.cause is not None:
        attributes["error.type" if row.outcome == "failed" else "speko.cause"] = row.cause
    if row.status is not None:
        attributes["http.response.status_code"] = row.status
    if row.first_byte_ms is not None:
        attributes["speko.first_byte_ms"] = row.first_byte_ms
    usage = row.usage
    for name, quantity in (
        ("gen_ai.usage.input_tokens", usage.input_tokens),
        ("gen_ai.usage.output_tokens", usage.output_tokens),
        ("speko.usage.audio_ms", usage.audio_ms),
        ("speko.usage.characters", usage.characters),
    ):
        if quantity:
            attributes[name] = quantity
    return attributes
