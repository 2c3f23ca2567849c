import unicodedata

from hypothesis import example, given
from hypothesis import strategies as st

from speko.providers.embedded.utterances import FIRST, LATER, Piece, pieces, without_controls


def texts(text: str) -> list[str]:
    return [piece.text for piece in pieces(text)]


def test_the_first_sentence_goes_alone() -> None:
    assert texts("Hello there. How are you? I am fine.") == ["Hello there.", "How are you? I am fine."]


def test_abbreviations_and_decimals_end_no_sentence() -> None:
    assert texts("Dr. Smith paid 3.50 to Mr. J. Doe. Then he left.") == [
        "Dr. Smith paid 3.50 to Mr. J. Doe.",
        "Then he left.",
    ]


def test_scripts_without_spaces() -> None:
    assert texts("你好。今天天气很好。") == ["你好。", "今天天气很好。"]


def test_a_long_sentence_is_cut_at_a_pause() -> None:
    text = "a " * 50 + "and then, " + "b " * 100
    assert texts(text)[0].endswith("and then,")


def test_nothing_to_say() -> None:
    assert texts(" \n\t ") == []


@given(st.text(st.sampled_from("ab .!?,\n。"), max_size=3000) | st.text(max_size=500))
@example("x" * 5000)
@example("Hi. \n\n" + " " * 300 + "\n\n" + "x" * 500)
@example("." * 5000)
@example("word " * 1000)
def test_only_white_space_is_lost(text: str) -> None:
    cut: list[Piece] = list(pieces(text))
    assert "".join("".join(piece.text.split()) for piece in cut) == "".join(text.split())
    assert all(piece.text and len(piece.text) <= LATER for piece in cut)
    assert not cut or len(cut[0].text) <= FIRST
    ends = [piece.end for piece in cut]
    assert ends == sorted(set(ends))
    assert all(end <= len(text) for end in ends)


@given(st.text())
def test_controls_go(text: str) -> None:
    plain = without_controls(text)
    assert not any(unicodedata.category(char) in ("Cc", "Cf", "Cs") for char in plain)
    plain.encode()


def test_white_space_stays_white() -> None:
    assert without_controls("a\tb\r\nc\x00\x1b[31m\u202e\ud800") == "a b  c[31m"
