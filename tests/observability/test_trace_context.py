"""The header `traceparent`."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from speko.observability.trace_context import Parent, new_span_id, new_trace_id, parent_of, traceparent

TRACE, SPAN = "4bf92f3577b34da6a3ce929d0e0e4736", "00f067aa0ba902b7"


@pytest.mark.parametrize(
    ("header", "sampled"),
    [
        (f"00-{TRACE}-{SPAN}-01", True),
        (f"00-{TRACE}-{SPAN}-00", False),
        (f"00-{TRACE}-{SPAN}-03", True),
        (f"cc-{TRACE}-{SPAN}-01", True),
        (f"cc-{TRACE}-{SPAN}-01-what-comes-one-day", True),
    ],
)
def test_headers_that_count(header: str, sampled: bool) -> None:
    assert parent_of(header.encode()) == Parent(TRACE, SPAN, sampled)


@pytest.mark.parametrize(
    "header",
    [
        "",
        TRACE,
        f"ff-{TRACE}-{SPAN}-01",
        f"00-{'0' * 32}-{SPAN}-01",
        f"00-{TRACE}-{'0' * 16}-01",
        f"00-{TRACE}-{SPAN}-01-more",
        f"00-{TRACE.upper()}-{SPAN}-01",
        f"00-{TRACE}-{SPAN}-1",
        f"00-{TRACE}-{SPAN}-01\n",
    ],
)
def test_headers_that_do_not(header: str) -> None:
    assert parent_of(header.encode()) is None


@given(st.binary())
def test_any_bytes_are_taken(header: bytes) -> None:
    parent = parent_of(header)
    assert parent is None or header.startswith(b"%b-%b" % (header[:2], parent.trace_id.encode()))


def test_our_own_headers_count() -> None:
    trace, span = new_trace_id(), new_span_id()
    assert parent_of(traceparent(trace, span).encode()) == Parent(trace, span, True)
