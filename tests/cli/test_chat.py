"""`speko chat`."""

import json
import sys
from typing import Any

import pytest

from speko.cli.exits import Exit
from tests.cli.conftest import Command
from tests.cli.fake_gateway import FakeGateway

META = ("meta", {"provider": "acme", "model": "m", "failoverCount": 0, "totalFailoverCount": 0, "hop": 0})
DONE = {"text": "Hello!", "provider": "acme", "model": "m", "usage": {"promptTokens": 3, "completionTokens": 2}}


@pytest.fixture
def thinking(fake: FakeGateway) -> FakeGateway:
    fake.on_events("/v1/complete", [META, ("delta", {"text": "Hel"}), ("delta", {"text": "lo!"}), ("done", DONE)])
    return fake


def sent(fake: FakeGateway) -> list[dict[str, Any]]:
    return [json.loads(body) for _, _, _, body in fake.requests]


def test_one_question(speko: Command, thinking: FakeGateway) -> None:
    done = speko("chat", "Hi", "--system", "Be brief.", "--temperature", "0.5", "--max-tokens", "9", "--allow", "acme")
    assert (done.code, done.out) == (Exit.OK, "Hello!\n")
    assert sent(thinking) == [
        {
            "messages": [{"role": "user", "content": "Hi"}],
            "intent": {"language": "en"},
            "systemPrompt": "Be brief.",
            "temperature": 0.5,
            "maxTokens": 9,
            "constraints": {"allowedProviders": {"llm": ["acme"]}},
        }
    ]


@pytest.mark.parametrize("words", [["-"], []])
def test_the_question_comes_from_standard_input(speko: Command, thinking: FakeGateway, words: list[str]) -> None:
    assert speko("chat", *words, stdin="piped").out == "Hello!\n"
    assert sent(thinking)[0]["messages"][0]["content"] == "piped"


@pytest.mark.parametrize("words", [[""], [" "], ["-"], []])
def test_nothing_to_send_is_wrong_usage(speko: Command, thinking: FakeGateway, words: list[str]) -> None:
    assert speko("chat", *words, stdin="\n").code == Exit.USAGE
    assert sent(thinking) == []


def test_json(speko: Command, thinking: FakeGateway) -> None:
    document = speko("chat", "Hi", "--json", "--optimize-for", "cost").json
    assert document["text"] == "Hello!"
    assert document["usage"] == {"promptTokens": 3, "completionTokens": 2}
    assert sent(thinking)[0]["intent"] == {"language": "en", "optimizeFor": "cost"}


def test_an_error_in_the_stream(speko: Command, fake: FakeGateway) -> None:
    fake.on_events("/v1/complete", [META, ("delta", {"text": "Hel"}), ("error", {"error": "gone", "code": "X"})])
    done = speko("chat", "Hi")
    assert (done.code, done.out) == (Exit.FAILED, "Hel\n")
    assert "gone" in done.err
    assert speko("chat", "Hi", "--json").json == {"error": "gone", "code": "X", "requestId": None}


class Conversation:
    """A person at a terminal: gives the lines, then ends the input, or presses Ctrl-C."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, *lines: str | type[BaseException]) -> None:
        self._lines = iter(lines)
        monkeypatch.setattr("builtins.input", self._next)

    def _next(self, _: str) -> str:
        line = next(self._lines, EOFError)
        if isinstance(line, str):
            return line
        raise line


@pytest.fixture
def person(monkeypatch: pytest.MonkeyPatch, speko: Command, capsys: pytest.CaptureFixture[str]) -> Any:
    """Runs `speko chat` for a person who types these lines."""
    from speko.cli.main import main

    class Keyboard:
        def isatty(self) -> bool:
            return True

    def chat(*lines: str | type[BaseException]) -> tuple[int, str, str]:
        Conversation(monkeypatch, *lines)
        monkeypatch.setattr(sys, "stdin", Keyboard())
        code = main(["chat"])
        return code, *capsys.readouterr()

    return chat


def test_a_conversation_remembers(person: Any, thinking: FakeGateway) -> None:
    code, out, _ = person("Hi", "", "And you?")
    assert code == Exit.OK
    assert out.count("Hello!") == 2
    roles = [[message["role"] for message in request["messages"]] for request in sent(thinking)]
    assert roles == [["user"], ["user", "assistant", "user"]]


def test_a_failed_answer_does_not_end_a_conversation(person: Any, fake: FakeGateway) -> None:
    fake.on("POST", "/v1/complete", {"error": "no candidate", "code": "COMPLETE_FAILED"}, status=500)
    code, _, err = person("Hi", "Again")
    assert code == Exit.OK
    assert err.count("no candidate") == 2
    assert [len(request["messages"]) for request in sent(fake)] == [1, 1]


def test_interruption_at_the_prompt_ends_a_conversation(person: Any, thinking: FakeGateway) -> None:
    assert person("Hi", KeyboardInterrupt)[0] == Exit.INTERRUPTED


def test_interruption_cuts_an_answer_short(person: Any, thinking: FakeGateway, monkeypatch: pytest.MonkeyPatch) -> None:
    from speko.cli import chat

    ask, calls = chat._ask, []

    def once(*args: Any) -> Any:
        calls.append(args[3])
        if len(calls) == 1:
            raise KeyboardInterrupt
        return ask(*args)

    monkeypatch.setattr(chat, "_ask", once)
    code, out, _ = person("Tell me everything", "Hi")
    assert (code, out.count("Hello!")) == (Exit.OK, 1)
    assert [message["content"] for message in sent(thinking)[0]["messages"]] == ["Hi"]


def test_a_key_that_is_not_accepted_ends_a_conversation(
    person: Any, thinking: FakeGateway, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SPEKO_API_KEY", "sk_live_wrong")
    assert person("Hi", "Hi")[0] == Exit.UNAUTHORIZED
