"""Sentences out of a text that is still being written."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from speko.agent.sentences import LONGEST, Sentences


def cut(*pieces: str) -> list[str]:
    sentences = Sentences()
    return [found for piece in pieces for found in sentences.push(piece)] + sentences.finish()


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("One. Two! Three?", ["One.", " Two!", " Three?"]),
        ('He said "No." Then he left.', ['He said "No."', " Then he left."]),
        ("It is 3.5 km, i.e. not far. Go.", ["It is 3.5 km, i.e. not far.", " Go."]),
        ("Dr. Smith met Mr. Jones. They spoke.", ["Dr. Smith met Mr. Jones.", " They spoke."]),
        ("1. Milk\n2. Eggs", ["1. Milk\n", "2. Eggs"]),
        ("こんにちは。元気ですか？", ["こんにちは。", "元気ですか？"]),
        ("नमस्ते। आप कैसे हैं?", ["नमस्ते।", " आप कैसे हैं?"]),
        ("Wait... what?", ["Wait...", " what?"]),
        ("... and so on. Yes.", ["... and so on.", " Yes."]),
        ("  \n ", []),
        ("", []),
    ],
)
def test_where_sentences_end(text: str, found: list[str]) -> None:
    assert cut(text) == found
    assert cut(*text) == found, "however it comes"


def test_a_sentence_is_there_as_soon_as_the_next_one_begins() -> None:
    sentences = Sentences()
    assert sentences.push("Hello.") == []
    assert sentences.push(" How") == ["Hello."]


def test_a_sentence_without_end_is_cut_at_a_pause() -> None:
    found = cut("a word, " * 100)
    assert all(len(sentence) <= LONGEST for sentence in found)
    assert all(sentence.rstrip().endswith(",") for sentence in found)


def test_a_word_without_end_is_cut_anyway() -> None:
    assert [len(sentence) for sentence in cut("a" * (LONGEST * 2 + 10))] == [LONGEST, LONGEST, 10]


@given(st.lists(st.text("ab .,!\n。Dr1", max_size=40)))
def test_nothing_gets_lost(pieces: list[str]) -> None:
    text = "".join(pieces)
    found = "".join(cut(*pieces))
    assert text.startswith(found)
    assert not text[len(found) :].strip()
