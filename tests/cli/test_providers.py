"""`speko providers`."""

import asyncio
import json
import sys
from pathlib import Path

import pytest

from speko.cli.exits import Exit
from speko.storage.store import Store
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


REFUSED = {
    **ROWS[0],
    "rejectedAt": "2026-02-02T00:00:00.000Z",
    "rejectedStatus": 401,
    "rejection": "HTTP 401: Incorrect API key provided: [redacted]",
}


def test_the_list_shows_a_key_that_the_vendor_refused(speko: Command, fake: FakeGateway) -> None:
    rows = [REFUSED, {**REFUSED, "type": "stt", "models": [{"id": "whisper", "capabilities": {}}]}]
    fake.on("GET", "/v1/providers", rows)
    _, *table, blank, below = speko("providers", "list").out.splitlines()
    assert [" ".join(line.split()) for line in table] == [
        "groq llm rejected your key a key that the vendor takes llama",
        "groq stt rejected your key a key that the vendor takes whisper",
    ]
    assert (blank, below) == ("", f"groq refused your key at 2026-02-02T00:00:00.000Z: {REFUSED['rejection']}")
    assert all(len(line) <= 80 for line in table)
    assert speko("providers", "list", "--json").json == rows


TEST = {
    "provider": "groq",
    "ok": True,
    "source": "BYOK",
    "checkedAt": "2026-01-01T00:00:00.000Z",
    "latencyMs": 123.4,
    "status": 200,
    "message": "Groq accepts the key and lists 12 models",
    "models": 12,
    "verdict": "accepted",
}
BAD = {**TEST, "ok": False, "status": 401, "message": "Groq rejects the key: HTTP 401", "models": None}
NONE = {"source": None, "latencyMs": None, "status": None, "message": "no key for groq: set GROQ_API_KEY"}


@pytest.mark.parametrize(
    ("answer", "code", "lines"),
    [
        (
            TEST,
            Exit.OK,
            [
                "works: Groq accepts the key and lists 12 models",
                "key: accepted, yours, stored in the gateway",
                "models: 12",
                "answered in: 123 ms (HTTP 200)",
                "next: calls use it; who is asked first is shown by: speko route",
            ],
        ),
        (
            {**BAD, "verdict": "rejected"},
            Exit.FAILED,
            [
                "does not work: Groq rejects the key: HTTP 401",
                "key: rejected, yours, stored in the gateway",
                "answered in: 123 ms (HTTP 401)",
                "next: make a key in the vendor's console, then: speko providers set-key groq",
            ],
        ),
        (
            {**BAD, "verdict": "rejected", "source": "MANAGED"},
            Exit.FAILED,
            [
                "does not work: Groq rejects the key: HTTP 401",
                "key: rejected, the operator's, from where the gateway was started",
                "answered in: 123 ms (HTTP 401)",
                "next: set the operator's key anew where the gateway starts, or bring yours; make a key in the "
                "vendor's console, then: speko providers set-key groq",
            ],
        ),
        (
            {**BAD, **NONE, "verdict": "unknown"},
            Exit.FAILED,
            ["does not work: no key for groq: set GROQ_API_KEY"],
        ),
        (
            {**BAD, "verdict": "unknown", "status": 503, "message": "Groq is in trouble: HTTP 503"},
            Exit.FAILED,
            [
                "does not work: Groq is in trouble: HTTP 503",
                "key: yours, stored in the gateway",
                "answered in: 123 ms (HTTP 503)",
                "next: calls go to the next provider meanwhile; the vendor's status page or your account there may "
                "say more",
            ],
        ),
    ],
)
def test_a_test_says_what_came_and_what_to_do(
    speko: Command, fake: FakeGateway, answer: dict[str, object], code: Exit, lines: list[str]
) -> None:
    fake.on("POST", "/v1/providers/groq/test", answer)
    done = speko("providers", "test", "Groq")
    assert (done.code, [line.strip() for line in done.out.splitlines()]) == (code, lines)
    done = speko("providers", "test", "groq", "--json")
    assert (done.code, done.json) == (code, answer)


