from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from speko.providers.embedded.rules.conversation import FACTS, JOKES, Conversation
from speko.providers.llm import ChatMessage

NOW = datetime(2025, 11, 21, 15, 5, tzinfo=UTC)


def reply(*turns: str, prompt: str = "") -> str:
    """The answer to the last turn; turns alternate between user and assistant, the user's first."""
    messages = [ChatMessage("user" if at % 2 == 0 else "assistant", turn) for at, turn in enumerate(turns)]
    return Conversation(messages, [prompt], NOW).reply()


@pytest.mark.parametrize(
    ("said", "answer"),
    [
        ("hello", "Hello! How can I help you?"),
        ("Good morning!", "Good morning! How can I help you?"),
        ("thank you very much", "You are welcome."),
        ("goodbye", "Goodbye!"),
        ("What time is it?", "It is 3:05 PM."),
        ("what is twelve times twelve", "12 times 12 is 144."),
        ("My name is Ada. What is 2 plus 2?", "Nice to meet you, Ada. 2 plus 2 is 4."),
        ("my name is ada", "Nice to meet you, Ada."),
        ("what is my name", "You have not told me your name yet."),
        ("repeat after me: the River runs north", "the River runs north"),
        ("say that again", "I have not said anything yet."),
        ("spell cat", "cat: C, A, T."),
        ("count to three", "1, 2, 3."),
        ("count to a million", "I only count from 1 to at most 30."),
        ("how are you", "I am running well, thank you. How are you?"),
        ("  ", "I did not hear any words. Could you say that again?"),
        ("?!", "I did not hear any words. Could you say that again?"),
    ],
)
def test_first_words(said: str, answer: str) -> None:
    assert reply(said) == answer


def test_remembers_a_name() -> None:
    assert reply("My name is Ada", "Nice to meet you, Ada.", "What’s my name?") == "Your name is Ada."
    assert reply("call me ada", "Nice to meet you, Ada.", "thanks") == "You are welcome, Ada."
    assert reply("call me ada", "Nice to meet you, Ada.", "bye") == "Goodbye, Ada!"


def test_says_what_it_is() -> None:
    assert "no AI model" in reply("who are you?")
    assert "Nova" in reply("what is your name", prompt="You are Nova, a cheerful robot.")
    assert "neither a person nor an AI model" in reply("are you a real person?")
    assert "arithmetic" in reply("what can you do?")


def test_repeats_itself_when_asked() -> None:
    assert reply("hello", "Hello!", "could you repeat that") == "Hello!"


def test_jokes_and_facts_take_turns() -> None:
    assert reply("tell me a joke") == JOKES[0]
    assert reply("tell me a joke", JOKES[0], "another joke please") == JOKES[1]
    assert reply("a fun fact please") == FACTS[0]


def test_admits_what_it_does_not_know() -> None:
    first = reply("What is the capital of France?")
    assert "do not know" in first
    assert "France" not in first
    assert reply("What is the capital of France?", first, "and of Spain?") != first


@pytest.mark.parametrize("said", ["How do you say thank you in French?", "which bank says hello to new customers"])
def test_a_question_is_no_small_talk(said: str) -> None:
    assert "do not know" in reply(said)


@given(st.lists(st.text(max_size=80), min_size=1, max_size=4))
def test_always_says_something_and_always_the_same(turns: list[str]) -> None:
    answer = reply(*turns)
    assert answer.strip()
    assert reply(*turns) == answer


def test_long_input_is_no_burden() -> None:
    for said in ("my name is " * 20_000, "what is " * 20_000, "a" * 200_000, "call me " * 20_000, "repeat " * 20_000):
        assert reply(said)
