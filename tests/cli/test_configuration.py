"""Settings that commands cannot use: what is said, and with which exit code."""

import pytest

from speko.cli.exits import Exit
from tests.cli.conftest import Command

UNUSABLE = [
    "mysql://user:hunter2@host/name",
    "nonsense",
    "postgresql://user:hunter2@host:port/name",
    "postgresql://user:hunter2@host/name?sslmode=require",
    "sqlite://",
]


@pytest.mark.parametrize("url", UNUSABLE)
@pytest.mark.parametrize(
    "words", [["serve"], ["serve", "--workers", "2"], ["keys", "create", "--name", "a"], ["doctor"]]
)
def test_a_database_url_that_can_never_work(
    speko: Command, monkeypatch: pytest.MonkeyPatch, url: str, words: list[str]
) -> None:
    monkeypatch.setenv("SPEKO_DATABASE_URL", url)
    monkeypatch.setenv("SPEKO_BASE_URL", "http://127.0.0.1:1")
    done = speko(*words, "--json")
    if words == ["doctor"]:
        assert done.code == Exit.MISSING
    else:
        assert (done.code, done.json["code"]) == (Exit.USAGE, "BAD_CONFIGURATION")
    assert "database_url: " in done.out
    assert "hunter2" not in done.out + done.err


def test_a_database_that_is_away_is_worth_another_try(speko: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SPEKO_DATABASE_URL", "postgresql://user:hunter2@127.0.0.1:1/name?ssl=disable")
    done = speko("keys", "list", "--json")
    assert (done.code, done.json["code"]) == (Exit.FAILED, "STORAGE")


@pytest.mark.parametrize(
    ("given", "names"),
    [
        ({"SPEKO_SCORES": "none.csv"}, ["SPEKO_SCORES"]),
        ({"SPEKO_CORS_ORIGINS": "https://hunter2.example", "SPEKO_TRUSTED_PROXIES": ""}, None),
        ({"speko_socket_origins": "hunter2"}, ["SPEKO_SOCKET_ORIGINS"]),
        ({"SPEKO_PROVIDERS": "hunter2"}, ["SPEKO_PROVIDERS"]),
    ],
)
def test_a_variable_that_is_no_json_is_named(
    speko: Command, monkeypatch: pytest.MonkeyPatch, given: dict[str, str], names: list[str] | None
) -> None:
    for name, value in given.items():
        monkeypatch.setenv(name, value)
    done = speko("serve", "--json")
    assert (done.code, done.json["code"]) == (Exit.USAGE, "BAD_CONFIGURATION")
    first, *lines = done.json["error"].splitlines()
    assert first == "these settings cannot be used (docs/reference/settings.md):"
    assert [line.split()[0] for line in lines] == (names or list(given))
    assert all("is no JSON; write it as " in line for line in lines)
    assert "hunter2" not in done.out + done.err
    assert "EnvSettingsSource" not in done.out
