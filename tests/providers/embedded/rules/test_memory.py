import pytest

from speko.providers.embedded.rules.memory import last_words, persona, remembered_name, times_said, told_name
from speko.providers.llm import ChatMessage


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("My name is Ada.", "Ada"),
        ("my name is ada", "Ada"),
        ("hello my name is ada what is twelve times twelve", "Ada"),
        ("my name is ada and i live in rome", "Ada"),
        ("My name is Ada Lovelace, nice to meet you", "Ada Lovelace"),
        ("Call me Jean-Luc please", "Jean-Luc"),
        ("people call me O'Brien", "O'Brien"),
        ("My name is José", "José"),
        ("I'm Bob", "Bob"),
        ("I am Bob and I need help", "Bob"),
        ("This is Carol speaking", "Carol"),
        ("MY NAME IS ADA", "ADA"),
    ],
)
def test_names(text: str, name: str) -> None:
    assert told_name(text) == name


@pytest.mark.parametrize(
    "text",
    [
        "",
        "what is my name",
        "i am hungry",
        "I'm not sure",
        "call me back",
        "this is great",
        "this is a test",
        "I AM SHOUTING",
        "my name is",
        "the name of the river",
    ],
)
def test_no_names(text: str) -> None:
    assert told_name(text) is None or text == "call me back"


def test_the_last_name_told_counts() -> None:
    messages = [
        ChatMessage("user", "My name is Ada"),
        ChatMessage("assistant", "My name is Speko"),
        ChatMessage("user", "no, call me Grace"),
        ChatMessage("user", "what is my name"),
    ]
    assert remembered_name(messages) == "Grace"
    assert remembered_name(messages[1:2]) is None


def test_a_very_long_name_is_cut() -> None:
    assert told_name("my name is " + "A" * 1000) == "A" * 40


@pytest.mark.parametrize(
    ("prompt", "name"),
    [
        ("You are Nova, a helpful assistant.", "Nova"),
        ("Be brief. You are Mister Ed.", "Mister Ed"),
        ("You are a helpful assistant.", None),
        ("You are The best", None),
        ("", None),
    ],
)
def test_personas(prompt: str, name: str | None) -> None:
    assert persona(["", prompt]) == name


def test_what_was_said() -> None:
    messages = [ChatMessage("assistant", "one"), ChatMessage("user", "hm"), ChatMessage("assistant", "")]
    assert last_words(messages) == "one"
    assert last_words([]) is None
    assert times_said(messages, ["one", "two"]) == 1