def stored(folder: Path) -> dict[str, str | None]:
    """The own keys in a data folder."""

    async def read() -> dict[str, str | None]:
        store = await Store.open(None, folder, None)
        organization = await store.default_organization()
        found = {vendor: key.secret for vendor, key in store.directory.provider_keys(organization.id).items()}
        await store.close()
        return found

    return asyncio.run(read())


def test_without_a_gateway_the_database_is_used(speko: Command, tmp_path: Path) -> None:
    data = tmp_path / "data"
    assert speko("providers", "set-key", "groq", stdin=SECRET).code == Exit.USAGE, "nobody says where"
    assert speko("keys", "create", "--name", "a", "--data", str(data)).code == Exit.OK
    done = speko("providers", "set-key", "groq", "--data", str(data), stdin=f"{SECRET}\n")
    assert (done.code, done.out) == (Exit.OK, "groq: your key is stored and used from now on\n")
    assert SECRET not in done.out + done.err
    assert stored(data) == {"groq": SECRET}
    done = speko("providers", "remove-key", "groq", "--data", str(data), "--json")
    assert done.json == {"provider": "groq", "configured": False}
    assert stored(data) == {}


def test_a_key_that_was_not_there_is_not_called_forgotten(speko: Command, tmp_path: Path) -> None:
    data = str(tmp_path / "data")
    speko("keys", "create", "--name", "a", "--data", data)
    speko("providers", "set-key", "groq", "--data", data, stdin=SECRET)
    done = [speko("providers", "remove-key", "groq", "--data", data) for _ in range(2)]
    assert [(one.code, one.out) for one in done] == [
        (Exit.OK, "groq: your key is forgotten\n"),
        (Exit.OK, "groq: you have no key stored, so there is none to forget\n"),
    ]


@pytest.mark.parametrize(
    ("vendor", "secret", "code"),
    [
        ("nobody", SECRET, "VALIDATION_ERROR"),
        ("flite", SECRET, "VALIDATION_ERROR"),
        ("groq", "a b", "VALIDATION_ERROR"),
    ],
)
def test_what_can_be_no_key_is_not_stored_without_a_gateway_either(
    speko: Command, tmp_path: Path, vendor: str, secret: str, code: str
) -> None:
    done = speko("providers", "set-key", vendor, "--data", str(tmp_path / "data"), "--json", stdin=secret)
    assert (done.code, done.json["code"]) == (Exit.FAILED, code)
    assert secret not in done.out + done.err
    assert not (tmp_path / "data").exists()


def test_no_database_is_made_to_store_a_key(speko: Command, tmp_path: Path) -> None:
    done = speko("providers", "set-key", "groq", "--data", str(tmp_path / "typo"), "--json", stdin=SECRET)
    assert (done.code, done.json["code"]) == (Exit.MISSING, "NO_DATABASE")
    assert not (tmp_path / "typo").exists()


def test_no_database_is_made_to_forget_a_key(speko: Command, tmp_path: Path) -> None:
    done = speko("providers", "remove-key", "groq", "--data", str(tmp_path / "data"), "--json")
    assert (done.code, done.json["code"]) == (Exit.MISSING, "NO_DATABASE")
    assert speko("providers", "remove-key", "nobody", "--data", str(tmp_path)).code == Exit.FAILED


def test_a_key_comes_from_standard_input_and_is_never_shown(speko: Command, fake: FakeGateway) -> None:
    fake.on("PUT", "/v1/providers", {"provider": "groq", "configured": True})
    fake.on("GET", "/v1/providers", ROWS)
    done = speko("providers", "set-key", "groq", stdin=f" {SECRET}\n")
    assert (done.code, done.out) == (
        Exit.OK,
        "groq: your key is stored and used from now on; to see whether it is good: speko providers test groq\n",
    )
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


@pytest.mark.parametrize("local", [False, True])
@pytest.mark.parametrize("raw", ["gsk_schlüssel".encode(), b"gsk_\xff\xfe", b"k" * 4097, b"k" * 200_000, b" " * 9000])
def test_what_is_no_key_is_refused_and_never_shown(
    speko: Command, fake: FakeGateway, tmp_path: Path, raw: bytes, *, local: bool
) -> None:
    where = ["--data", str(tmp_path / "data")] if local else []
    done = speko("providers", "set-key", "groq", *where, "--json", stdin=raw)
    blank = not raw.strip()
    assert (done.code, done.json["code"]) == ((Exit.USAGE, "USAGE") if blank else (Exit.FAILED, "VALIDATION_ERROR"))
    assert "gsk_" not in done.out + done.err
    assert "kkk" not in done.out + done.err
    assert fake.requests == []
    assert not (tmp_path / "data").exists()


