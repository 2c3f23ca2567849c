import pytest
from hypothesis import given
from hypothesis import strategies as st

from speko.providers.embedded.ascii_english import ascii_english


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Café Ångström", "Cafe Angstrom"),
        ("Straße, œuvre, Łódź", "Strasse, oeuvre, Lodz"),
        ("“It’s” – yes…", '"It\'s" ,  yes... '),
        ("20 °C", "20  degrees C"),
        ("5 €", "5  euros "),
        ("ﬁne ²", "fine 2"),
        ("你好", ""),
        ("...", ""),
        ("你好 OK", " OK"),
    ],
)
def test_examples(text: str, expected: str) -> None:
    assert ascii_english(text) == expected


def test_runs_of_one_sign_are_cut() -> None:
    assert ascii_english("wait" + "." * 500 + "-" * 500) == "wait...---"


@given(st.text())
def test_ascii_only_or_nothing(text: str) -> None:
    said = ascii_english(text)
    assert said.isascii()
    assert not said or any(char.isalnum() for char in said)
