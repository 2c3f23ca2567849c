"""The judge of the soak must not be blind: each kind of mistake in the books is found."""

import sqlite3
from typing import Any

import pytest
from bench.soak.books import problems
from bench.soak.traffic import Outcome, Seen

ATTEMPT: dict[str, Any] = {
    "request_id": "r1",
    "session_id": None,
    "modality": "llm",
    "position": 0,
    "provider": "openai",
    "model": "gpt-4o",
    "outcome": "served",
    "cause": None,
    "audio_ms": 0,
    "characters": 0,
    "input_tokens": 1000,
    "output_tokens": 100,
    "cached_tokens": 0,
    "input_audio_tokens": 0,
    "output_audio_tokens": 0,
    "cached_audio_tokens": 0,
    "cost_micro_usd": 3500,
    "first_byte_ms": 12.5,
}
FAILED = ATTEMPT | {"outcome": "failed", "cause": "server_error", "position": 0, "provider": "groq", "model": "none"}
FAILED |= {"input_tokens": 0, "output_tokens": 0, "cost_micro_usd": 0}
USAGE: dict[str, Any] = {
    "request_id": "r1",
    "session_id": None,
    "provider": "openai",
    "model": "gpt-4o",
    "metric": "llm_tokens",
    "quantity": 1100.0,
    "cost_micro_usd": 3500,
}


def rows(*values: dict[str, Any]) -> list[sqlite3.Row]:
    """Rows as the database gives them."""
    database = sqlite3.connect(":memory:")
    database.row_factory = sqlite3.Row
    found = []
    for value in values:
        columns = ", ".join(f"? AS {name}" for name in value)
        found += database.execute(f"SELECT {columns}", tuple(value.values())).fetchall()
    return found


def seen(outcome: Outcome = "served", **changes: Any) -> Seen:
    """A call that was served as ATTEMPT and USAGE say."""
    whole: dict[str, Any] = {"failovers": 0, "provider": "openai", "quantity": 1100.0}
    return Seen("r1", "complete", outcome, **(whole | changes))


def test_books_that_fit() -> None:
    assert list(problems(rows(ATTEMPT), rows(USAGE), [seen()], {"openai": 1})) == []
    second = ATTEMPT | {"position": 1}
    call = seen(failovers=1)
    assert list(problems(rows(FAILED, second), rows(USAGE), [call], {"openai": 1, "groq": 1})) == []


@pytest.mark.parametrize(
    ("attempts", "usage", "call", "heard", "words"),
    [
        ([ATTEMPT], [], seen(), 1, "0 rows of usage"),
        ([ATTEMPT], [USAGE, USAGE], seen(), 1, "2 rows of usage"),
        ([ATTEMPT], [USAGE | {"quantity": 1099.0}], seen(), 1, "the caller counted 1100.0"),
        ([ATTEMPT], [USAGE | {"provider": "groq"}], seen(), 1, "usage at groq"),
        ([ATTEMPT], [USAGE | {"cost_micro_usd": 3501}], seen(), 1, "3501 micro-USD in usage"),
        ([ATTEMPT | {"cost_micro_usd": 3499}], [USAGE], seen(), 1, "by the price list 3500"),
        ([], [USAGE], seen(), 0, "attempts beside 0 failovers"),
        ([ATTEMPT | {"position": 1}], [USAGE], seen(), 1, "positions"),
        ([ATTEMPT], [USAGE], seen(failovers=1), 1, "beside 1 failovers"),
        ([ATTEMPT], [], seen("failed"), 1, "{'served': 1} attempts"),
        ([ATTEMPT], [USAGE], seen(), 2, "was asked 2 times"),
        ([ATTEMPT], [USAGE], seen(), 0, "was asked 0 times"),
        ([ATTEMPT, ATTEMPT | {"request_id": "r2"}], [USAGE], seen(), 2, "nobody made that call"),
    ],
)
def test_a_mistake_is_found(
    attempts: list[dict[str, Any]], usage: list[dict[str, Any]], call: Seen, heard: int, words: str
) -> None:
    found = list(problems(rows(*attempts), rows(*usage), [call], {"openai": heard}))
    assert any(words in problem for problem in found), found


def test_a_race_may_have_a_loser_that_failed() -> None:
    tried = rows(ATTEMPT, FAILED | {"position": 1})
    heard = {"openai": 1, "groq": 1}
    assert list(problems(tried, rows(USAGE), [seen()], heard, hedged=True)) == []
    assert list(problems(tried, rows(USAGE), [seen()], heard)) != []


def test_silence_is_what_two_vendors_heard() -> None:
    empty = {"outcome": "failed", "cause": "empty"}
    tried = rows(ATTEMPT | empty, ATTEMPT | empty | {"position": 1})
    assert list(problems(tried, rows(USAGE), [seen("silent", failovers=1)], {"openai": 2})) == []
    for wrong in (seen("silent", failovers=2), seen("silent", failovers=0), seen(failovers=1)):
        assert list(problems(tried, rows(USAGE), [wrong], {"openai": 2})) != []
    assert list(problems(tried, [], [seen("silent", failovers=1)], {"openai": 2})) != []


def test_a_connection_that_broke_may_be_missing_at_the_vendor() -> None:
    lost = ATTEMPT | {"outcome": "failed", "cause": "connection_lost", "cost_micro_usd": 0, "input_tokens": 0}
    lost |= {"output_tokens": 0}
    for heard in (0, 1):
        assert list(problems(rows(lost), [], [seen("failed")], {"openai": heard})) == []
    assert list(problems(rows(lost | {"cause": "timeout"}), [], [seen("failed")], {"openai": 0})) != []


def test_a_request_that_was_called_off_may_be_missing_at_the_vendor() -> None:
    off = ATTEMPT | {"outcome": "cancelled", "cause": "hedged", "position": 1, "cost_micro_usd": 0, "input_tokens": 0}
    off |= {"output_tokens": 0}
    for heard, first_byte_ms, fits in ((2, None, True), (1, None, True), (2, 3.0, True), (1, 3.0, False)):
        tried = rows(ATTEMPT, off | {"first_byte_ms": first_byte_ms})
        assert (list(problems(tried, rows(USAGE), [seen()], {"openai": heard}, hedged=True)) == []) is fits
