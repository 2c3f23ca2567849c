"""Which calls are traced, and which requests sessions belong to."""

from speko.observability.spans import Span
from speko.observability.trace_context import Parent, new_trace_id
from speko.observability.tracing import Tracing

PARENT = Parent("a" * 32, "b" * 16, sampled=True)


def test_the_ratio_is_that_of_traces_that_begin_here() -> None:
    begun = [Tracing(print, 0.25).begin(None, new_trace_id()) is not None for _ in range(4000)]
    assert 800 < sum(begun) < 1200
    assert all(Tracing(print, 1).begin(None, new_trace_id()) for _ in range(100))
    assert not any(Tracing(print, 0).begin(None, new_trace_id()) for _ in range(100))
    assert Tracing(print, 0).begin(PARENT, PARENT.trace_id) is not None
    assert Tracing(print, 1).begin(Parent("a" * 32, "b" * 16, sampled=False), "a" * 32) is None


def test_everybody_decides_alike_about_a_trace() -> None:
    trace = new_trace_id()
    assert len({Tracing(print, 0.5).begin(None, trace) is None for _ in range(10)}) == 1


def test_requests_that_made_sessions_are_remembered_for_a_while() -> None:
    spans: list[Span] = []
    tracing = Tracing(spans.append, 0)
    for number in range(2000):
        header = tracing.begin(PARENT, PARENT.trace_id)
        assert header is not None
        tracing.request(
            header,
            PARENT,
            request_id=f"req_{number}",
            method="POST",
            route="/v1/sessions",
            status=201,
            start=0,
            seconds=0.1,
        )
    assert tracing.session("req_0") is None, "too long ago: a trace of its own, if any"
    session = tracing.session("req_1999")
    assert session is not None
    session.ended("ses", "failed", "provider_connect_failed")
    assert (spans[-1].trace_id, spans[-1].parent_id) == (PARENT.trace_id, spans[-2].span_id)
    assert spans[-1].attributes["error.type"] == "provider_connect_failed"
    assert tracing.session("req_1999") is None, "it has one session"


def test_what_clients_choose_does_not_become_a_name() -> None:
    spans: list[Span] = []
    tracing = Tracing(spans.append, 1)
    header = tracing.begin(None, new_trace_id())
    assert header is not None
    tracing.request(header, None, request_id="r", method="BREW", route="none", status=500, start=5, seconds=1e-9)
    (span,) = spans
    assert (span.name, span.failed, span.start, span.end) == ("_OTHER none", True, 5, 6)
