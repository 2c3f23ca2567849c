"""Both clients, through the same tests."""

import inspect
from collections.abc import AsyncIterator, Callable, Iterator
from typing import Any, Literal

import pytest

from speko import AsyncSpeko, Speko
from tests.client.gateway import ScriptedGateway

API_KEY = "sk_live_" + "0f" * 24


class Client:
    """Either client, used as if it were asynchronous."""

    def __init__(self, client: Speko | AsyncSpeko) -> None:
        self.client = client

    async def call(self, method: Callable[[Any], Any]) -> Any:
        """The outcome of a call, awaited where it has to be."""
        return await self.settle(method(self.client))

    async def settle(self, value: Any) -> Any:
        return await value if inspect.isawaitable(value) else value

    async def all(self, stream: Any) -> list[Any]:
        """Everything a stream yields, to its end."""
        return [item async for item in self.each(stream)]

    async def each(self, stream: Any) -> AsyncIterator[Any]:
        """What a stream yields, one by one."""
        if hasattr(stream, "__aiter__"):
            async for item in stream:
                yield item
        else:
            for item in stream:
                yield item

    def iterator(self, stream: Any) -> Any:
        """The stream's own iterator."""
        return stream.__aiter__() if hasattr(stream, "__aiter__") else iter(stream)

    async def next(self, iterator: Any) -> Any:
        """The next item of an iterator; a stream of events is one itself."""
        return await iterator.__anext__() if hasattr(iterator, "__anext__") else next(iterator)

    async def close(self, stream: Any) -> None:
        """Closes a stream, its iterator, or the client."""
        await self.settle(stream.aclose() if hasattr(stream, "aclose") else stream.close())

    async def leave(self, stream: Any, error: BaseException | None = None) -> None:
        """Ends a `with` block, with or without an exception."""
        kind = type(error) if error else None
        leave = getattr(stream, "__aexit__", None) or stream.__exit__
        await self.settle(leave(kind, error, None))


@pytest.fixture
def gateway() -> Iterator[ScriptedGateway]:
    with ScriptedGateway() as server:
        yield server


@pytest.fixture(params=["sync", "async"])
async def speko(request: pytest.FixtureRequest, gateway: ScriptedGateway) -> AsyncIterator[Client]:
    kind: Literal["sync", "async"] = request.param
    client: Speko | AsyncSpeko
    client = (Speko if kind == "sync" else AsyncSpeko)(api_key=API_KEY, base_url=gateway.url, timeout=10)
    yield Client(client)
    await Client(client).settle(client.close())
