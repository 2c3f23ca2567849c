"""Everything that is not a voice call. Errors are those of `AsyncOneShot`."""

import builtins
from datetime import datetime

from speko.client._async.transport import AsyncTransport
from speko.client.decoder import parse, parse_list
from speko.client.models.account import (
    ApiKey,
    CreatedApiKey,
    CreditBalance,
    CreditLedger,
    Limits,
    Organization,
    RevokedApiKey,
    UsageSeries,
    UsageSummary,
)
from speko.client.models.params import OptimizeFor
from speko.client.models.providers import KnownProviders, ProviderKeyStatus, ProviderStatus, ProviderTest, VoiceList
from speko.client.models.routing import BenchmarkScores, RequestAttempts, RoutingStack
from speko.client.wire import WireRequest, json_request, path_of, query_of


class AsyncResource:
    """A group of calls."""

    def __init__(self, transport: AsyncTransport) -> None:
        self._transport = transport


class AsyncUsageResource(AsyncResource):
    """What was used, and what it cost."""

    async def get(
        self, *, from_date: str | datetime | None = None, to_date: str | datetime | None = None
    ) -> UsageSummary:
        """Use between two times, both included: ISO-8601 text, or a datetime (UTC when it has no zone).

        The gateway's defaults are the start of the month in UTC, and now.
        """
        query = query_of({"from": from_date, "to": to_date})
        return parse(await self._transport.send(WireRequest("GET", path_of("usage"), query)), UsageSummary)

    async def series(
        self, *, from_date: str | datetime | None = None, to_date: str | datetime | None = None
    ) -> UsageSeries:
        """The same day by day, with the attempts at each vendor. Times and defaults as in `get`; 366 days at most."""
        query = query_of({"from": from_date, "to": to_date})
        return parse(await self._transport.send(WireRequest("GET", path_of("usage", "series"), query)), UsageSeries)


class AsyncCreditsResource(AsyncResource):
    """What is left to spend on the platform's keys."""

    async def get_balance(self) -> CreditBalance:
        """The sum of the ledger."""
        return parse(await self._transport.send(WireRequest("GET", path_of("credits", "balance"))), CreditBalance)

    async def get_ledger(
        self, *, limit: int | None = None, cursor: str | None = None, kind: str | None = None
    ) -> CreditLedger:
        """Every change, newest first. `limit`: 1 to 100 (the gateway's default is 20). `cursor`: `next_cursor` of the
        page before. `kind`: one kind or several, with commas."""
        query = query_of({"limit": limit, "cursor": cursor, "kind": kind})
        return parse(await self._transport.send(WireRequest("GET", path_of("credits", "ledger"), query)), CreditLedger)


class AsyncLimitsResource(AsyncResource):
    """What the API key and its organization may use at most."""

    async def get(self) -> Limits:
        """Both, and how much of each is used."""
        return parse(await self._transport.send(WireRequest("GET", path_of("limits"))), Limits)


class AsyncVoicesResource(AsyncResource):
    """The catalogue of voices."""

    async def list(self, *, provider: str | None = None) -> VoiceList:
        """All voices, or those of one vendor."""
        query = query_of({"provider": provider})
        return parse(await self._transport.send(WireRequest("GET", path_of("voices"), query)), VoiceList)


class AsyncProvidersResource(AsyncResource):
    """Vendors, and the organization's own keys for them."""

    async def list(self) -> builtins.list[ProviderStatus]:
        """Which vendors can be used; one that serves several layers comes once per layer."""
        return parse_list(await self._transport.send(WireRequest("GET", path_of("providers"))), ProviderStatus)

    async def known(self) -> KnownProviders:
        """Every entry that an allow-list may hold."""
        return parse(await self._transport.send(WireRequest("GET", path_of("providers", "known"))), KnownProviders)

    async def set(self, provider: str, api_key: str) -> ProviderKeyStatus:
        """Stores the organization's own key for a vendor."""
        request = json_request("PUT", path_of("providers"), {"provider": provider, "apiKey": api_key})
        return parse(await self._transport.send(request), ProviderKeyStatus)

    async def delete(self, provider: str) -> ProviderKeyStatus:
        """Forgets the organization's own key for a vendor."""
        request = WireRequest("DELETE", path_of("providers", provider))
        return parse(await self._transport.send(request), ProviderKeyStatus)

    async def test(self, provider: str) -> ProviderTest:
        """Tries the credential that a call would use: asks the vendor once, and costs nothing.

        A credential that is refused is no error: `ok` and `message` say so.
        """
        request = WireRequest("POST", path_of("providers", provider, "test"))
        return parse(await self._transport.send(request), ProviderTest)


class AsyncBenchmarksResource(AsyncResource):
    """What routing goes by."""

    async def stack(
        self,
        language: str,
        region: str | None = None,
        optimize_for: OptimizeFor | None = None,
        *,
        explain: bool = False,
    ) -> RoutingStack:
        """What the gateway would choose for an intent now, layer by layer, and whom it leaves out.

        `explain`: with the terms of each score.
        """
        query = query_of(
            {"language": language, "region": region, "optimize_for": optimize_for, "explain": explain or None}
        )
        request = WireRequest("GET", path_of("benchmarks", "stack"), query)
        return parse(await self._transport.send(request), RoutingStack)

    async def scores(self, *, modality: str | None = None, language: str | None = None) -> BenchmarkScores:
        """Everything that was measured, in the order in which it ranks.

        `modality`: `stt`, `llm`, `tts` or `s2s`. `language`: BCP-47; rows that can speak for it.
        """
        query = query_of({"modality": modality, "language": language})
        request = WireRequest("GET", path_of("benchmarks", "scores"), query)
        return parse(await self._transport.send(request), BenchmarkScores)


class AsyncApiKeysResource(AsyncResource):
    """Keys of the organization for this API."""

    async def list(self) -> builtins.list[ApiKey]:
        """All keys without their secrets, revoked ones too."""
        return parse_list(await self._transport.send(WireRequest("GET", path_of("api-keys"))), ApiKey)

    async def create(self, name: str) -> CreatedApiKey:
        """A new key. Its secret is in this answer and never shown again."""
        request = json_request("POST", path_of("api-keys"), {"name": name})
        return parse(await self._transport.send(request), CreatedApiKey)

    async def revoke(self, key_id: str) -> RevokedApiKey:
        """Ends a key at once. May be called again."""
        request = WireRequest("DELETE", path_of("api-keys", key_id))
        return parse(await self._transport.send(request), RevokedApiKey)


class AsyncOrganizationResource(AsyncResource):
    """Whom the API key belongs to."""

    async def get(self) -> Organization:
        """The organization; the cheapest way to try a key."""
        return parse(await self._transport.send(WireRequest("GET", path_of("organization"))), Organization)


class AsyncRequestsResource(AsyncResource):
    """What became of single calls."""

    async def get(self, request_id: str) -> RequestAttempts:
        """Which candidates a call tried, in order, and why each ended. `request_id`: of a result or an error."""
        return parse(await self._transport.send(WireRequest("GET", path_of("requests", request_id))), RequestAttempts)
