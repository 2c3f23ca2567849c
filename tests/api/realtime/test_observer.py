"""What is written down of a session, and what is not."""

from datetime import UTC, datetime
from typing import Any, cast

import pytest

from speko.api.realtime.observer import SessionObserver
from speko.providers.call import Credential
from speko.providers.catalogue import Model
from speko.providers.s2s import ResponseUsage
from speko.realtime.actions import Spoken, TurnRecord
from speko.routing.attempts import Candidate
from speko.routing.metering import CallInfo, Meter
from speko.storage.sessions import Journal
from tests.routing.chains import Books

NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)
TURN = TurnRecord(0, NOON, False, ())
WORDS = Spoken("user", "secret words", NOON, NOON)


class Notes:
    """A journal that remembers."""

    def __init__(self) -> None:
        self.told: list[tuple[str, tuple[Any, ...]]] = []

    def __getattr__(self, name: str) -> Any:
        return lambda *said: self.told.append((name, said))


def engine(*, composite: bool = False) -> Candidate:
    spec = Model(modality="s2s", id="one", languages=("*",), composite=composite)
    return Candidate("s2s", "a", "one", "one", Credential("key"), "platform", spec)


class Observing:
    """An observer, and everything that it tells."""

    def __init__(self, *, keep_words: bool = False) -> None:
        self.notes = Notes()
        self.books = Books()
        self.forgotten: list[str] = []
        meter = Meter(CallInfo("session", "req_1", "org_1", "ses_1"), self.books)
        self.observer = SessionObserver(
            "ses_1", cast(Journal, self.notes), meter, keep_words=keep_words, forget=self.forgotten.append
        )


def test_timings_are_always_kept_and_words_only_where_the_operator_says_so() -> None:
    scene = Observing()
    scene.observer.record(TURN, engine())
    scene.observer.record(WORDS, engine())
    assert scene.notes.told == [("turn", ("ses_1", TURN))]
    scene = Observing(keep_words=True)
    scene.observer.record(WORDS, engine())
    scene.observer.record(WORDS, None)
    assert scene.notes.told == [
        ("words", ("ses_1", WORDS, "a", "one")),
        ("words", ("ses_1", WORDS, None, None)),
    ]


def test_the_engine_in_service_stands_in_the_row_and_the_end_is_the_end() -> None:
    scene = Observing()
    scene.observer.active(engine())
    assert not scene.forgotten
    scene.observer.ended("ended", "expired")
    assert scene.notes.told == [("active", ("ses_1", "a", "one")), ("ended", ("ses_1", "ended", "expired"))]
    assert scene.forgotten == ["ses_1"]


@pytest.mark.parametrize(
    ("usage", "booked"),
    [
        (
            ResponseUsage("r1", input_tokens=9, output_tokens=5, input_audio_tokens=7, output_audio_tokens=3),
            [("s2s_input_audio_tokens", 7.0), ("s2s_output_audio_tokens", 3.0)],
        ),
        (ResponseUsage("r1"), [("s2s_seconds", 2.5)]),
    ],
)
def test_a_response_is_booked_by_its_tokens_or_by_its_seconds(
    usage: ResponseUsage, booked: list[tuple[str, float]]
) -> None:
    scene = Observing()
    scene.observer.responded(engine(), usage, 2500)
    assert [(row.metric, row.quantity) for row in scene.books.usages] == booked
    assert {row.session_id for row in scene.books.usages} == {"ses_1"}


def test_what_our_own_agent_used_is_booked_by_itself() -> None:
    scene = Observing()
    scene.observer.responded(engine(composite=True), ResponseUsage("r1", input_tokens=9), 2500)
    assert scene.books.usages == []
