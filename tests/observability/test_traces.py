"""Traces as a collector gets them, over real sockets."""

from pathlib import Path

import pytest

from speko.providers.errors import ProviderError
from speko.simulators.faults import Fault, FaultKind
from tests.api.running import running, until
from tests.api.vendors import Scripted, registry_of
from tests.faults.callers import ROUTED
from tests.faults.show import stage
from tests.observability.collector import Got, collecting

SERVER, CLIENT = 2, 3
BODY = {"messages": [{"role": "user", "content": "hi"}], "intent": {"language": "en"}}
TRACE, SPAN = "4bf92f3577b34da6a3ce929d0e0e4736", "00f067aa0ba902b7"


def attempts_of(spans: list[Got]) -> list[Got]:
    return [span for span in spans if span.kind == CLIENT]


async def test_a_failover_is_a_request_with_two_attempts(tmp_path: Path) -> None:
    alpha, beta = Scripted("alpha"), Scripted("beta")
    alpha.llm = [ProviderError("is broken", status=503)]
    async with (
        collecting() as collector,
        running(tmp_path, registry_of(alpha, beta), keys=("alpha", "beta"), otlp_endpoint=collector.url) as gateway,
    ):
        answer = await gateway.client.post("/v1/complete", json=BODY)
        assert answer.headers["x-speko-failover-count"] == "1"
        spans = await collector.get(3, answer.headers["x-trace-id"])
    request, first, second = spans
    assert (request.name, request.kind, request.parent_id) == ("POST /v1/complete", SERVER, "")
    assert request.attributes == {
        "http.request.method": "POST",
        "http.route": "/v1/complete",
        "http.response.status_code": 200,
        "speko.request_id": answer.headers["x-request-id"],
    }
    assert {first.parent_id, second.parent_id} == {request.span_id}
    assert (first.kind, second.kind) == (CLIENT, CLIENT)
    assert first.failed
    assert not second.failed
    assert first.attributes["gen_ai.provider.name"] == "alpha"
    assert first.attributes["http.response.status_code"] == 503
    assert first.attributes["error.type"] == "error"
    assert second.name == "chat brain"
    assert second.attributes["gen_ai.provider.name"] == "beta"
    assert (second.attributes["speko.position"], second.attributes["speko.outcome"]) == (1, "served")
    assert second.attributes["gen_ai.usage.input_tokens"] == 10
    assert request.start <= first.start <= first.end <= second.end
    assert {span.service for span in spans} == {"speko"}


async def test_a_hedge_is_an_attempt_beside_another(tmp_path: Path) -> None:
    alpha, beta = Scripted("alpha"), Scripted("beta")
    async with (
        collecting() as collector,
        running(
            tmp_path,
            registry_of(alpha, beta),
            keys=("alpha", "beta"),
            otlp_endpoint=collector.url,
            hedge="p95",
            hedge_least_seconds=0.01,
        ) as gateway,
    ):
        for _ in range(20):  # until it is known what is usual
            await gateway.client.post("/v1/complete", json=BODY)
        alpha.llm = [None]
        answer = await gateway.client.post("/v1/complete", json=BODY)
        request, slow, fast = await collector.get(3, answer.headers["x-trace-id"])
        assert (slow.parent_id, fast.parent_id) == (request.span_id, request.span_id)
        assert (slow.attributes["speko.outcome"], slow.attributes["speko.cause"]) == ("cancelled", "hedged")
        assert not slow.failed
        assert "speko.hedge" not in slow.attributes
        assert fast.attributes["speko.hedge"] is True
        told = (await gateway.client.get("/metrics")).text
        assert 'cause="hedged"' in told
        assert "speko_failovers_total{" not in told, "nobody had failed"


async def test_a_callers_trace_goes_on_here(tmp_path: Path) -> None:
    async with (
        collecting() as collector,
        running(
            tmp_path, registry_of(Scripted("alpha")), keys=("alpha",), otlp_endpoint=collector.url, trace_ratio=0
        ) as gateway,
    ):
        header = {"traceparent": f"00-{TRACE}-{SPAN}-01"}
        answer = await gateway.client.post("/v1/complete", json=BODY, headers=header)
        assert answer.headers["x-trace-id"] == TRACE
        request, attempt = await collector.get(2, TRACE)
        assert request.parent_id == SPAN
        assert attempt.parent_id == request.span_id

        # Not recorded: the caller's own wish, and ours for calls that nobody else traces.
        unsampled = TRACE[::-1]
        header = {"traceparent": f"00-{unsampled}-{SPAN}-00"}
        answer = await gateway.client.post("/v1/complete", json=BODY, headers=header)
        assert answer.headers["x-trace-id"] == unsampled
        own = await gateway.client.post("/v1/complete", json=BODY)
    assert {span.trace_id for span in collector.spans} == {TRACE}, own.headers["x-trace-id"]


