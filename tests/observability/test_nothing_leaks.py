"""Words, keys and paths of callers and vendors: in no log line, no metric and no span."""

import logging
from pathlib import Path

import pytest

from speko.cli.logs import JsonFormatter, TextFormatter
from speko.observability.log_context import RequestIds
from tests.api.running import until
from tests.observability.collector import collecting
from tests.observability.mix import MARK, mixed


class Kept(logging.Handler):
    """Keeps every line as it would be written, in both forms, with tracebacks."""

    def __init__(self) -> None:
        super().__init__(logging.DEBUG)
        self.addFilter(RequestIds())
        self.lines: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.lines += [JsonFormatter().format(record), TextFormatter().format(record)]


async def test_words_and_keys_are_nowhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    kept = Kept()
    ours = logging.getLogger("speko")
    monkeypatch.setattr(ours, "level", logging.DEBUG)
    logging.getLogger().addHandler(kept)
    try:
        async with collecting() as collector, mixed(tmp_path, otlp_endpoint=collector.url) as show:
            metrics = (await show.gateway.client.get("/metrics")).text
            key = show.gateway.key
            sender = show.gateway.gateway.spans
            assert sender is not None

            async def sent() -> bool:
                return sender.sent > 40 and not sender.waiting

            await until(sent)
    finally:
        logging.getLogger().removeHandler(kept)
    log = "\n".join(kept.lines)
    spans = collector.raw.decode("utf-8", "replace")
    assert len(kept.lines) > 10
    assert len(metrics.splitlines()) > 200
    for secret in (MARK, key, "key-of-openai", "key-of-twin"):
        assert secret not in log
        assert secret not in metrics
        assert secret not in spans
    # What is looked for would be found.
    assert "no provider answered" in log
    assert "gpt-realtime" in spans
    assert 'route="/v1/requests/{request_id}"' in metrics
    assert 'route="none",status="404"' in metrics
