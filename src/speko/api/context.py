"""What is known of one request, from the edge inwards."""

from typing import Any

from litestar import Request

from speko.api.errors import ApiError


class RequestContext:
    """Ids of the request, and, once authenticated, whose it is."""

    __slots__ = ("api_key_id", "organization_id", "request_id", "trace_id", "traceparent")

    def __init__(self, request_id: str, trace_id: str) -> None:
        self.request_id = request_id
        self.trace_id = trace_id
        self.organization_id = ""
        self.api_key_id: str | None = None
        """None: nobody yet, or somebody in the web console."""
        self.traceparent: str | None = None
        """The request's own span; None = nobody traces."""


SCOPE_KEY = "speko"


def context_of(request: Request[Any, Any, Any]) -> RequestContext:
    """The context that the edge put into the scope."""
    context: RequestContext = request.scope[SCOPE_KEY]  # type: ignore[literal-required]
    return context


def unauthorized(text: str) -> ApiError:
    """401."""
    return ApiError(401, "UNAUTHORIZED", text, headers={"www-authenticate": "Bearer"})
