"""`speko keys`, on a database and through a gateway."""

import re
from pathlib import Path

import pytest

from speko.cli.exits import Exit
from speko.storage.store import Store
from tests.cli.conftest import Command
from tests.cli.fake_gateway import FakeGateway


async def test_a_created_key_authenticates(speko: Command, tmp_path: Path) -> None:
    import asyncio

    done = await asyncio.to_thread(speko, "keys", "create", "--name", "ci", "--data", "data", "--json")
    assert done.code == Exit.OK
    created = done.json
    assert set(created) == {"id", "key", "keyPrefix", "name", "createdAt"}
    assert re.fullmatch(r"sk_live_[0-9a-f]{48}", created["key"])
    assert created["name"] == "ci"
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", created["createdAt"])
    store = await Store.open(None, tmp_path / "data", None)
    try:
        found = store.directory.authenticate(created["key"])
        assert found is not None
        assert found.id == created["id"]
        await asyncio.to_thread(speko, "keys", "revoke", created["id"], "--data", "data")
    finally:
        await store.close()
    store = await Store.open(None, tmp_path / "data", None)
    try:
        assert store.directory.authenticate(created["key"]) is None
    finally:
        await store.close()


def test_a_shell_catches_the_key_alone(speko: Command) -> None:
    speko("keys", "create", "--name", "first", "--data", "data")
    done = speko("keys", "create", "--name", "a", "--data", "data")
    assert re.fullmatch(r"sk_live_[0-9a-f]{48}\n", done.out)
    created = speko("keys", "list", "--data", "data", "--json").json[1]
    assert done.err == f"This is {created['id']}; it is shown this once.\n"
    assert speko("keys", "create", "--name", "a", "--data", "data", "--json").err == ""


@pytest.mark.parametrize("as_json", [[], ["--json"]])
@pytest.mark.parametrize("url", [None, "sqlite:///data/other.sqlite3"])
def test_a_new_database_is_told_once(
    speko: Command, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, url: str | None, as_json: list[str]
) -> None:
    if url is not None:
        monkeypatch.setenv("SPEKO_DATABASE_URL", url)
        (tmp_path / "data").mkdir()
    command = ("keys", "create", "--name", "a", "--data", "data", *as_json)
    first, second = speko(*command), speko(*command)
    assert first.err.startswith(f"A new database was made in {tmp_path}/data; there was none.\n")
    assert "new database" not in second.err + first.out + second.out
    assert first.code == second.code == Exit.OK


def test_a_database_that_could_not_be_made_is_not_told(speko: Command) -> None:
    Path("data").mkdir()
    Path("data/master.key").write_text("no key")
    done = speko("keys", "create", "--name", "a", "--data", "data")
    assert done.code == Exit.FAILED
    assert "new database" not in done.err
    assert [path.name for path in Path("data").iterdir()] == ["master.key"]


def test_the_list_shows_no_secret(speko: Command) -> None:
    first = speko("keys", "create", "--name", "first", "--data", "data", "--json").json
    text = speko("keys", "create", "--name", "second", "--data", "data")
    assert text.out.startswith("sk_live_")
    speko("keys", "revoke", first["id"], "--data", "data")
    rows = speko("keys", "list", "--data", "data", "--json").json
    assert [(row["name"], row["revoked"]) for row in rows] == [("first", True), ("second", False)]
    listing = speko("keys", "list", "--data", "data").out
    assert "revoked" in listing
    assert first["key"] not in listing
    assert first["keyPrefix"] in listing


