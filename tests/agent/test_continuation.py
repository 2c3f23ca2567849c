"""The rest of an answer that another model has begun."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from speko.agent.continuation import Continuation


def rest(said: str, *pieces: str) -> str:
    continuation = Continuation(said)
    return "".join(continuation.push(piece) for piece in pieces) + continuation.finish()


@pytest.mark.parametrize(
    ("said", "answer", "left"),
    [
        ("", "Hello there.", "Hello there."),
        ("The capital is", "The capital is Paris.", " Paris."),
        ("The capital is", "the capital, is: Paris.", ": Paris."),
        ("The capital is Par", "The capital is Paris.", "is."),
        ("The capital is", "Paris.", " Paris."),
        ("The capital is ", "Paris.", "Paris."),
        ("The capital is", ", of course, Paris.", ", of course, Paris."),
        ("One, two,", "One, two, three.", " three."),
        ("One. ", "One. Two.", "Two."),
        ("The capital is", "The capitol burns.", " The capitol burns."),
        ("All of it is said.", "All of it is said.", ""),
        ("All of it is said, and more", "All of it is said.", ""),
        ("Yes, yes, it is", "Yes.", " Yes."),
        ("首都は", "首都はパリです。", "パリです。"),
        ("首都は", "パリです。", "パリです。"),
    ],
)
def test_only_what_is_new_comes_out(said: str, answer: str, left: str) -> None:
    assert rest(said, answer) == left
    assert rest(said, *answer) == left, "however it comes"


@given(st.text("ab ,."), st.text("ab ,."), st.integers(1, 5))
def test_an_answer_that_begins_again_loses_no_letter(said: str, more: str, size: int) -> None:
    answer = said + more
    pieces = [answer[at : at + size] for at in range(0, len(answer), size)]
    letters = [char for char in said + rest(said, *pieces) if char.isalnum()]
    assert letters == [char for char in answer if char.isalnum()]


@given(st.text("ab ", min_size=1), st.text("xy ", min_size=1))
def test_an_answer_that_goes_on_comes_out_whole(said: str, more: str) -> None:
    assert rest(said, *more).split() == more.split()
