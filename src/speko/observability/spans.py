"""Spans that wait to be sent, and what they become on the wire."""

from typing import Literal

from msgspec import Struct
from opentelemetry.sdk.resources import SERVICE_NAME, Resource
from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.sdk.util.instrumentation import InstrumentationScope
from opentelemetry.trace import SpanContext, SpanKind, Status, StatusCode, TraceFlags

from speko.version import __version__

Attributes = dict[str, str | int | float | bool]
_KINDS = {"server": SpanKind.SERVER, "client": SpanKind.CLIENT}
_SCOPE = InstrumentationScope("speko", __version__)
_FLAGS = TraceFlags(TraceFlags.SAMPLED)


class Span(Struct, frozen=True, gc=False):
    """A span that is over."""

    name: str
    kind: Literal["server", "client"]
    trace_id: str
    span_id: str
    parent_id: str | None
    start: int
    """Nanoseconds since 1970, like the end."""
    end: int
    attributes: Attributes
    failed: bool = False


def resource() -> Resource:
    """Who sends: the standard variables `OTEL_SERVICE_NAME` and `OTEL_RESOURCE_ATTRIBUTES` decide, and `speko` is the
    name where they do not."""
    found = Resource.create({"service.version": __version__})
    if str(found.attributes.get(SERVICE_NAME, "")).startswith("unknown_service"):
        found = found.merge(Resource({SERVICE_NAME: "speko"}))
    return found


def readable(span: Span, sender: Resource) -> ReadableSpan:
    """The span as an exporter takes it. Made by hand and off the loop: the library's own way of starting and ending one
    costs ten times as much, and costs it on the call's path."""
    trace_id = int(span.trace_id, 16)
    return ReadableSpan(
        span.name,
        context=_context(trace_id, span.span_id, remote=False),
        parent=_context(trace_id, span.parent_id, remote=True) if span.parent_id else None,
        resource=sender,
        attributes=span.attributes,
        kind=_KINDS[span.kind],
        status=Status(StatusCode.ERROR) if span.failed else Status(StatusCode.UNSET),
        start_time=span.start,
        end_time=span.end,
        instrumentation_scope=_SCOPE,
    )


def _context(trace_id: int, span_id: str, *, remote: bool) -> SpanContext:
    return SpanContext(trace_id, int(span_id, 16), is_remote=remote, trace_flags=_FLAGS)
