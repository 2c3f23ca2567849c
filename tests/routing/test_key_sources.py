"""Whose key a call uses and what its usage row says of it: every kind of access in every modality, to the micro-USD.

Source: contract, routing 7.
"""

from typing import Any

import pytest
from msgspec import structs

from speko.providers.call import Call, Usage
from speko.providers.catalogue import MODALITIES, Modality, Price
from speko.routing.access import PlatformAccess
from speko.routing.attempts import Attempt
from speko.routing.intent import AllowList, RoutingIntent
from speko.routing.ledger import UsageRow
from speko.routing.metering import CallInfo, Meter
from tests.routing.chains import Books
from tests.routing.routers import KEY, NOTHING, Own, Setup

PRICES: dict[Modality, Price] = {
    "stt": Price(usd_per_minute=0.0061),
    "llm": Price(usd_per_1m_input_tokens=1, usd_per_1m_output_tokens=2, usd_per_1m_cached_tokens=0.1),
    "tts": Price(usd_per_1m_characters=15),
    "s2s": Price(
        usd_per_1m_input_tokens=4,
        usd_per_1m_output_tokens=16,
        usd_per_1m_input_audio_tokens=32,
        usd_per_1m_output_audio_tokens=64,
    ),
}
USED: dict[Modality, Usage] = {
    "stt": Usage(audio_ms=90_500),
    "llm": Usage(input_tokens=1003, output_tokens=21, cached_tokens=500),
    "tts": Usage(characters=41, audio_ms=2_500),
    "s2s": Usage(input_tokens=110, input_audio_tokens=100, output_tokens=60, output_audio_tokens=50, audio_ms=4_000),
}
COSTS: dict[Modality, list[int]] = {
    "stt": [9_201],  # 90.5 s of 6,100 a minute: 9,200.8
    "llm": [595],  # 503 + 50 + 42
    "tts": [615],
    "s2s": [3_240, 3_360],  # 40 + 3,200 heard, 160 + 3,200 spoken
}
"""Micro-USD of `USED` at `PRICES`, one for each usage row."""
MINUTES: dict[Modality, str] = {"stt": "minutes", "llm": "add_on", "tts": "minutes", "s2s": "minutes"}
LOCAL = PlatformAccess(base_url="http://127.0.0.1:9/v1")

# How it is reached, and what is booked: the key source, the kind of charge, and whether it costs.
ACCESSES: dict[str, tuple[dict[str, Any], Own | None, str, str | None, bool]] = {
    "own key": ({"platform": NOTHING}, Own("byok_1"), "BYOK", "byok", False),
    "own key before the platform's": ({"platform": KEY}, Own("byok_1"), "BYOK", "byok", False),
    "platform key": ({"platform": KEY}, None, "MANAGED", None, True),
    "embedded": ({"platform": NOTHING, "embedded": True, "needs": "program"}, None, "MANAGED", "free", False),
    "local server without a key": ({"platform": LOCAL, "needs": "url", "unpriced": True}, None, "MANAGED", None, False),
    "local server with an own key": (
        {"platform": LOCAL, "needs": "url", "unpriced": True},
        Own("byok_1"),
        "BYOK",
        "byok",
        False,
    ),
}


def booked(modality: Modality, setup: Setup, own: dict[str, Own]) -> tuple[Books, str]:
    """What is booked when the first candidate serves, and which key it was."""
    [candidate] = setup.router().chain(modality, RoutingIntent("en"), AllowList(), own).candidates
    books = Books()
    meter = Meter(CallInfo("session" if modality == "s2s" else "complete", "req_1", "org_1"), books)
    call = Call(candidate.credential, usage=USED[modality])
    if modality == "s2s":
        meter.responded(candidate, call.usage)
    else:
        meter.served(candidate, call)
    meter.attempt(Attempt(candidate, 0, 0.0, 1.0, 1.0), call, "served", now=1.0)
    return books, candidate.credential_id


def vendor(setup: Setup, modality: Modality, *, unpriced: bool = False, **how: Any) -> Setup:
    setup.vendor("acme", modality=modality, **how)
    if not unpriced:
        registration = setup.registry.vendors["acme"]
        [model] = registration.vendor.models
        priced = structs.replace(registration.vendor, models=(structs.replace(model, price=PRICES[modality]),))
        object.__setattr__(registration, "vendor", priced)
    return setup


@pytest.mark.parametrize("modality", MODALITIES)
@pytest.mark.parametrize("name", ACCESSES)
def test_every_usage_row_says_whose_key_it_was_and_what_it_costs(name: str, modality: Modality) -> None:
    how, own, source, kind, paid = ACCESSES[name]
    books, credential_id = booked(modality, vendor(Setup(), modality, **how), {"acme": own} if own else {})
    rows: list[UsageRow] = books.usages
    assert credential_id == (own.id if own else "platform")
    assert [row.key_source for row in rows] == [source] * len(COSTS[modality])
    assert [row.charge_kind for row in rows] == [kind or MINUTES[modality]] * len(COSTS[modality])
    assert [row.cost_micro_usd for row in rows] == (COSTS[modality] if paid else [0] * len(COSTS[modality]))
    [attempt] = books.attempts
    assert (attempt.key_source, attempt.credential_id) == (source, credential_id)
    billed = "embedded" not in how and "unpriced" not in how
    assert abs(attempt.cost_micro_usd - (sum(COSTS[modality]) if billed else 0)) <= 1, "the vendor bills, whosever key"


@pytest.mark.parametrize("modality", MODALITIES)
def test_an_own_key_that_cannot_be_read_is_never_replaced_by_the_platforms(modality: Modality) -> None:
    setup = vendor(Setup(), modality, platform=KEY)
    chain = setup.router().chain(modality, RoutingIntent("en"), AllowList(), {"acme": Own("byok_1", None)})
    assert chain.candidates == ()
    pinned = AllowList(frozenset({("acme", "m")}))
    [skipped] = setup.router().chain(modality, RoutingIntent("en"), pinned, {"acme": Own("byok_1", None)}).skipped
    assert skipped.reason == "KEY_UNREADABLE"