def test_a_typed_key_with_an_umlaut_is_refused(
    fake: FakeGateway, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    from speko.cli.main import main

    class Keyboard:
        def isatty(self) -> bool:
            return True

    monkeypatch.setattr(sys, "stdin", Keyboard())
    monkeypatch.setattr("getpass.getpass", lambda prompt, stream: "gsk_\udcfc")  # a byte that is no UTF-8
    assert main(["providers", "set-key", "groq"]) == Exit.FAILED
    assert fake.requests == []
    assert "gsk_" not in capsys.readouterr().err


def test_no_key_is_wrong_usage(speko: Command, fake: FakeGateway) -> None:
    assert speko("providers", "set-key", "groq", stdin=" \n").code == Exit.USAGE
    assert fake.requests == []


def test_a_key_is_never_an_argument(speko: Command, fake: FakeGateway) -> None:
    assert speko("providers", "set-key", "groq", SECRET).code == Exit.USAGE


def test_remove(speko: Command, fake: FakeGateway) -> None:
    fake.on("DELETE", "/v1/providers/groq", {"provider": "groq", "configured": False})
    assert speko("providers", "remove-key", "groq", "--json").json == {"provider": "groq", "configured": False}


@pytest.mark.parametrize(("vendor", "said"), [("groq", "is forgotten"), ("openai", "there is none to forget")])
def test_whether_there_was_a_key(speko: Command, fake: FakeGateway, vendor: str, said: str) -> None:
    fake.on("GET", "/v1/providers", ROWS)
    fake.on("DELETE", f"/v1/providers/{vendor}", {"provider": vendor, "configured": False})
    done = speko("providers", "remove-key", vendor)
    assert done.code == Exit.OK
    assert said in done.out
    assert fake.requests[-1][0] == "DELETE", "whatever the list has said a moment ago"


@pytest.mark.parametrize("action", ["set-key", "remove-key", "test"])
@pytest.mark.parametrize("as_json", [[], ["--json"]])
def test_an_unknown_vendor(speko: Command, fake: FakeGateway, action: str, as_json: list[str]) -> None:
    fake.on("GET", "/v1/providers", ROWS)
    issues = [{"path": "provider", "message": "the catalogue does not know it"}]
    refusal = {"error": "Unknown provider", "code": "VALIDATION_ERROR", "issues": issues}
    fake.on("PUT", "/v1/providers", refusal, status=400)
    done = speko("providers", action, "nobody", *as_json, stdin=SECRET)
    assert done.code == Exit.FAILED
    assert "there is no vendor 'nobody'; to see them all: speko providers list" in done.out + done.err
    if as_json:
        assert done.json["code"] == ("VALIDATION_ERROR" if action == "set-key" else "NOT_FOUND")


@pytest.mark.parametrize(("action", "code"), [("set-key", "VALIDATION_ERROR"), ("remove-key", "NOT_FOUND")])
def test_an_unknown_vendor_without_a_gateway(speko: Command, tmp_path: Path, action: str, code: str) -> None:
    done = speko("providers", action, "Nobody", "--data", str(tmp_path / "data"), "--json", stdin=SECRET)
    assert (done.code, done.json["code"]) == (Exit.FAILED, code)
    assert done.json["error"] == "there is no vendor 'nobody'; to see them all: speko providers list"


def test_a_key_that_the_gateway_does_not_take_is_not_blamed_on_the_vendor(speko: Command, fake: FakeGateway) -> None:
    fake.on("GET", "/v1/providers", ROWS)
    refusal = {"error": "apiKey holds a character that no key has", "code": "VALIDATION_ERROR"}
    fake.on("PUT", "/v1/providers", refusal, status=400)
    done = speko("providers", "set-key", "groq", "--json", stdin="a b")
    assert (done.code, done.json["error"]) == (Exit.FAILED, refusal["error"])
