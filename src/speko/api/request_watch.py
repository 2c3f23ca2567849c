"""What metrics, traces and the log want to know of each HTTP request. Called by the edge, and nothing here waits."""

import logging
import time
from collections.abc import Callable

from litestar.types import Scope

from speko.api.context import RequestContext
from speko.observability.calls import RequestMetrics
from speko.observability.log_context import belongs_to
from speko.observability.trace_context import Parent, new_trace_id, parent_of
from speko.observability.tracing import Tracing

log = logging.getLogger(__name__)
_NO_ROUTE = "none"
"""Route of a path that is nobody's."""
_QUIET = 10.0
"""Seconds between two lines about refused keys: whoever guesses keys must not fill the disk."""


class RequestWatch:
    """Sees every request twice: when it begins and when it is over.

    Args:
        metrics: counts.
        tracing: makes the spans; None = nobody traces.
        clock: seconds, monotonic.
    """

    def __init__(
        self, metrics: RequestMetrics, tracing: Tracing | None = None, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._metrics = metrics
        self._tracing = tracing
        self._clock = clock
        self._unauthorized = 0
        self._quiet_until = 0.0

    def begin(self, request_id: str, header: bytes) -> "Seen":
        """A request with this `traceparent` header (empty = none) begins, in the running task."""
        parent = parent_of(header)
        trace_id = parent.trace_id if parent else new_trace_id()
        belongs_to(request_id, trace_id)
        context = RequestContext(request_id, trace_id)
        if self._tracing is not None:
            context.traceparent = self._tracing.begin(parent, trace_id)
        return Seen(context, parent, self._clock())

    def answering(self, seen: "Seen", status: int) -> None:
        """The headers of its answer leave."""
        seen.status = status
        seen.first_byte = self._clock() - seen.began

    def over(self, seen: "Seen", scope: Scope) -> None:
        """It is over."""
        seconds = self._clock() - seen.began
        route: str = scope.get("path_template") or _NO_ROUTE
        method: str = scope["method"]  # type: ignore[typeddict-item]
        self._metrics.answered(route, method, seen.status, seen.first_byte, seconds)
        context = seen.context
        if context.traceparent is not None and self._tracing is not None:
            self._tracing.request(
                context.traceparent,
                seen.parent,
                request_id=context.request_id,
                method=method,
                route=route,
                status=seen.status,
                start=seen.start,
                seconds=seconds,
            )
        if seen.status == 401:
            self._refused(route)

    def _refused(self, route: str) -> None:
        self._unauthorized += 1
        now = self._clock()
        if now >= self._quiet_until:
            log.warning("requests were refused: no valid key", extra={"route": route, "count": self._unauthorized})
            self._unauthorized = 0
            self._quiet_until = now + _QUIET


class Seen:
    """One request."""

    __slots__ = ("began", "context", "first_byte", "parent", "start", "status")

    def __init__(self, context: RequestContext, parent: Parent | None, began: float) -> None:
        self.context = context
        self.parent = parent
        self.began = began
        self.start = time.time_ns()
        self.first_byte: float | None = None
        self.status = 0
