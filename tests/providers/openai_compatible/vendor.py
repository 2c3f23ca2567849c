"""A vendor for tests: a tiny HTTP server on a free port, and messages made from the types of the `openai` package."""

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import msgspec
from aiohttp import web
from openai.types import CompletionUsage
from openai.types.chat import ChatCompletion, ChatCompletionChunk

from speko.providers.call import Call, Credential
from speko.providers.catalogue import Vendor
from speko.providers.registry import Runtime

KEY = "sk-test-0123456789"
VENDOR = Vendor(id="acme", name="Acme")
Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


@dataclass(slots=True)
class Running:
    """A vendor that listens, and what it was asked."""

    base_url: str
    runtime: Runtime
    requests: list[web.Request] = field(default_factory=list)
    bodies: list[bytes] = field(default_factory=list)

    def call(self, key: str | None = KEY) -> Call:
        """A call to it."""
        return Call(Credential(api_key=key, base_url=self.base_url))

    def json(self, index: int = -1) -> dict[str, Any]:
        """One of the bodies it got."""
        decoded: dict[str, Any] = msgspec.json.decode(self.bodies[index])
        return decoded


@asynccontextmanager
async def vendor(handler: Handler) -> AsyncIterator[Running]:
    """Runs a vendor that answers every request with `handler`, and the runtime of its client."""
    runtime = Runtime()
    running = Running("", runtime)

    async def take(request: web.Request) -> web.StreamResponse:
        running.requests.append(request)
        running.bodies.append(await request.read())
        return await handler(request)

    app = web.Application(client_max_size=2**26)
    app.router.add_route("*", "/{path:.*}", take)
    runner = web.AppRunner(app, handler_cancellation=True)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    host, port = runner.addresses[0][:2]
    running.base_url = f"http://{host}:{port}/v1"
    try:
        yield running
    finally:
        await runtime.close()
        await runner.cleanup()


def answering(
    body: bytes | str | Mapping[str, Any],
    *,
    status: int = 200,
    content_type: str = "application/json",
    headers: Mapping[str, str] | None = None,
) -> Handler:
    """Answers the same to all."""
    raw = body if isinstance(body, bytes) else body.encode() if isinstance(body, str) else msgspec.json.encode(body)

    async def handle(_: web.Request) -> web.Response:
        return web.Response(status=status, body=raw, headers={"Content-Type": content_type, **(headers or {})})

    return handle


def streaming(*pieces: bytes, content_type: str = "text/event-stream") -> Handler:
    """Answers in pieces, each written at once."""

    async def handle(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse(headers={"Content-Type": content_type})
        await response.prepare(request)
        for piece in pieces:
            await response.write(piece)
        await response.write_eof()
        return response

    return handle


def cutting(*pieces: bytes, content_type: str = "text/event-stream") -> Handler:
    """Answers in pieces, then breaks the connection."""

    async def handle(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse(headers={"Content-Type": content_type})
        await response.prepare(request)
        for piece in pieces:
            await response.write(piece)
        assert request.transport is not None
        request.transport.close()
        return response

    return handle


def event(data: bytes | str) -> bytes:
    """One server-sent event."""
    return b"data: " + (data if isinstance(data, bytes) else data.encode()) + b"\n\n"


DONE = event("[DONE]")


def chunk(
    content: str | None = None,
    *,
    tool_calls: Sequence[Mapping[str, Any]] | None = None,
    finish: str | None = None,
    **delta: Any,
) -> bytes:
    """A `chat.completion.chunk` as an event."""
    fields: dict[str, Any] = {**delta}
    if content is not None:
        fields["content"] = content
    if tool_calls is not None:
        fields["tool_calls"] = tool_calls
    choice = {"index": 0, "delta": fields, "finish_reason": finish}
    return _chunk([choice])


def usage_chunk(usage: CompletionUsage) -> bytes:
    """The chunk that `stream_options.include_usage` asks for."""
    return _chunk([], usage=usage.model_dump(exclude_unset=True))


def _chunk(choices: list[dict[str, Any]], **more: Any) -> bytes:
    made = ChatCompletionChunk.model_validate(
        {
            "id": "chatcmpl-1",
            "object": "chat.completion.chunk",
            "created": 1,
            "model": "m",
            "choices": choices,
            **more,
        }
    )
    return event(made.model_dump_json(exclude_unset=True))


def completion(message: Mapping[str, Any], *, finish: str = "stop", usage: CompletionUsage | None = None) -> bytes:
    """A `chat.completion` in one piece."""
    made = ChatCompletion.model_validate(
        {
            "id": "chatcmpl-1",
            "object": "chat.completion",
            "created": 1,
            "model": "m",
            "choices": [{"index": 0, "message": {"role": "assistant", **message}, "finish_reason": finish}],
            "usage": usage.model_dump() if usage else None,
        }
    )
    return made.model_dump_json(exclude_unset=True).encode()
