"""Whose turn it is: what the server's own turns mean for what is asked for. Races are in `test_orders.py`."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from speko.providers.openai_realtime.turns import TAIL_MS, Reason, Turns


class Asked(Turns):
    """Counts what the server is asked for."""

    def __init__(self, rate: int = 24000) -> None:
        self.asked = 0
        super().__init__(rate, self._count)

    def _count(self) -> None:
        self.asked += 1

    def hear(self, ms: int) -> None:
        self.append(ms * 48)


@pytest.mark.parametrize(("after", "told"), [(TAIL_MS - 1, False), (TAIL_MS, True)])
def test_how_much_audio_makes_a_commit_a_new_turn(after: int, told: bool) -> None:
    turns = Asked()
    turns.hear(2000)
    turns.speech_started(0)
    turns.speech_stopped(2000)
    turns.hear(after)
    assert turns.commit() is told


def test_without_a_response_to_come_any_audio_is_a_turn() -> None:
    turns = Asked()
    turns.hear(1)
    assert turns.commit()
    assert not turns.commit()


@given(st.integers(8000, 48000), st.integers(0, 10_000), st.integers(-100, 20_000))
def test_nothing_lies_in_the_future(rate: int, heard_ms: int, at_ms: int) -> None:
    turns = Asked(rate)
    turns.append(heard_ms * rate * 2 // 1000)
    assert 0 <= turns.speech_started(at_ms) <= heard_ms
    assert 0 <= turns.speech_stopped(at_ms) <= heard_ms
    assert turns.speech_started(None) == 0
    assert turns.speech_stopped(None) == 500


def test_one_request_answers_several_reasons() -> None:
    turns = Asked()
    turns.began()
    turns.owe(Reason.TOOLS)
    turns.owe(Reason.TEXT)
    turns.ended()
    turns.ask()
    turns.began()
    turns.ended()
    turns.ask()
    assert turns.asked == 1


def test_a_server_that_confirms_nothing_is_found_out() -> None:
    """One response too many is the price, once."""
    turns = Asked()
    for extra in (1, 0, 0):
        turns.speech_started(None)
        turns.sent("result_1")
        turns.owe(Reason.TOOLS)
        turns.speech_stopped(None)
        before = turns.asked
        turns.began()
        turns.ended()
        turns.ask()
        assert turns.asked - before == extra
        turns.began()
        turns.ended()


def test_typed_text_does_not_wait_for_silence() -> None:
    turns = Asked()
    turns.speech_started(None)
    turns.owe(Reason.TOOLS)
    assert turns.asked == 0
    turns.owe(Reason.TEXT)
    assert turns.asked == 1
