"""`POST /v1/providers/{provider}/test` against vendors that refuse, hang, or are not there."""

import socket
from pathlib import Path

import pytest

from speko.api import credential_check
from speko.settings import ProviderSettings
from speko.simulators import Engines, Fault, FaultKind, OpenAISimulator
from tests.api.credential_checks import PLATFORM_KEY, beside, outcome_of
from tests.api.running import running

STATUSES = [
    (FaultKind.UNAUTHORIZED, 401, "OpenAI rejects the key: HTTP 401"),
    (FaultKind.FORBIDDEN, 403, "OpenAI "),
    (FaultKind.RATE_LIMITED, 429, "OpenAI limits the calls of this account: HTTP 429"),
    (FaultKind.QUOTA, 429, "OpenAI serves this account no more: HTTP 429"),
    (FaultKind.PAYMENT_REQUIRED, 402, "OpenAI serves this account no more: HTTP 402"),
    (FaultKind.BAD_REQUEST, 400, "OpenAI refuses: HTTP 400"),
    (FaultKind.SERVER_ERROR, 500, "OpenAI is in trouble: HTTP 500"),
    (FaultKind.OVERLOADED, 503, "OpenAI is in trouble: HTTP 503"),
    (FaultKind.MALFORMED, 200, "OpenAI answers, but not as its API does"),
]


@pytest.mark.parametrize(("kind", "status", "begins"), STATUSES, ids=[kind.value for kind, *_ in STATUSES])
async def test_refusals(tmp_path: Path, kind: FaultKind, status: int, begins: str) -> None:
    async with beside(tmp_path, Fault(kind, retry_after="7")) as (gateway, simulator):
        found = await outcome_of(gateway)
        assert (found["ok"], found["source"], found["status"], found["models"]) == (False, "MANAGED", status, None)
        assert found["message"].startswith(begins)
        waits = kind in (FaultKind.RATE_LIMITED, FaultKind.OVERLOADED)
        assert found["message"].endswith("; it asks to wait 7 s") == waits
        assert len(simulator.requests) == 1, "a test asks once"


@pytest.mark.parametrize(
    ("kind", "says"),
    [(FaultKind.CUT, "breaks off"), (FaultKind.TRUNCATED, "breaks off"), (FaultKind.REFUSE, "breaks off")],
)
async def test_answers_that_break_off(tmp_path: Path, kind: FaultKind, says: str) -> None:
    async with beside(tmp_path, Fault(kind)) as (gateway, _):
        found = await outcome_of(gateway)
        assert (found["ok"], found["status"]) == (False, None)
        assert says in found["message"]


@pytest.mark.parametrize("kind", [FaultKind.SILENT, FaultKind.STALL])
async def test_a_vendor_that_hangs_is_left(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kind: FaultKind) -> None:
    monkeypatch.setattr(credential_check, "SECONDS", 0.2)
    async with beside(tmp_path, Fault(kind)) as (gateway, simulator):
        found = await outcome_of(gateway)
        assert (found["ok"], found["status"]) == (False, None)
        assert found["message"] == "OpenAI does not answer within 0.2 seconds"
        await simulator.until(lambda: simulator.cancelled == 1)


async def test_nobody_listens(tmp_path: Path) -> None:
    async with beside(tmp_path) as (gateway, simulator), simulator.port_closed():
        found = await outcome_of(gateway)
        assert (found["ok"], found["status"]) == (False, None)
        assert found["message"] == "OpenAI cannot be reached: connection refused, or host unreachable"


@pytest.mark.parametrize(
    ("url", "says"),
    [
        ("http://no-such-host.invalid/v1", "the host name could not be resolved"),
        ("https://127.0.0.1:{port}/v1", "TLS could not be established"),
        ("http://[::1", "the base URL is not a valid HTTP address"),
    ],
)
async def test_addresses_that_lead_nowhere(tmp_path: Path, url: str, says: str) -> None:
    async with OpenAISimulator(engines=Engines.none()) as simulator:
        providers = {"openai": ProviderSettings(api_key=PLATFORM_KEY, base_url=url.format(port=simulator.port))}
        async with running(tmp_path, providers=providers) as gateway:
            found = await outcome_of(gateway)
    assert (found["ok"], found["status"]) == (False, None)
    assert found["message"] == f"OpenAI cannot be reached: {says}"


async def test_a_connection_that_is_never_accepted(tmp_path: Path) -> None:
    with socket.socket() as full:
        full.bind(("127.0.0.1", 0))
        full.listen(0)
        with socket.create_connection(full.getsockname()):  # the only one that waits to be accepted
            url = f"http://127.0.0.1:{full.getsockname()[1]}"
            providers = {"openai": ProviderSettings(api_key=PLATFORM_KEY, base_url=url)}
            async with running(tmp_path, providers=providers, connect_timeout=0.05) as gateway:
                found = await outcome_of(gateway)
    assert found["message"] == "OpenAI cannot be reached: not connected in time"


async def test_a_key_that_cannot_be_sent(tmp_path: Path) -> None:
    async with beside(tmp_path, key="two words") as (gateway, simulator):
        found = await outcome_of(gateway)
        assert (found["ok"], found["status"]) == (False, None)
        assert "character" in found["message"]
        assert not simulator.requests
