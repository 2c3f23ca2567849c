"""What a command says when the gateway is not there, refuses, or breaks off."""

import socket

import pytest

from speko.cli.connection import base_url_of, bypass_proxy
from speko.cli.exits import CommandError, Exit
from tests.cli.conftest import Command
from tests.cli.fake_gateway import KEY, FakeGateway


def closed_port() -> int:
    """A port of this machine on which nothing listens."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


def test_no_gateway_says_what_was_tried_and_what_to_type(speko: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SPEKO_API_KEY", KEY)
    url = f"http://127.0.0.1:{closed_port()}"
    done = speko("chat", "hi", "--base-url", url)
    assert (done.code, done.out) == (Exit.UNREACHABLE, "")
    assert url in done.err
    assert "speko serve --first-key" in done.err
    as_json = speko("chat", "hi", "--base-url", url, "--json")
    assert as_json.code == Exit.UNREACHABLE
    assert as_json.json["code"] == "UNREACHABLE"


@pytest.mark.parametrize("url", ["ftp://x", "http://", "nonsense", "http://host:99999", "http://[::1"])
def test_what_is_no_address(speko: Command, monkeypatch: pytest.MonkeyPatch, url: str) -> None:
    monkeypatch.setenv("SPEKO_API_KEY", KEY)
    assert speko("chat", "hi", "--base-url", url).code == Exit.USAGE


def test_no_key(speko: Command, fake: FakeGateway, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("SPEKO_API_KEY")
    done = speko("chat", "hi")
    assert done.code == Exit.UNAUTHORIZED
    assert "SPEKO_API_KEY" in done.err
    assert fake.requests == []


@pytest.mark.parametrize("key", ["sk_live_wrong", "smörgås", "two\nlines"])
def test_a_key_that_is_not_accepted(
    speko: Command, fake: FakeGateway, monkeypatch: pytest.MonkeyPatch, key: str
) -> None:
    monkeypatch.setenv("SPEKO_API_KEY", key)
    done = speko("route", "en", "--json")
    assert done.code == Exit.UNAUTHORIZED
    assert done.json["code"] in ("UNAUTHORIZED", "BAD_API_KEY")
    assert key not in done.out + done.err


def test_every_vendor_that_failed_is_named(speko: Command, fake: FakeGateway) -> None:
    errors = [{"provider": "openai", "model": "gpt", "message": "no quota"}]
    body = {"error": "All failed", "code": "COMPLETE_FAILED", "reason": "ALL_PROVIDERS_FAILED", "errors": errors}
    fake.on("POST", "/v1/complete", body, status=500)
    done = speko("chat", "hi")
    assert done.code == Exit.FAILED
    assert "openai gpt: no quota" in done.err
    document = speko("chat", "hi", "--json").json
    assert document["code"] == "COMPLETE_FAILED"
    assert document["errors"] == errors
    assert document["error"] == "All failed"
    assert document["requestId"] == "req_1"


def test_what_is_wrong_is_said_once(speko: Command, fake: FakeGateway) -> None:
    issues = [
        {"path": "temperature", "message": "must be at most 2"},
        {"path": "temperature", "message": "is too hot"},
        {"path": "", "message": "too long"},
    ]
    body = {"error": "temperature: must be at most 2", "code": "VALIDATION_ERROR", "issues": issues}
    fake.on("POST", "/v1/complete", body, status=400)
    assert speko("chat", "hi").err == "speko: temperature: must be at most 2\n  too long\n"
    document = speko("chat", "hi", "--json").json
    assert (document["error"], document["issues"]) == (body["error"], issues)


def test_a_connection_that_breaks_off(speko: Command, fake: FakeGateway) -> None:
    fake.on_events("/v1/complete", [("delta", {"text": "half an"})], broken=True)
    done = speko("chat", "hi", "--json")
    assert done.code == Exit.UNREACHABLE
    assert done.json["code"] == "CONNECTION_LOST"


def test_something_else_answers_there(speko: Command, fake: FakeGateway) -> None:
    fake.on("GET", "/v1/providers", "hello")
    fake.answers["GET", "/v1/benchmarks/stack"] = fake.answers["GET", "/v1/providers"]
    assert speko("route", "en", "--json").json["code"] == "INVALID_RESPONSE"
    assert speko("providers", "list", "--json").json["code"] == "INVALID_RESPONSE"


def test_this_machine_is_not_asked_through_a_proxy(
    monkeypatch: pytest.MonkeyPatch, speko: Command, fake: FakeGateway
) -> None:
    monkeypatch.setenv("HTTP_PROXY", f"http://127.0.0.1:{closed_port()}")
    fake.on("GET", "/v1/providers", [])
    assert speko("providers", "list", "--json").json == []


def test_other_exceptions_from_the_proxy_stay() -> None:
    env = {"NO_PROXY": "intranet"}
    bypass_proxy(env)
    assert env["no_proxy"].split(",") == ["intranet", "127.0.0.1", "::1", "localhost"]
    assert env["NO_PROXY"] == env["no_proxy"]


def test_the_option_wins_over_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    assert base_url_of(None) == "http://127.0.0.1:8787"
    monkeypatch.setenv("SPEKO_BASE_URL", "https://voice.example/api/")
    assert base_url_of(None) == "https://voice.example/api"
    assert base_url_of("http://localhost:1") == "http://localhost:1"
    with pytest.raises(CommandError):
        base_url_of("localhost:8787")
