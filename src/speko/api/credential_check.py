"""`POST /v1/providers/{provider}/test`: whether the credential that a call would use is good.

It asks the vendor once: no breaker hears of it and no attempt is booked, because it says nothing about a model and
serves nobody. What it says about an organisation's own key is noted beside the key.
"""

import asyncio
import logging
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any, Final, Literal

from litestar import Request, post
from litestar.params import FromPath
from msgspec import Struct

from speko.agent.plan import route_stages
from speko.api.context import context_of
from speko.api.errors import not_found
from speko.api.gateway import Gateway, gateway_of
from speko.api.openapi import TEST_PROVIDER
from speko.api.realtime.candidates import why_no_agent
from speko.api.wire import timestamp
from speko.providers.call import Call, Credential, KeySource
from speko.providers.catalogue import MODALITIES
from speko.providers.errors import (
    ConnectFailed,
    ConnectionLost,
    CredentialRejected,
    DeadlineExceeded,
    MalformedResponse,
    ProviderError,
    ProviderUnavailable,
    QuotaExceeded,
    RateLimited,
    TruncatedResponse,
)
from speko.providers.registry import Registration
from speko.realtime.spec import SessionSpec
from speko.routing.access import Access, OwnKeys
from speko.storage.verdicts import Rejection
from speko.storage.verdicts import Verdict as KeyVerdict

Verdict = Literal["accepted", "rejected", "unknown"]
"""`unknown` also where there is no key, or none is needed."""
log = logging.getLogger(__name__)

SECONDS: Final = 8.0
"""For one test in all."""

# What a failure says about the vendor, before the vendor's own words. The first that applies.
_VERDICTS: Final[tuple[tuple[type[ProviderError], str], ...]] = (
    (CredentialRejected, "rejects the key"),
    (QuotaExceeded, "serves this account no more"),
    (RateLimited, "limits the calls of this account"),
    (DeadlineExceeded, "cannot be reached"),
    (ConnectFailed, "cannot be reached"),
    (ConnectionLost, "breaks off"),
    (TruncatedResponse, "breaks off"),
    (MalformedResponse, "answers, but not as its API does (is the base URL right?)"),
    (ProviderUnavailable, "is in trouble"),
    (ProviderError, "refuses"),
)


class ProviderTestView(Struct, frozen=True, rename="camel", kw_only=True):
    """What came of a test."""

    provider: str
    ok: bool
    """Nothing speaks against a call."""
    source: KeySource | None
    """Whose credential was used: the organisation's own, or the platform's; null where none was."""
    checked_at: str
    latency_ms: float | None
    """Milliseconds to the vendor's answer; null where there was none."""
    status: int | None
    """HTTP status of the vendor's answer."""
    message: str
    """What came, or what to do, for people."""
    models: int | None
    """How many models the vendor lists; null where it was not asked, or did not say."""
    verdict: Verdict
    """What the answer says about the key."""


@dataclass(frozen=True, slots=True)
class _Outcome:
    ok: bool
    message: str
    source: KeySource | None = None
    latency_ms: float | None = None
    status: int | None = None
    models: int | None = None
    verdict: Verdict = "unknown"
    rejection: str | None = None
    """The vendor's words, where it refuses the key."""


@post("/v1/providers/{provider:str}/test", status_code=200, **TEST_PROVIDER)
async def check_provider(request: Request[Any, Any, Any], provider: FromPath[str]) -> ProviderTestView:
    """Asks the vendor once, with the credential that a call of this organisation would use, and says what came. It
    costs nothing, takes 8 seconds at most, and is no attempt: neither usage nor breakers hear of it."""
    gateway = gateway_of(request.app)
    registration = gateway.registry.get(provider.strip().lower())
    if registration is None:
        raise not_found("Unknown provider")
    checked_at = datetime.now(UTC)
    own_keys = gateway.own_keys(context_of(request).organization_id)
    outcome = await _outcome(gateway, registration, own_keys)
    own_key = own_keys.get(registration.vendor.id)
    if own_key is not None and outcome.source == "BYOK" and outcome.verdict != "unknown":
        rejection = None if outcome.rejection is None else Rejection(checked_at, outcome.status, outcome.rejection)
        await gateway.store.key_judged(KeyVerdict(own_key.id, checked_at, rejection))
    return ProviderTestView(
        provider=registration.vendor.id,
        ok=outcome.ok,
        source=outcome.source,
        checked_at=timestamp(checked_at),
        latency_ms=outcome.latency_ms,
        status=outcome.status,
        message=outcome.message,
        models=outcome.models,
        verdict=outcome.verdict,
    )


