"""What is booked for one call, by modality and by whose key it was."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from msgspec import structs

from speko.providers.call import Call, Credential, KeySource, Usage
from speko.providers.catalogue import Modality, Model, Price
from speko.providers.errors import ProviderUnavailable
from speko.routing.attempts import Attempt, Candidate
from speko.routing.ledger import AttemptRow, UsageRow
from speko.routing.metering import CallInfo, Meter
from tests.routing.chains import Books

PRICES: dict[Modality, Price] = {
    "stt": Price(usd_per_minute=0.006),
    "llm": Price(usd_per_1m_input_tokens=1, usd_per_1m_output_tokens=2),
    "tts": Price(usd_per_1m_characters=15),
}
USED: dict[Modality, Usage] = {
    "stt": Usage(audio_ms=90_000),
    "llm": Usage(input_tokens=100, output_tokens=20),
    "tts": Usage(characters=40, audio_ms=2_500),
}
COST: dict[Modality, int] = {"stt": 9_000, "llm": 140, "tts": 600}
"""Micro-USD of `USED` at `PRICES`."""
SPEECH_AND_TEXT: tuple[Modality, ...] = ("stt", "llm", "tts")


def candidate(
    modality: Modality, *, source: KeySource = "MANAGED", embedded: bool = False, known: bool = True
) -> Candidate:
    spec = Model(modality=modality, id="m", price=PRICES[modality]) if known else None
    credential = Credential("key", None, source)
    return Candidate(modality, "v", "m", "wire", credential, "c", spec, embedded=embedded, scores_run_id="run")


def call_of(modality: Modality) -> Call:
    return Call(Credential(), usage=structs.replace(USED[modality]))


def booked_usage(chosen: Candidate, info: CallInfo | None = None) -> UsageRow:
    books = Books()
    Meter(info or CallInfo("endpoint", "req", "org", "ses"), books).served(chosen, call_of(chosen.modality))
    (row,) = books.usages
    return row


def booked_attempt(chosen: Candidate, call: Call | None = None) -> AttemptRow:
    books = Books()
    attempt = Attempt(chosen, 2, started=100.0, connect_within=1, first_byte_by=108.0)
    meter = Meter(CallInfo("endpoint", "req", "org", "ses"), books)
    meter.attempt(attempt, call or call_of(chosen.modality), "served", now=103.5, first_byte_at=100.25)
    (row,) = books.attempts
    return row


@pytest.mark.parametrize(
    ("modality", "metric", "quantity", "kind", "audio_ms"),
    [
        ("stt", "stt_seconds", 90.0, "minutes", 90_000),
        ("tts", "tts_characters", 40.0, "minutes", 2_500),
        ("llm", "llm_tokens", 120.0, "add_on", 0),
    ],
)
def test_what_is_served_through_the_platform(
    modality: Modality, metric: str, quantity: float, kind: str, audio_ms: int
) -> None:
    row = booked_usage(candidate(modality))
    assert (row.type, row.metric, row.quantity, row.audio_ms) == (modality, metric, quantity, audio_ms)
    assert (row.key_source, row.charge_kind, row.cost_micro_usd) == ("MANAGED", kind, COST[modality])
    assert (row.provider, row.model, row.request_id, row.organization_id, row.session_id) == (
        "v", "m", "req", "org", "ses",
    )  # fmt: skip


@pytest.mark.parametrize("modality", SPEECH_AND_TEXT)
def test_an_own_key_costs_nothing_here_but_at_the_vendor(modality: Modality) -> None:
    own = candidate(modality, source="BYOK")
    row = booked_usage(own)
    assert (row.key_source, row.charge_kind, row.cost_micro_usd) == ("BYOK", "byok", 0)
    assert row.quantity > 0
    assert booked_attempt(own).cost_micro_usd == COST[modality], "what the vendor is likely to bill them"


@pytest.mark.parametrize("modality", SPEECH_AND_TEXT)
def test_embedded_engines_are_free(modality: Modality) -> None:
    engine = candidate(modality, embedded=True)
    row = booked_usage(engine)
    assert (row.key_source, row.charge_kind, row.cost_micro_usd) == ("MANAGED", "free", 0)
    assert booked_attempt(engine).cost_micro_usd == 0


@pytest.mark.parametrize("modality", SPEECH_AND_TEXT)
def test_an_unknown_price_is_no_price(modality: Modality) -> None:
    unknown = candidate(modality, known=False)
    assert booked_usage(unknown).cost_micro_usd == booked_attempt(unknown).cost_micro_usd == 0
    unpriced = replace(candidate(modality), spec=Model(modality=modality, id="m"))
    assert booked_usage(unpriced).cost_micro_usd == booked_attempt(unpriced).cost_micro_usd == 0


def test_the_text_that_was_sent_is_what_is_shown_as_used() -> None:
    row = booked_usage(candidate("tts"), CallInfo("synthesize", "req", "org", characters=12))
    assert (row.quantity, row.cost_micro_usd) == (12.0, COST["tts"]), "and the vendor's bill is for what was spoken"


def test_estimated_counts_are_marked() -> None:
    books = Books()
    call = Call(Credential(), usage=Usage(output_tokens=5, estimated=True))
    Meter(CallInfo("complete", "req", "org"), books).served(candidate("llm"), call)
    assert books.usages[0].estimated is True


def test_an_attempt() -> None:
    row = booked_attempt(candidate("llm"))
    assert (row.request_id, row.organization_id, row.session_id, row.endpoint) == ("req", "org", "ses", "endpoint")
    assert (row.provider, row.model, row.modality, row.position) == ("v", "m", "llm", 2)
    assert (row.first_byte_ms, row.total_ms) == (250.0, 3500.0)
    assert (row.outcome, row.cause, row.status, row.message) == ("served", None, None, None)
    assert row.scores_run_id == "run"
    ago = datetime.now(UTC) - row.started_at
    assert timedelta(seconds=3.4) < ago < timedelta(seconds=60), "when it began, on the wall"


def test_a_failed_attempt_says_why_and_has_no_first_byte() -> None:
    books = Books()
    attempt = Attempt(candidate("llm"), 0, started=1.0, connect_within=1, first_byte_by=2.0)
    error = ProviderUnavailable("overloaded", status=503)
    Meter(CallInfo("complete", "req", "org"), books).attempt(attempt, call_of("llm"), "failed", now=1.5, error=error)
    (row,) = books.attempts
    assert (row.outcome, row.cause, row.status, row.message) == ("failed", "server_error", 503, "overloaded")
    assert (row.first_byte_ms, row.total_ms) == (None, 500.0)
    assert row.cost_micro_usd == COST["llm"], "what a failed attempt has used is billed, too"


def test_a_cancelled_attempt_has_the_cause_it_is_given() -> None:
    books = Books()
    attempt = Attempt(candidate("stt"), 0, started=1.0, connect_within=1, first_byte_by=2.0)
    meter = Meter(CallInfo("transcribe", "req", "org"), books)
    meter.attempt(attempt, call_of("stt"), "cancelled", now=1.5, cause="caller_left")
    assert books.story == [("v", "cancelled", "caller_left")]


def test_usage_is_copied() -> None:
    call = call_of("llm")
    row = booked_attempt(candidate("llm"), call)
    call.usage.output_tokens = 999
    assert row.usage == USED["llm"], "a row does not change once it is booked"


def test_ids_are_unique_and_begin_with_the_time() -> None:
    ids = [booked_usage(candidate("llm")).id for _ in range(50)]
    assert len(set(ids)) == 50
    assert all(one.startswith("use_") for one in ids)
    times = [one[4:15] for one in ids]
    assert times == sorted(times)
    assert booked_attempt(candidate("llm")).id.startswith("att_")
