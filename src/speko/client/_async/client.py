"""The client."""

from types import TracebackType
from typing import Self

from speko.client._async.oneshot import AsyncOneShot
from speko.client._async.resources import (
    AsyncApiKeysResource,
    AsyncBenchmarksResource,
    AsyncCreditsResource,
    AsyncLimitsResource,
    AsyncOrganizationResource,
    AsyncProvidersResource,
    AsyncRequestsResource,
    AsyncUsageResource,
    AsyncVoicesResource,
)
from speko.client._async.sessions import AsyncSessionsResource
from speko.client._async.transport import AsyncTransport
from speko.client.config import ClientConfig


class AsyncSpeko(AsyncOneShot):
    """A client of one gateway. It keeps connections open: use one for many calls, and close it.

    `base_url`: else the environment's `SPEKO_BASE_URL`, else `http://127.0.0.1:8787`. `timeout`: seconds to connect,
    to send, and between two reads. Raises ValueError for an API key that is empty or cannot be sent.

        async with AsyncSpeko(api_key=key) as speko:
            speech = await speko.synthesize("Good morning.", language="en")
    """

    def __init__(self, *, api_key: str, base_url: str | None = None, timeout: float = 30.0) -> None:
        self._transport = AsyncTransport(ClientConfig.of(api_key, base_url, timeout))
        self.usage = AsyncUsageResource(self._transport)
        self.credits = AsyncCreditsResource(self._transport)
        self.limits = AsyncLimitsResource(self._transport)
        self.voices = AsyncVoicesResource(self._transport)
        self.providers = AsyncProvidersResource(self._transport)
        self.benchmarks = AsyncBenchmarksResource(self._transport)
        self.api_keys = AsyncApiKeysResource(self._transport)
        self.organization = AsyncOrganizationResource(self._transport)
        self.requests = AsyncRequestsResource(self._transport)
        self.sessions = AsyncSessionsResource(self._transport)

    async def close(self) -> None:
        """Ends all connections."""
        await self._transport.close()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        await self.close()
