"""Sends spans to a collector from a thread of its own. Whatever the collector does, a call waits for nothing here.

A queue with a bound stands between: when it is full, the oldest span goes.
"""

import asyncio
import logging
import threading
from collections import deque
from collections.abc import Mapping, Sequence

from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace.export import SpanExporter, SpanExportResult

from speko.observability.spans import Span, readable, resource
from speko.settings import Settings

log = logging.getLogger(__name__)
_MOST_WAITING = 4096
_BATCH = 256
_EVERY = 1.0
"""Seconds between two batches, as long as fewer spans wait than one holds."""
_LAST_WORDS = 3.0
"""Seconds that the end waits for what is left to be sent."""
_TRACES = "/v1/traces"


class SpanSender:
    """The queue, and the thread that empties it.

    Args:
        exporter: speaks to the collector; it may block.
        most_waiting: spans in the queue.
        every: seconds between two batches.
    """

    def __init__(self, exporter: SpanExporter, *, most_waiting: int = _MOST_WAITING, every: float = _EVERY) -> None:
        self._exporter = exporter
        self._every = every
        self._most_waiting = most_waiting
        self._waiting: deque[Span] = deque()
        self._wake = threading.Event()
        self._stopping = False
        self._thread: threading.Thread | None = None
        self._away = False
        """The collector did not take the last batch."""
        self._crowded_out = 0
        """Spans that went because too many waited. Counted by the event loop alone, as `_refused` by the thread."""
        self._refused = 0
        self.sent = 0

    @property
    def waiting(self) -> int:
        """Spans in the queue."""
        return len(self._waiting)

    @property
    def dropped(self) -> int:
        """Spans lost since the start: too many waited, or the collector did not take them."""
        return self._crowded_out + self._refused

    def put(self, span: Span) -> None:
        """Takes a span without waiting."""
        waiting = self._waiting
        if len(waiting) >= self._most_waiting:
            try:
                waiting.popleft()
                self._crowded_out += 1
            except IndexError:  # the thread was faster
                pass
        waiting.append(span)
        if len(waiting) >= _BATCH and not self._wake.is_set():
            self._wake.set()

    def start(self) -> None:
        """Begins to send."""
        # A daemon: a collector that keeps a connection open and says nothing must not keep the process.
        self._thread = threading.Thread(target=self._run, name="spans", daemon=True)
        self._thread.start()

    async def close(self) -> None:
        """Sends what is left, for three seconds at most."""
        self._stopping = True
        self._wake.set()
        thread = self._thread
        if thread is None:
            return
        await asyncio.to_thread(thread.join, _LAST_WORDS)
        if thread.is_alive():
            await asyncio.to_thread(self._exporter.shutdown)  # ends the wait for another try
            self._crowded_out += len(self._waiting)
            self._waiting.clear()

    def _run(self) -> None:
        sender = resource()
        while not (self._stopping and not self._waiting):
            if not self._stopping:
                self._wake.wait(self._every)
            self._wake.clear()
            while batch := self._take():
                self._send(batch, sender)
        self._exporter.shutdown()

    def _take(self) -> list[Span]:
        waiting = self._waiting
        batch: list[Span] = []
        while waiting and len(batch) < _BATCH:
            try:
                batch.append(waiting.popleft())
            except IndexError:  # the loop has dropped the last one meanwhile
                break
        return batch

    def _send(self, batch: Sequence[Span], sender: Resource) -> None:
        try:
            taken = self._exporter.export([readable(span, sender) for span in batch]) is SpanExportResult.SUCCESS
        except Exception as error:
            log.error("sending spans crashed", extra={"type": type(error).__name__})
            taken = False
        if taken:
            self.sent += len(batch)
        else:
            self._refused += len(batch)
        if taken == self._away:
            # The beginning and the end of an outage, and nothing in between; no address, which may hold a password.
            if taken:
                log.info("the collector takes spans again", extra={"dropped": self.dropped})
            else:
                log.warning("the collector takes no spans; they are dropped")
        self._away = not taken


def sender_of(settings: Settings, environment: Mapping[str, str]) -> SpanSender | None:
    """The sender that the settings ask for; None = nobody traces.

    What the settings leave open, the standard variables say: `OTEL_EXPORTER_OTLP_(TRACES_)ENDPOINT` where, `OTEL_SDK_
    DISABLED` and `OTEL_TRACES_EXPORTER=none` that nobody wants any; headers, TLS and the like are read by the exporter.
    """
    if environment.get("OTEL_SDK_DISABLED", "").lower() == "true" or environment.get("OTEL_TRACES_EXPORTER") == "none":
        return None
    endpoint = _endpoint(settings.otlp_endpoint, environment)
    if endpoint is None:
        return None
    # The exporter tells each failure, with the address; what matters is told above.
    logging.getLogger("opentelemetry").setLevel(logging.CRITICAL + 1)
    return SpanSender(OTLPSpanExporter(endpoint=endpoint))


def _endpoint(base: str | None, environment: Mapping[str, str]) -> str | None:
    base = base or environment.get("OTEL_EXPORTER_OTLP_ENDPOINT")
    whole = environment.get("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT")
    if base is None or (whole and base == environment.get("OTEL_EXPORTER_OTLP_ENDPOINT")):
        return whole or None
    return base if base.endswith(_TRACES) else base.rstrip("/") + _TRACES
