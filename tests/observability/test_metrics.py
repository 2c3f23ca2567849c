"""What the metrics of requests, conversations and the gateway's state say."""

from collections.abc import Callable
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

import pytest
from prometheus_client import generate_latest

from speko.api.metrics import Metrics
from speko.api.request_watch import RequestWatch
from speko.observability.loop_lag import LoopLag
from speko.observability.state import Now, RowsWritten
from speko.providers.errors import ProviderUnavailable, RateLimited
from speko.realtime.actions import StageTime, TurnRecord
from tests.api.running import running
from tests.api.vendors import Scripted, registry_of

BODY = {"messages": [{"role": "user", "content": "hi"}], "intent": {"language": "en"}}


def made(now: Now | None = None) -> Metrics:
    return Metrics(
        calls_in_flight=lambda: 0,
        live_sessions=lambda: 0,
        knows=lambda provider, modality, model: model.startswith("known"),
        state=lambda: now or Now(),
    )


def lines(metrics: Metrics, prefix: str) -> set[str]:
    return {line for line in generate_latest(metrics.registry).decode().splitlines() if line.startswith(prefix)}


async def test_requests_by_the_template_of_their_route(tmp_path: Path) -> None:
    async with running(tmp_path, registry_of(Scripted("alpha")), keys=("alpha",)) as gateway:
        for number in range(3):
            await gateway.client.get(f"/v1/requests/req_{number}")
        await gateway.client.post("/v1/complete", json=BODY)
        await gateway.client.get("/v1/usage", headers={"authorization": "Bearer no"})
        told = (await gateway.client.get("/metrics")).text
    assert 'speko_requests_total{method="GET",route="/v1/requests/{request_id}",status="404"} 3.0' in told
    assert 'speko_requests_total{method="POST",route="/v1/complete",status="200"} 1.0' in told
    assert 'speko_requests_total{method="GET",route="/v1/usage",status="401"} 1.0' in told
    assert 'speko_request_seconds_count{route="/v1/complete"} 1.0' in told
    assert 'speko_request_first_byte_seconds_bucket{le="+Inf",route="/v1/complete"} 1.0' in told
    assert "req_1" not in told


async def test_failovers_breakers_and_keys_that_rest(tmp_path: Path) -> None:
    alpha, beta = Scripted("alpha"), Scripted("beta")
    alpha.llm = [ProviderUnavailable("is broken")]
    async with running(
        tmp_path, registry_of(alpha, beta), keys=("alpha", "beta"), breaker_failures=2, breaker_open_seconds=600
    ) as gateway:
        for _ in range(3):
            assert (await gateway.client.post("/v1/complete", json=BODY)).status_code == 200
        beta.llm = [RateLimited("slow down", retry_after=60)]
        assert (await gateway.client.post("/v1/complete", json=BODY)).status_code == 500
        told = (await gateway.client.get("/metrics")).text
    assert 'speko_failovers_total{endpoint="complete",model="brain",provider="beta"} 2.0' in told
    assert 'speko_breaker_state{model="brain",provider="alpha"} 2.0' in told
    assert 'speko_breaker_state{model="brain",provider="beta"} 0.0' in told
    assert 'speko_credential_breakers_open{provider="beta"} 1.0' in told
    assert 'speko_cost_micro_usd_total{key_source="MANAGED",provider="beta"} 80.0' in told, "failed ones may bill, too"
    assert 'speko_charged_micro_usd_total{provider="beta"} 60.0' in told
    assert "speko_database_problem 0.0" in told


def test_breakers_of_models_that_nobody_knows_share_a_label() -> None:
    metrics = made(Now(breakers=[("a", f"made-up-{n}", "half_open") for n in range(9)] + [("a", "x", "open")]))
    assert lines(metrics, "speko_breaker_state{") == {'speko_breaker_state{model="other",provider="a"} 2.0'}


def test_rows_and_the_database() -> None:
    metrics = made(Now(rows={"ledger": RowsWritten(3, 40, 2)}, database_problem=True, directory_age=7.5))
    assert 'speko_rows_waiting{of="ledger"} 3.0' in lines(metrics, "speko_")
    assert 'speko_rows_written_total{of="ledger"} 40.0' in lines(metrics, "speko_")
    assert 'speko_rows_dropped_total{of="ledger"} 2.0' in lines(metrics, "speko_")
    assert "speko_database_problem 1.0" in lines(metrics, "speko_")
    assert "speko_directory_age_seconds 7.5" in lines(metrics, "speko_")


def test_limits_that_refused() -> None:
    metrics = made()
    metrics.refused("requests")
    metrics.refused("requests")
    assert lines(metrics, "speko_limits_refused_total") == {'speko_limits_refused_total{kind="requests"} 2.0'}


@pytest.mark.parametrize(
    ("stages", "counted"),
    [
        ((StageTime("speech_ended", 0), StageTime("first_audio", 700)), True),
        ((StageTime("first_audio", 700),), False),
        ((StageTime("speech_ended", 0),), False),
    ],
)
def test_a_turns_latency_is_what_somebody_waited(stages: tuple[StageTime, ...], counted: bool) -> None:
    metrics = made()
    metrics.conversations.turn(TurnRecord(0, datetime.now(UTC), True, stages), "a", "strange")
    assert lines(metrics, "speko_turns_total") == {
        'speko_turns_total{interrupted="yes",model="other",provider="a"} 1.0'
    }
    told = lines(metrics, "speko_turn_latency_seconds_sum")
    assert told == ({'speko_turn_latency_seconds_sum{model="other",provider="a"} 0.7'} if counted else set())


def test_why_a_session_ended_is_one_of_a_few_words() -> None:
    metrics = made()
    for reason in ("Provider disconnected", "limit_reached", "whatever a client may have said"):
        metrics.conversations.ended("ended", reason)
    reasons = {line.partition('reason="')[2].partition('"')[0] for line in lines(metrics, "speko_sessions_ended_total")}
    assert reasons == {"provider_disconnected", "limit_reached", "other"}


class Loop:
    """A loop whose timers ring when they are told to."""

    def __init__(self) -> None:
        self.now = 0.0
        self.due: list[float] = []

    def time(self) -> float:
        return self.now

    def call_at(self, when: float, callback: Callable[..., None], *args: object) -> "Loop":
        self.due.append(when)
        self.ring = partial(callback, *args)
        return self

    def cancel(self) -> None:
        self.due.pop()


def test_how_late_the_loop_is() -> None:
    metrics, loop = made(), Loop()
    lag: LoopLag = metrics.loop_lag
    lag.start(loop)  # type: ignore[arg-type]
    for late in (0.0, 0.3):
        loop.now = loop.due.pop() + late
        loop.ring()
    lag.stop()
    assert loop.due == []
    assert 'speko_event_loop_lag_seconds_bucket{le="0.25"} 1.0' in lines(metrics, "speko_event")
    assert 'speko_event_loop_lag_seconds_bucket{le="0.5"} 2.0' in lines(metrics, "speko_event")


def test_guesses_of_keys_do_not_fill_the_log(caplog: pytest.LogCaptureFixture) -> None:
    now = [0.0]
    watch = RequestWatch(made().requests, clock=lambda: now[0])
    for at in (0, 1, 2, 11):
        now[0] = float(at)
        seen = watch.begin("req", b"")
        watch.answering(seen, 401)
        watch.over(seen, {"type": "http", "method": "GET", "path": "/x"})  # type: ignore[arg-type]
    assert [(record.message, record.__dict__["count"]) for record in caplog.records] == [
        ("requests were refused: no valid key", 1),
        ("requests were refused: no valid key", 3),
    ]
