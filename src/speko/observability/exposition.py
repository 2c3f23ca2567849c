"""Prometheus' text format."""

import asyncio
from collections.abc import Iterable

from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import Metric
from prometheus_client.registry import Collector


class _Read(Collector):
    """Metrics that were read before."""

    def __init__(self, metrics: Iterable[Metric]) -> None:
        self._metrics = metrics

    def collect(self) -> Iterable[Metric]:
        """See `prometheus_client`."""
        return self._metrics


async def text_of(metrics: Iterable[Metric]) -> bytes:
    """Metrics that were read, as text. A thread writes it: thousands of lines take tens of milliseconds, for which no
    call has to wait."""
    registry = CollectorRegistry()
    registry.register(_Read(metrics))
    return await asyncio.to_thread(generate_latest, registry)
