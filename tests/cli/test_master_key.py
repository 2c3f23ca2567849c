"""`speko master-key`."""

import asyncio
import base64
import stat
from pathlib import Path

import pytest

from speko.cli.exits import Exit
from speko.storage import rotation
from speko.storage.master_key import load_keyring
from tests.cli.conftest import Command
from tests.cli.test_providers import stored

SECRET = "gsk_secret_of_a_vendor"
OLD, NEW = (base64.b64encode(letter * 32).decode() for letter in (b"o", b"n"))


@pytest.fixture
def data(speko: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """A data folder with a vendor key."""
    monkeypatch.setattr(rotation, "ANNOUNCED_SECONDS", 0.0)
    folder = str(tmp_path / "data")
    assert speko("keys", "create", "--name", "a", "--data", folder).code == Exit.OK
    assert speko("providers", "set-key", "groq", "--data", folder, stdin=SECRET).code == Exit.OK
    return folder


def test_rotate_and_status_and_drop(speko: Command, data: str) -> None:
    before = speko("master-key", "status", "--data", data, "--json").json
    assert (before["vendorKeys"], before["older"], before["previous"], before["unfinished"]) == (1, 0, [], False)
    assert before["file"] == str(Path(data) / "master.key")
    done = speko("master-key", "rotate", "--data", data)
    assert done.code == Exit.OK
    assert "the master key is rotated; encrypted anew: 1 vendor keys" in done.out
    assert "speko master-key drop-previous" in done.out
    after = speko("master-key", "status", "--data", data)
    assert f"previous keys that are accepted: {before['name']}" in after.out
    assert "vendor keys: 1, of them 0 with a previous master key, 0 unreadable" in after.out
    assert stored(Path(data)) == {"groq": SECRET}
    assert speko("master-key", "drop-previous", "--data", data, "--json").json == {"dropped": 1}
    assert stored(Path(data)) == {"groq": SECRET}
    assert stat.S_IMODE((Path(data) / "master.key").stat().st_mode) == 0o600
    for run in (done, after):
        key = base64.b64encode(load_keyring(Path(data)).current).decode()
        assert key not in run.out + run.err


def test_a_rotation_that_broke_off_is_said_and_finished(speko: Command, data: str) -> None:
    ring = load_keyring(Path(data))

    async def break_off() -> None:
        from speko.storage.store import Store

        store = await Store.open(None, Path(data), None)
        await asyncio.to_thread(store._keys.replace, ring.announced(b"n" * 32).switched())
        await store.close()

    asyncio.run(break_off())
    assert "has not been finished" in speko("master-key", "status", "--data", data).out
    done = speko("master-key", "drop-previous", "--data", data, "--json")
    assert (done.code, done.json["code"]) == (Exit.FAILED, "STORAGE")
    assert "had broken off is finished" in speko("master-key", "rotate", "--data", data).out
    assert stored(Path(data)) == {"groq": SECRET}


def test_keys_in_the_environment(speko: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    data = str(tmp_path / "data")
    monkeypatch.setenv("SPEKO_MASTER_KEY", OLD)
    assert speko("keys", "create", "--name", "a", "--data", data).code == Exit.OK
    assert speko("providers", "set-key", "groq", "--data", data, stdin=SECRET).code == Exit.OK
    done = speko("master-key", "rotate", "--data", data, "--json")
    assert (done.code, done.json["code"]) == (Exit.FAILED, "STORAGE")
    assert "SPEKO_PREVIOUS_MASTER_KEY" in done.json["error"]
    monkeypatch.setenv("SPEKO_MASTER_KEY", NEW)
    done = speko("master-key", "rotate", "--data", data, "--json")
    assert done.code == Exit.FAILED
    monkeypatch.setenv("SPEKO_PREVIOUS_MASTER_KEY", OLD)
    done = speko("master-key", "rotate", "--data", data, "--json")
    assert done.json == {"reencrypted": 1, "unreadable": 0, "resumed": False}
    again = speko("master-key", "rotate", "--data", data)
    assert "drop-previous" not in again.out
    assert "take SPEKO_PREVIOUS_MASTER_KEY away" in again.out
    monkeypatch.delenv("SPEKO_PREVIOUS_MASTER_KEY")
    found = speko("master-key", "status", "--data", data, "--json").json
    assert (found["file"], found["vendorKeys"], found["unreadable"]) == (None, 1, 0)
    assert not (Path(data) / "master.key").exists()


def test_a_wrong_key_is_said_and_changes_nothing(speko: Command, data: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SPEKO_MASTER_KEY", NEW)
    monkeypatch.setenv("SPEKO_PREVIOUS_MASTER_KEY", OLD)
    done = speko("master-key", "rotate", "--data", data, "--json")
    assert done.code == Exit.FAILED
    assert "cannot be decrypted" in done.json["error"]
    assert speko("master-key", "rotate", "--leave-unreadable", "--data", data, "--json").json["unreadable"] == 1
    monkeypatch.delenv("SPEKO_MASTER_KEY")
    monkeypatch.delenv("SPEKO_PREVIOUS_MASTER_KEY")
    assert stored(Path(data)) == {"groq": SECRET}


@pytest.mark.parametrize("variable", ["SPEKO_MASTER_KEY", "SPEKO_PREVIOUS_MASTER_KEY"])
def test_what_is_no_key_is_refused_without_showing_it(
    speko: Command, data: str, monkeypatch: pytest.MonkeyPatch, variable: str
) -> None:
    monkeypatch.setenv(variable, "hunter2hunter2")
    done = speko("master-key", "status", "--data", data)
    assert (done.code, "hunter2" in done.out + done.err) == (Exit.USAGE, False)
    assert variable in done.err


def test_no_database(speko: Command, tmp_path: Path) -> None:
    done = speko("master-key", "status", "--data", str(tmp_path / "nothing"), "--json")
    assert (done.code, done.json["code"]) == (Exit.MISSING, "NO_DATABASE")
    assert not (tmp_path / "nothing").exists()