async def test_what_is_left_is_sent_at_the_end(tmp_path: Path) -> None:
    async with collecting() as collector:
        async with running(
            tmp_path, registry_of(Scripted("alpha")), keys=("alpha",), otlp_endpoint=collector.url
        ) as gateway:
            answer = await gateway.client.post("/v1/complete", json=BODY)
        assert len(collector.of(answer.headers["x-trace-id"])) == 2


async def test_who_sends_and_how_is_told_by_the_standard_variables(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OTEL_RESOURCE_ATTRIBUTES", "deployment.environment=staging")
    monkeypatch.setenv("OTEL_SERVICE_NAME", "voice")
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_HEADERS", "x-tenant=blue")
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_COMPRESSION", "gzip")
    async with collecting() as collector:
        async with running(tmp_path, registry_of(Scripted("alpha")), otlp_endpoint=collector.url + "/") as gateway:
            await gateway.client.get("/healthz")
        (span,) = collector.spans
        assert (span.name, span.service) == ("GET /healthz", "voice")
        assert collector.headers[0]["x-tenant"] == "blue"
        assert b"staging" in collector.raw


async def test_a_session_is_a_span_with_its_engines_in_the_trace_of_who_made_it(tmp_path: Path) -> None:
    async with collecting() as collector, stage(tmp_path, otlp_endpoint=collector.url) as show:
        first = await show.first()
        show.vendors[first].fault = Fault(kind=FaultKind.SERVER_ERROR)
        show.gateway.client.headers["traceparent"] = f"00-{TRACE}-{SPAN}-01"
        caller = await show.call(**ROUTED)
        await caller.turn()
        await caller.ended()
        await caller.leave()
        spans = await collector.get(4, TRACE)
        (created,) = [span for span in spans if span.name == "POST /v1/sessions"]
        (session,) = [span for span in spans if span.name == "session"]
        engines = attempts_of(spans)
        assert created.parent_id == SPAN
        assert session.parent_id == created.span_id
        assert [engine.parent_id for engine in engines] == [session.span_id] * 2
        assert [engine.failed for engine in engines] == [True, False]
        assert session.attributes["speko.end_reason"] == "client_closed"
        assert session.attributes["speko.turns"] == 1
        assert session.attributes["speko.session_id"] == caller.session_id
        assert session.attributes["gen_ai.provider.name"] == engines[1].attributes["gen_ai.provider.name"] != first
        assert engines[1].name == "realtime gpt-realtime"


async def test_a_collector_that_is_away_costs_no_call_anything(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    async with (
        collecting() as collector,
        running(tmp_path, registry_of(Scripted("alpha")), keys=("alpha",), otlp_endpoint=collector.url) as gateway,
    ):
        collector.status = 400  # which no exporter tries again
        for _ in range(20):
            assert (await gateway.client.post("/v1/complete", json=BODY)).status_code == 200
        sender = gateway.gateway.spans
        assert sender is not None

        async def told() -> bool:
            return "the collector takes no spans" in caplog.text

        await until(told)
        collector.status = 200
        answer = await gateway.client.post("/v1/complete", json=BODY)
        await collector.get(2, answer.headers["x-trace-id"])
        assert sender.dropped > 0
        told_metrics = (await gateway.client.get("/metrics")).text
        assert f'speko_rows_dropped_total{{of="spans"}} {float(sender.dropped)}' in told_metrics
    assert collector.url not in caplog.text


async def test_without_a_collector_nobody_traces(tmp_path: Path) -> None:
    alpha = Scripted("alpha")
    async with running(tmp_path, registry_of(alpha), keys=("alpha",)) as gateway:
        assert gateway.gateway.tracing is None
        header = {"traceparent": f"00-{TRACE}-{SPAN}-01"}
        answer = await gateway.client.post("/v1/complete", json=BODY, headers=header)
        assert answer.headers["x-trace-id"] == TRACE, "the id is passed on all the same"
