"""An OpenTelemetry collector on a real socket that remembers what it was sent."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

from aiohttp import web
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from tests.api.running import until


@dataclass(frozen=True)
class Got:
    """A span as it came."""

    name: str
    kind: int
    trace_id: str
    span_id: str
    parent_id: str
    start: int
    end: int
    attributes: dict[str, Any]
    failed: bool
    service: str


class Collector:
    """Takes spans as long as `status` is 200."""

    def __init__(self) -> None:
        self.url = ""
        self.status = 200
        self.spans: list[Got] = []
        self.headers: list[dict[str, str]] = []
        self.raw = b""
        """All bodies, one after the other."""

    async def take(self, request: web.Request) -> web.Response:
        """`POST /v1/traces`."""
        body = await request.read()
        if self.status == 200:
            self.raw += body
            self.headers.append(dict(request.headers))
            self._read(ExportTraceServiceRequest.FromString(body))
        return web.Response(status=self.status)

    def _read(self, sent: ExportTraceServiceRequest) -> None:
        for by_resource in sent.resource_spans:
            service = _plain(by_resource.resource.attributes)["service.name"]
            for scope in by_resource.scope_spans:
                for span in scope.spans:
                    self.spans.append(
                        Got(
                            span.name,
                            span.kind,
                            span.trace_id.hex(),
                            span.span_id.hex(),
                            span.parent_span_id.hex(),
                            span.start_time_unix_nano,
                            span.end_time_unix_nano,
                            _plain(span.attributes),
                            span.status.code == 2,
                            service,
                        )
                    )

    async def get(self, count: int, trace_id: str) -> list[Got]:
        """So many spans of a trace, once they are here, in the order in which they began."""

        async def here() -> bool:
            return len(self.of(trace_id)) >= count

        await until(here)
        return self.of(trace_id)

    def of(self, trace_id: str) -> list[Got]:
        """The spans of a trace so far."""
        return sorted((s for s in self.spans if s.trace_id == trace_id), key=lambda s: s.start)


@asynccontextmanager
async def collecting() -> AsyncIterator[Collector]:
    """A collector on a free port."""
    collector = Collector()
    app = web.Application()
    app.router.add_post("/v1/traces", collector.take)
    runner = web.AppRunner(app)
    await runner.setup()
    try:
        site = web.TCPSite(runner, "127.0.0.1", 0)
        await site.start()
        collector.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
        yield collector
    finally:
        await runner.cleanup()


def _plain(attributes: Any) -> dict[str, Any]:
    return {a.key: getattr(a.value, a.value.WhichOneof("value")) for a in attributes}
