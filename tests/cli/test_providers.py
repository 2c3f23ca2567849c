"""`speko providers`."""

import json
import sys

import pytest

from speko.cli.exits import Exit
from tests.cli.conftest import Command
from tests.cli.fake_gateway import FakeGateway

SECRET = "gsk_secret_of_a_vendor"
ROWS = [
    {
        "key": "groq",
        "name": "Groq",
        "type": "llm",
        "configured": True,
        "source": "BYOK",
        "updatedAt": "2026-01-01T00:00:00.000Z",
        "models": [{"id": "llama", "capabilities": {}}],
    },
    {
        "key": "openai",
        "name": "OpenAI",
        "type": "tts",
        "configured": False,
        "source": None,
        "updatedAt": None,
        "reason": "NO_CREDENTIAL",
        "hint": "set OPENAI_API_KEY",
    },
]


def test_the_list_says_what_is_missing(speko: Command, fake: FakeGateway) -> None:
    fake.on("GET", "/v1/providers", ROWS)
    done = speko("providers", "list")
    lines = [" ".join(line.split()) for line in done.out.splitlines()]
    assert lines[1:] == ["groq llm yes your key – llama", "openai tts no – set OPENAI_API_KEY"]
    assert speko("providers", "list", "--json").json == ROWS
    assert speko("providers", "list", "--configured", "--json").json == ROWS[:1]


def test_a_key_comes_from_standard_input_and_is_never_shown(speko: Command, fake: FakeGateway) -> None:
    fake.on("PUT", "/v1/providers", {"provider": "groq", "configured": True})
    fake.on("GET", "/v1/providers", ROWS)
    done = speko("providers", "set-key", "groq", stdin=f" {SECRET}\n")
    assert (done.code, done.out) == (Exit.OK, "groq: your key is stored and used from now on\n")
    assert SECRET not in done.out + done.err
    assert json.loads(fake.requests[0][3]) == {"provider": "groq", "apiKey": SECRET}
    assert speko("providers", "set-key", "groq", "--json", stdin=SECRET).json == {
        "provider": "groq",
        "configured": True,
    }


@pytest.mark.parametrize(
    ("reason", "hint", "said"),
    [
        ("NO_CONNECTOR", "no LLM connector", "no connector for this vendor"),
        ("NO_BASE_URL", "set ACME_URL", "set ACME_URL"),
    ],
)
def test_a_key_that_nothing_uses(speko: Command, fake: FakeGateway, reason: str, hint: str, said: str) -> None:
    fake.on("PUT", "/v1/providers", {"provider": "acme", "configured": True})
    row = {**ROWS[1], "key": "acme", "reason": reason, "hint": hint}
    fake.on("GET", "/v1/providers", [*ROWS, row, {**row, "type": "stt"}])
    done = speko("providers", "set-key", "acme", stdin=SECRET)
    assert done.code == Exit.OK
    assert done.out.count(said) == 1
    assert "from now on" not in done.out


def test_a_person_is_asked_for_the_key(
    fake: FakeGateway, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    from speko.cli.main import main

    class Keyboard:
        def isatty(self) -> bool:
            return True

    monkeypatch.setattr(sys, "stdin", Keyboard())
    monkeypatch.setattr("getpass.getpass", lambda prompt, stream: SECRET if "groq" in prompt else "")
    fake.on("PUT", "/v1/providers", {"provider": "groq", "configured": True})
    fake.on("GET", "/v1/providers", ROWS)
    assert main(["providers", "set-key", "groq"]) == Exit.OK
    assert json.loads(fake.requests[0][3])["apiKey"] == SECRET
    assert SECRET not in capsys.readouterr().out


def test_no_key_is_wrong_usage(speko: Command, fake: FakeGateway) -> None:
    assert speko("providers", "set-key", "groq", stdin=" \n").code == Exit.USAGE
    assert fake.requests == []


def test_a_key_is_never_an_argument(speko: Command, fake: FakeGateway) -> None:
    assert speko("providers", "set-key", "groq", SECRET).code == Exit.USAGE


def test_remove(speko: Command, fake: FakeGateway) -> None:
    fake.on("DELETE", "/v1/providers/groq", {"provider": "groq", "configured": False})
    assert speko("providers", "remove-key", "groq", "--json").json == {"provider": "groq", "configured": False}


def test_an_unknown_vendor(speko: Command, fake: FakeGateway) -> None:
    done = speko("providers", "remove-key", "nobody", "--json")
    assert (done.code, done.json["code"]) == (Exit.FAILED, "NOT_FOUND")