def test_the_environment_names_the_data_folder(speko: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    created = speko("keys", "create", "--name", "a", "--data", "data", "--json").json
    monkeypatch.setenv("SPEKO_DATA", "data")
    assert [row["id"] for row in speko("keys", "list", "--json").json] == [created["id"]]


@pytest.mark.parametrize("words", [["list"], ["revoke", "key_0"]])
def test_a_folder_without_a_database_stays_as_it_is(speko: Command, words: list[str]) -> None:
    done = speko("keys", *words, "--data", "typo", "--json")
    assert (done.code, done.json["code"]) == (Exit.MISSING, "NO_DATABASE")
    assert "typo" in done.json["error"]
    assert not Path("typo").exists()


@pytest.mark.parametrize(
    "words",
    [
        ["keys", "list"],
        ["organizations", "create", "a"],
        ["organizations", "list"],
        ["limits", "set", "--requests-per-minute", "1"],
        ["credits", "grant", "1"],
        ["providers", "set-key", "groq"],
        ["master-key", "status"],
        ["export", "--out", "file"],
    ],
)
def test_a_misspelt_sqlite_file_stays_missing(speko: Command, words: list[str]) -> None:
    done = speko(*words, "--data", "data", "--database-url", "sqlite:///typo.sqlite3", "--json", stdin="gsk_secret")
    assert (done.code, done.json["code"]) == (Exit.MISSING, "NO_DATABASE")
    assert "typo.sqlite3" in done.json["error"]
    assert list(Path().iterdir()) == []


def test_an_unknown_key(speko: Command) -> None:
    speko("keys", "create", "--name", "a", "--data", "data")
    done = speko("keys", "revoke", "key_0", "--data", "data", "--json")
    assert (done.code, done.json["code"]) == (Exit.FAILED, "NOT_FOUND")


@pytest.mark.parametrize("name", ["", "  ", "x" * 101])
def test_a_name_that_is_no_name(speko: Command, name: str) -> None:
    assert speko("keys", "create", "--name", name, "--data", "data").code == Exit.USAGE
    assert not Path("data").exists()


def test_nothing_says_where_the_keys_are(speko: Command) -> None:
    done = speko("keys", "list")
    assert done.code == Exit.USAGE
    assert "--data" in done.err
    assert "SPEKO_API_KEY" in done.err


def test_a_data_folder_that_cannot_be_made(speko: Command) -> None:
    Path("file").touch()
    done = speko("keys", "create", "--name", "a", "--data", "file/data", "--json")
    assert (done.code, done.json["code"]) == (Exit.FAILED, "STORAGE")
    assert "--data" in done.json["error"]


def test_settings_that_cannot_be_used_are_named_without_their_values(
    speko: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SPEKO_MASTER_KEY", "not a key but a secret")
    monkeypatch.setenv("SPEKO_EMBEDDED", "perhaps")
    done = speko("keys", "list", "--data", "data", "--json")
    assert (done.code, done.json["code"]) == (Exit.USAGE, "BAD_CONFIGURATION")
    assert "embedded" in done.json["error"]
    monkeypatch.delenv("SPEKO_EMBEDDED")
    done = speko("keys", "list", "--data", "data", "--json")
    assert (done.code, done.json["code"]) == (Exit.USAGE, "BAD_CONFIGURATION")
    assert "secret" not in done.out + done.err


def test_kubernetes_link_to_a_service_is_told_from_a_port(speko: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SPEKO_PORT", "tcp://10.0.0.7:8787")
    done = speko("keys", "list", "--data", "data", "--json")
    assert (done.code, done.json["code"]) == (Exit.USAGE, "BAD_CONFIGURATION")
    assert "enableServiceLinks: false" in done.json["error"]


@pytest.mark.parametrize("text", ["not toml", "port = 'x'", "[providers.openai]\napi_kye = 'secret'"])
def test_a_configuration_file_that_cannot_be_used(speko: Command, text: str) -> None:
    Path("my.toml").write_text(text)
    done = speko("keys", "list", "--config", "my.toml", "--json")
    assert (done.code, done.json["code"]) == (Exit.USAGE, "BAD_CONFIGURATION")
    assert "secret" not in done.json["error"]
    assert speko("keys", "list", "--config", "none.toml").code == Exit.USAGE


def test_through_the_gateway(speko: Command, fake: FakeGateway) -> None:
    row = {"id": "key_1", "name": "a", "keyPrefix": "sk_live_abc1234...", "createdAt": "2026-01-01T00:00:00.000Z"}
    fake.on("GET", "/v1/api-keys", [{**row, "scopes": [], "revoked": False, "lastUsedAt": None}])
    fake.on("POST", "/v1/api-keys", {**row, "key": "sk_live_new"}, status=201)
    fake.on("DELETE", "/v1/api-keys/key_1", {"id": "key_1", "revoked": True})
    assert speko("keys", "list", "--json").json[0]["keyPrefix"] == "sk_live_abc1234..."
    assert speko("keys", "create", "--name", "a", "--json").json == {**row, "key": "sk_live_new"}
    assert speko("keys", "revoke", "key_1").out == "key_1 does not work any more\n"
    assert speko("keys", "revoke", "key_2").code == Exit.FAILED