async def _outcome(gateway: Gateway, registration: Registration, own_keys: OwnKeys) -> _Outcome:
    vendor = registration.vendor
    if any(model.composite for model in vendor.models):
        return _agent(gateway, own_keys)
    found = _access(gateway, registration, own_keys)
    if found.credential is None:
        if found.reason == "NO_CONNECTOR":
            return _Outcome(False, f"this build has no connector for {vendor.name}, so it cannot be called")
        return _Outcome(False, found.hint or "cannot be called")
    if vendor.embedded:
        return _Outcome(True, f"{vendor.name} is installed; it runs inside the gateway and needs no key")
    if registration.check is None:
        message = f"the connector of {vendor.name} cannot test a credential; only a call shows whether it is good"
        return _Outcome(False, message, found.credential.source)
    return await _ask(gateway, registration, found.credential)


def _access(gateway: Gateway, registration: Registration, own_keys: OwnKeys) -> Access:
    """The credential is the same in every layer that there is a connector for."""
    vendor_id = registration.vendor.id
    found = [gateway.router.access(vendor_id, modality, own_keys) for modality in MODALITIES]
    return next((access for access in found if access.reason != "NO_CONNECTOR"), found[0])


async def _ask(gateway: Gateway, registration: Registration, credential: Credential) -> _Outcome:
    vendor = registration.vendor
    started = time.monotonic()

    def outcome(ok: bool, message: str, *, status: int | None = None, models: int | None = None) -> _Outcome:
        answered = ok or status is not None
        latency_ms = round((time.monotonic() - started) * 1000, 1) if answered else None
        return _Outcome(ok, message, credential.source, latency_ms, status, models)

    call = Call(credential, connect_timeout=min(gateway.settings.connect_timeout, SECONDS))
    try:
        async with asyncio.timeout(SECONDS):
            report = await gateway.connectors.check(vendor.id).check(call)
    except ProviderError as error:
        failed = outcome(False, _verdict(vendor.name, error), status=error.status)
        return (
            replace(failed, verdict="rejected", rejection=error.message)
            if isinstance(error, CredentialRejected)
            else failed
        )
    except TimeoutError:
        return outcome(False, f"{vendor.name} does not answer within {SECONDS:g} seconds")
    except Exception as error:
        # Not the exception's text: it may hold the key.
        log.error("credential check crashed", extra={"provider": vendor.id, "type": type(error).__name__})
        return outcome(False, f"the connector of {vendor.name} failed; the log says how")
    took = outcome(True, report.message, status=report.status, models=report.models)
    return replace(took, verdict="accepted") if report.shows_key and credential.api_key else took


def _verdict(name: str, error: ProviderError) -> str:
    if isinstance(error, CredentialRejected) and error.status is None:
        return error.message  # the vendor was never asked
    verdict = next(text for kind, text in _VERDICTS if isinstance(error, kind))
    wait = f"; it asks to wait {error.retry_after:g} s" if error.retry_after else ""
    return f"{name} {verdict}: {error.message}{wait}"


def _agent(gateway: Gateway, own_keys: OwnKeys) -> _Outcome:
    """The gateway's own agent needs somebody for each of its stages."""
    missing = why_no_agent(gateway, own_keys, SessionSpec())
    if missing is not None:
        return _Outcome(False, missing)
    stages = route_stages(gateway.router, own_keys, None, None)
    first: Sequence[str] = [f"{modality.upper()} {chain[0].provider}" for modality, chain in stages.items()]
    return _Outcome(True, f"the voice agent has somebody for each stage (in English): {', '.join(first)}")
