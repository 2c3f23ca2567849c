# Generated from _async/client.py by scripts/generate_sync_client.py. Do not edit.
"""The client."""

from types import TracebackType
from typing import Self

from speko.client._sync.oneshot import OneShot
from speko.client._sync.resources import (
    ApiKeysResource,
    BenchmarksResource,
    CreditsResource,
    LimitsResource,
    OrganizationResource,
    ProvidersResource,
    RequestsResource,
    UsageResource,
    VoicesResource,
)
from speko.client._sync.sessions import SessionsResource
from speko.client._sync.transport import Transport
from speko.client.config import ClientConfig


class Speko(OneShot):
    """A client of one gateway. It keeps connections open: use one for many calls, and close it.

    `base_url`: else the environment's `SPEKO_BASE_URL`, else `http://127.0.0.1:8787`. `timeout`: seconds to connect,
    to send, and between two reads. Raises ValueError for an API key that is empty or cannot be sent.

        with Speko(api_key=key) as speko:
            speech = speko.synthesize("Good morning.", language="en")
    """

    def __init__(self, *, api_key: str, base_url: str | None = None, timeout: float = 30.0) -> None:
        self._transport = Transport(ClientConfig.of(api_key, base_url, timeout))
        self.usage = UsageResource(self._transport)
        self.credits = CreditsResource(self._transport)
        self.limits = LimitsResource(self._transport)
        self.voices = VoicesResource(self._transport)
        self.providers = ProvidersResource(self._transport)
        self.benchmarks = BenchmarksResource(self._transport)
        self.api_keys = ApiKeysResource(self._transport)
        self.organization = OrganizationResource(self._transport)
        self.requests = RequestsResource(self._transport)
        self.sessions = SessionsResource(self._transport)

    def close(self) -> None:
        """Ends all connections."""
        self._transport.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()
