"""The queue of spans, with collectors of every temper."""

import threading
from collections.abc import Mapping, Sequence
from pathlib import Path

import pytest
from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.sdk.trace.export import SpanExporter, SpanExportResult

from speko.observability import span_sender
from speko.observability.span_sender import SpanSender, sender_of
from speko.observability.spans import Span
from speko.settings import Settings
from tests.api.running import until


def a_span(number: int = 0) -> Span:
    return Span(f"span {number}", "client", "1" * 32, f"{number + 1:016x}", None, 1, 2, {"number": number})


class Exporter(SpanExporter):
    """Takes what comes, once it is let."""

    def __init__(self) -> None:
        self.may = threading.Event()
        self.entered = threading.Event()
        self.names: list[str] = []
        self.closed = False

    def export(self, spans: Sequence[ReadableSpan]) -> SpanExportResult:
        self.entered.set()
        self.may.wait(60)
        self.names += [span.name for span in spans]
        return SpanExportResult.SUCCESS

    def shutdown(self) -> None:
        self.closed = True


async def test_everything_arrives_in_order_and_the_end_sends_the_rest() -> None:
    exporter = Exporter()
    exporter.may.set()
    sender = SpanSender(exporter, every=60)
    sender.start()
    for number in range(1000):
        sender.put(a_span(number))
    await sender.close()
    assert exporter.names == [f"span {number}" for number in range(1000)]
    assert (sender.sent, sender.dropped, sender.waiting) == (1000, 0, 0)
    assert exporter.closed


async def test_a_collector_that_hangs_costs_the_oldest_spans_and_the_end_does_not_wait_for_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(span_sender, "_LAST_WORDS", 0.05)
    exporter = Exporter()
    sender = SpanSender(exporter, most_waiting=300, every=60)
    sender.start()
    for number in range(256):
        sender.put(a_span(number))
    exporter.entered.wait(10)
    for number in range(10_000):
        sender.put(a_span(number))
    assert sender.waiting == 300
    assert sender.dropped == 9_700
    await sender.close()
    assert sender.waiting == 0
    assert sender.dropped == 10_000
    exporter.may.set()


async def test_an_exporter_that_crashes_is_an_outage_like_any_other(caplog: pytest.LogCaptureFixture) -> None:
    exporter = Exporter()
    exporter.may.set()
    words = [RuntimeError("http://user:secret@collector"), RuntimeError("again")]

    def export(spans: Sequence[ReadableSpan]) -> SpanExportResult:
        if words:
            raise words.pop(0)
        return Exporter.export(exporter, spans)

    exporter.export = export  # type: ignore[method-assign]
    sender = SpanSender(exporter, every=0.001)
    sender.start()
    with caplog.at_level("INFO", logger="speko"):
        for number in range(3):
            sender.put(a_span(number))

            async def settled(most: int = number + 1) -> bool:
                return sender.sent + sender.dropped == most

            await until(settled)
        await sender.close()
    told = [record.message for record in caplog.records]
    crash = "sending spans crashed"
    assert told == [crash, "the collector takes no spans; they are dropped", crash, "the collector takes spans again"]
    assert "secret" not in caplog.text
    assert (sender.sent, sender.dropped) == (1, 2)


async def test_a_sender_that_never_began_ends_at_once() -> None:
    await SpanSender(Exporter()).close()


@pytest.mark.parametrize(
    ("setting", "environment", "endpoint"),
    [
        (None, {}, None),
        ("http://one:4318", {}, "http://one:4318/v1/traces"),
        ("http://one:4318/v1/traces", {}, "http://one:4318/v1/traces"),
        ("http://one:4318/base/", {}, "http://one:4318/base/v1/traces"),
        (None, {"OTEL_EXPORTER_OTLP_ENDPOINT": "http://two:4318"}, "http://two:4318/v1/traces"),
        ("http://one", {"OTEL_EXPORTER_OTLP_ENDPOINT": "http://two"}, "http://one/v1/traces"),
        (None, {"OTEL_EXPORTER_OTLP_TRACES_ENDPOINT": "http://three/x"}, "http://three/x"),
        (
            None,
            {"OTEL_EXPORTER_OTLP_ENDPOINT": "http://two", "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT": "http://three/x"},
            "http://three/x",
        ),
        ("http://one", {"OTEL_EXPORTER_OTLP_TRACES_ENDPOINT": "http://three/x"}, "http://one/v1/traces"),
        ("http://one", {"OTEL_SDK_DISABLED": "true"}, None),
        ("http://one", {"OTEL_TRACES_EXPORTER": "none"}, None),
    ],
)
def test_where_spans_go(
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    setting: str | None,
    environment: Mapping[str, str],
    endpoint: str | None,
) -> None:
    asked: list[str] = []

    def made(*, endpoint: str) -> Exporter:
        asked.append(endpoint)
        return Exporter()

    monkeypatch.setattr(span_sender, "OTLPSpanExporter", made)
    sender = sender_of(Settings(data=tmp_path, otlp_endpoint=setting), environment)
    assert (sender is None) == (endpoint is None)
    assert asked == ([] if endpoint is None else [endpoint])
