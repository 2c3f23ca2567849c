"""The outermost layer: request ids, CORS, and the last line of defence against a crash.

One ASGI wrapper and not a stack of middleware, because each layer that wraps `send` costs every chunk of every stream.
Source: contract, README 3 (tracing, CORS).
"""

import asyncio
import random
import re
from collections.abc import Mapping, Sequence
from http import HTTPStatus

import msgspec
from litestar.enums import ScopeType
from litestar.types import ASGIApp, HTTPResponseStartEvent, Message, Receive, Scope, Send

from speko.api.context import SCOPE_KEY
from speko.api.errors import ApiError, internal_error, log_crash
from speko.api.request_watch import RequestWatch
from speko.observability.trace_context import new_trace_id, parent_of

_SANE_ID = re.compile(rb"[A-Za-z0-9_.:-]{1,64}\Z")
_ALLOW_HEADERS = (
    b"authorization, content-type, x-speko-intent, x-speko-constraints, x-speko-stt-options, x-session-id, "
    b"idempotency-key, x-request-id, openai-organization, openai-project, openai-beta, x-stainless-arch, "
    b"x-stainless-async, x-stainless-helper-method, x-stainless-lang, x-stainless-os, x-stainless-package-version, "
    b"x-stainless-poll-helper, x-stainless-retry-count, x-stainless-runtime, x-stainless-runtime-version, "
    b"x-stainless-timeout"
)
"""The last ones are what the clients of OpenAI's API say of themselves."""
_EXPOSE_HEADERS = (
    b"x-speko-provider, x-speko-model, x-speko-failover-count, x-speko-scores-run-id, x-speko-audio-format, "
    b"x-speko-embedded, x-request-id, x-trace-id, retry-after"
)
_CAREFUL = ((b"x-content-type-options", b"nosniff"), (b"cache-control", b"no-store"))
"""Of every answer that does not say otherwise: nobody guesses what it is, and no cache on the way keeps it. Answers
hold words, new keys, and whose account it is."""
_NO_OTHER_PAGES = ("/console/", "/metrics")
"""Never another origin's: here pages are told what proves that they are ours, and programs of this machine, to which a
browser with anybody's page belongs, are told figures without a key."""


class Edge:
    """Wraps the whole application."""

    def __init__(self, app: ASGIApp, cors_origins: Sequence[str], watch: RequestWatch) -> None:
        self._app = app
        self._watch = watch
        self._any_origin = "*" in cors_origins
        self._origins = frozenset(origin.encode() for origin in cors_origins)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """ASGI."""
        if scope["type"] == ScopeType.WEBSOCKET:
            await self._app(scope, receive, send)
            return
        incoming = dict(scope["headers"])
        seen = self._watch.begin(request_id_of(incoming), incoming.get(b"traceparent", b""))
        context = seen.context
        scope[SCOPE_KEY] = context  # type: ignore[literal-required]
        own = [(b"x-request-id", context.request_id.encode()), (b"x-trace-id", context.trace_id.encode())]
        shared = not scope["path"].startswith(_NO_OTHER_PAGES)
        if shared:
            own += self._cors(incoming.get(b"origin"))
        if shared and scope["method"] == "OPTIONS" and b"access-control-request-method" in incoming:
            await _preflight(send, own)
            return
        started = False

        async def send_with_ids(message: Message) -> None:
            nonlocal started
            if message["type"] == "http.response.start":
                started = True
                self._watch.answering(seen, message["status"])
                said = {name for name, _ in message["headers"]}
                careful = [header for header in _CAREFUL if header[0] not in said]
                message["headers"] = [*message["headers"], *own, *careful]
            await send(message)

        try:
            await self._app(scope, receive, send_with_ids)
        except asyncio.CancelledError:
            # The gateway stops. When the headers are out, the server cuts the connection, as the body is incomplete.
            if not started:
                stopping = ApiError(500, "INTERNAL_ERROR", "The gateway is stopping")
                await answer_error(send_with_ids, stopping, scope["path"])
        except Exception as error:
            log_crash(error, scope["path"])
            if not started:
                await answer_error(send_with_ids, internal_error(), scope["path"])
        finally:
            self._watch.over(seen, scope)

    def _cors(self, origin: bytes | None) -> list[tuple[bytes, bytes]]:
        if origin is None or not (self._any_origin or origin in self._origins):
            return []
        headers = [(b"access-control-expose-headers", _EXPOSE_HEADERS)]
        if self._any_origin:
            return [(b"access-control-allow-origin", b"*"), *headers]
        return [(b"access-control-allow-origin", origin), (b"vary", b"origin"), *headers]


async def answer_error(send: Send, error: ApiError, path: str) -> None:
    """Answers a request to `path` without the framework."""
    body = msgspec.json.encode(error.body(path))
    headers = [(b"content-type", b"application/json"), (b"content-length", str(len(body)).encode())]
    headers += [(name.encode(), value.encode()) for name, value in error.headers.items()]
    await send(_start(error.status, headers))
    await send({"type": "http.response.body", "body": body, "more_body": False})


async def _preflight(send: Send, own: list[tuple[bytes, bytes]]) -> None:
    headers = [
        (b"access-control-allow-methods", b"GET, POST, PUT, PATCH, DELETE"),
        (b"access-control-allow-headers", _ALLOW_HEADERS),
        (b"access-control-max-age", b"600"),
    ]
    await send(_start(204, own + headers))
    await send({"type": "http.response.body", "body": b"", "more_body": False})


def _start(status: int, headers: list[tuple[bytes, bytes]]) -> HTTPResponseStartEvent:
    return {"type": "http.response.start", "status": status, "headers": headers}


def plain_answer(error: ApiError, ids: Sequence[tuple[str, str]] | None = None, path: str = "") -> bytes:
    """A whole HTTP answer, after which the connection is closed: for what never becomes a call of the application.
    `ids`: headers with those of the request; None = it was no request. `path`: what was asked for, which decides the
    form of the error."""
    body = msgspec.json.encode(error.body(path))
    hop = "close, upgrade" if "upgrade" in error.headers else "close"
    headers = [
        ("content-type", "application/json"),
        ("content-length", str(len(body))),
        *((name.decode(), value.decode()) for name, value in _CAREFUL),
        *(ids or [("x-request-id", request_id_of({})), ("x-trace-id", trace_id_of({}))]),
        *error.headers.items(),
        ("connection", hop),
    ]
    lines = [f"HTTP/1.1 {error.status} {HTTPStatus(error.status).phrase}", *map(": ".join, headers), "", ""]
    return "\r\n".join(lines).encode() + body


def request_id_of(headers: Mapping[bytes, bytes]) -> str:
    """The caller's own id when it is sane, else a new one. Names of `headers` in lower case."""
    given = headers.get(b"x-request-id", b"")
    return given.decode() if _SANE_ID.match(given) else f"req_{random.getrandbits(64):016x}"


def trace_id_of(headers: Mapping[bytes, bytes]) -> str:
    """The id of the caller's trace, else a new one."""
    parent = parent_of(headers.get(b"traceparent", b""))
    return parent.trace_id if parent else new_trace_id()
