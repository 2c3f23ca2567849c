"""The header `traceparent`, by which a call is part of somebody's trace. Source: W3C Trace Context, level 1."""

import random
import re
from dataclasses import dataclass

_TRACEPARENT = re.compile(rb"(?!ff)([0-9a-f]{2})-(?!0{32})([0-9a-f]{32})-(?!0{16})([0-9a-f]{16})-([0-9a-f]{2})(-.*)?\Z")
_SAMPLED = 1
HEX_SPAN = slice(36, 52)
HEX_TRACE = slice(3, 35)
"""Where the ids are in a header of ours."""


@dataclass(frozen=True, slots=True)
class Parent:
    """The span of a caller."""

    trace_id: str
    """32 hex digits, like all ids of traces; spans have 16."""
    span_id: str
    sampled: bool
    """Whether the caller records its part."""


def parent_of(header: bytes) -> Parent | None:
    """Who calls; None where the header is missing or is not one. Takes any bytes."""
    found = _TRACEPARENT.match(header) if header else None
    if found is None or (found[1] == b"00" and found[5] is not None):
        return None
    return Parent(found[2].decode(), found[3].decode(), bool(int(found[4], 16) & _SAMPLED))


def new_trace_id() -> str:
    """Of a trace that begins here."""
    return f"{random.getrandbits(128) or 1:032x}"


def new_span_id() -> str:
    """Of a span of ours."""
    return f"{random.getrandbits(64) or 1:016x}"


def traceparent(trace_id: str, span_id: str) -> str:
    """The header of a span that is recorded."""
    return f"00-{trace_id}-{span_id}-01"
