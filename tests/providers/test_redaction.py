"""Vendors' words, made fit to show."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from speko.providers.redaction import MAX_CHARS, safe_name, safe_words

KEY = "sk-proj-Zk3jXq9LmN0pQrStUvWx"


@pytest.mark.parametrize(
    "text",
    [
        f"Incorrect API key provided: {KEY}.",
        "Incorrect API key provided: sk-proj-****************UvWx.",
        "Incorrect API key provided: Zk***Wx. You can obtain one",
        f"Authorization: Bearer {KEY}",
        "bad header 'Bearer Zk3jXq9LmN'",
        "key gsk_Zk3jXq9LmN0pQr unknown",
        "token 0123456789abcdefZk3jXq9LmN0pQrSt refused",
    ],
)
def test_keys_and_parts_of_keys_are_cut_out(text: str) -> None:
    shown = safe_words(text, [KEY])
    assert "Zk" not in shown
    assert "Wx" not in shown
    assert "[redacted]" in shown


def test_a_key_without_any_form_is_cut_out_where_it_stands() -> None:
    assert safe_words("no such key: correct horse", ["correct horse"]) == "no such key: [redacted]"
    assert safe_words("no such key: pony", ["pony"]) == ""


@pytest.mark.parametrize(
    "text",
    [
        "This model's maximum context length is 128000 tokens. However, your messages resulted in 130000 tokens.",
        "The model `gpt-9` does not exist or you do not have access to it.",
        "Unsupported parameter: 'max_tokens' is not supported with this model.",
        "Invalid 'messages[0].content': string too long.",
    ],
)
def test_useful_words_stay(text: str) -> None:
    assert safe_words(text, [KEY], ["Hello, who are you?"]) == text


@pytest.mark.parametrize(
    "text",
    [
        "Invalid value: 'my doctor says that I am ill'",
        'got input "ill" instead',
        "cannot parse: my doctor says that I",
        "input was myverypersonalsecretidentity42!",
    ],
)
def test_the_callers_words_do_not_come_back(text: str) -> None:
    content = ["Please note: my doctor says  that I am ill.", "myverypersonalsecretidentity42!"]
    shown = safe_words(text, [], content)
    assert "doctor" not in shown
    assert '"ill"' not in shown
    assert "personal" not in shown


def test_quotations_are_kept_only_where_they_name_something() -> None:
    assert safe_words("no 'gpt-4o' and no 'two words' for 'Ann'", [], ["I am Ann"]) == "no 'gpt-4o' and no … for …"


def test_content_too_long_to_compare_with_silences_the_vendor() -> None:
    assert safe_words("too long", [], ["x" * 70000]) == ""


def test_lines_and_control_characters_are_flattened() -> None:
    assert safe_words("a\r\nb\x1b[31m\tc") == "a b [31m c"


@given(st.text(), st.lists(st.text(max_size=20)), st.lists(st.text(max_size=50)))
def test_nothing_makes_it_fail_or_overflow(text: str, secrets: list[str], content: list[str]) -> None:
    shown = safe_words(text * 20, secrets, content)
    assert len(shown) <= MAX_CHARS
    assert shown.isprintable()


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("invalid_api_key", "invalid_api_key"),
        ("messages[0].content", "messages[0].content"),
        (402, "402"),
        ("two words", None),
        ("", None),
        (None, None),
        (True, None),
        ("x" * 65, None),
    ],
)
def test_names_are_shown_only_if_they_are_names(name: object, shown: str | None) -> None:
    assert safe_name(name) == shown


@pytest.mark.parametrize(
    "piece", ["a", "-", "x-", "1", ".", "*a", "a•", "xxxxxxx-", "sk-", "a'", "'a ", "\"'`", "'a'", "bearer "]
)
def test_a_long_text_is_read_in_linear_time(piece: str, monkeypatch: pytest.MonkeyPatch) -> None:
    # Long enough that quadratic time would be a minute; linear time is a tenth of a second.
    monkeypatch.setattr("speko.providers.redaction._READ_CHARS", 40_000)
    began = time.perf_counter()
    shown = safe_words(piece * (40_000 // len(piece)))
    assert time.perf_counter() - began < 10
    assert len(shown) <= MAX_CHARS


def test_a_key_is_cut_out_wherever_in_its_word_it_begins() -> None:
    assert safe_words("(key:sk-abcdefghijk•••wxyz) is wrong") == "[redacted] is wrong"
    assert safe_words("url=/v1/0123456789abcdef0123456789abcdef-tail/x") == "url=/v1/[redacted]/x"
    assert safe_words("a" * 40) == "a" * 40, "a word without a digit is a word"


def test_quotations_end_where_they_are_closed() -> None:
    assert safe_words("it's 'gpt-4o', don't say `two words` or \"a b") == "it's 'gpt-4o', don't say … or \"a b"
