"""A new master key in the place of the old one, while others run, and while somebody pulls the plug."""

import asyncio
import logging
import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from sqlalchemy import select, update

from speko.storage import rotation, tables
from speko.storage.errors import StorageError
from speko.storage.keyring import Keyring, encode
from speko.storage.master_key import load_keyring
from speko.storage.secrets_box import UNNAMED, Owner, name_of
from speko.storage.store import Store
from tests.storage.waiting import until

ROOT = Path(__file__).parents[2]
OLD, NEW = b"o" * 32, b"n" * 32


@pytest.fixture(autouse=True)
def _soon(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rotation, "ANNOUNCED_SECONDS", 0.0)


async def _with_keys(store: Store, organizations: int = 2) -> dict[str, dict[str, str]]:
    """What is stored: secrets by organisation and vendor."""
    kept: dict[str, dict[str, str]] = {}
    for number in range(organizations):
        organization = await store.create_organization(f"org {number}")
        kept[organization.id] = {vendor: f"{vendor}-of-{number}" for vendor in ("openai", "groq")}
        for vendor, secret in kept[organization.id].items():
            await store.set_provider_key(organization.id, vendor, secret)
    return kept


def _seen(store: Store, organizations: dict[str, dict[str, str]]) -> dict[str, dict[str, str | None]]:
    return {
        id: {vendor: key.secret for vendor, key in store.directory.provider_keys(id).items()} for id in organizations
    }


async def _versions(store: Store) -> set[int]:
    async with store._database.read() as connection:
        return set((await connection.execute(select(tables.provider_keys.c.key_version))).scalars())


async def test_every_key_is_encrypted_anew_and_reads_the_same(store: Store, tmp_path: Path) -> None:
    kept = await _with_keys(store)
    before = load_keyring(tmp_path / "data")
    done = await store.rotate_master_key()
    after = load_keyring(tmp_path / "data")
    assert (done.reencrypted, done.unreadable, done.resumed) == (4, 0, False)
    assert after == Keyring(after.current, None, (before.current,))
    assert await _versions(store) == {name_of(after.current)}
    assert _seen(store, kept) == kept
    assert (tmp_path / "data" / "master.key").stat().st_mode & 0o777 == 0o600
    assert [path.name for path in (tmp_path / "data").glob("*master*")] == ["master.key"]
    status = await store.master_key_status()
    assert (status.name, status.previous, status.unfinished) == (
        name_of(after.current),
        (name_of(before.current),),
        False,
    )


async def test_another_process_reads_on_and_stores_with_the_new_key(
    store: Store, database_url: str, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    other = await Store.open(database_url, tmp_path / "data", None)
    kept = await _with_keys(store)
    await until(lambda: _seen(other, kept) == kept)
    with caplog.at_level(logging.ERROR):
        await store.rotate_master_key()
        revision = store.directory.revision
        await until(lambda: other.directory.revision >= revision)
    assert _seen(other, kept) == kept
    assert other.warning is None
    assert caplog.records == []
    organization = next(iter(kept))
    await other.set_provider_key(organization, "xai", "stored-later")
    assert await _versions(store) == {name_of(load_keyring(tmp_path / "data").current)}
    await until(lambda: "xai" in store.directory.provider_keys(organization))
    assert store.directory.provider_keys(organization)["xai"].secret == "stored-later"
    await other.close()


async def test_keys_that_are_stored_while_it_runs_are_all_there(
    store: Store, database_url: str, tmp_path: Path
) -> None:
    """Another process stores keys all the time and is told nothing."""
    other = await Store.open(database_url, tmp_path / "data", None)
    organization = await store.default_organization()

    async def store_some() -> None:
        for number in range(20):
            await other.set_provider_key(organization.id, f"vendor{number}", f"secret{number}")

    async def rotate_some() -> None:
        for _ in range(3):
            await store.rotate_master_key()

    await asyncio.gather(store_some(), rotate_some())
    await other.close()
    reader = await Store.open(database_url, tmp_path / "data", None)
    stored = {vendor: key.secret for vendor, key in reader.directory.provider_keys(organization.id).items()}
    assert stored == {f"vendor{number}": f"secret{number}" for number in range(20)}
    await reader.close()


async def test_what_the_old_key_signed_is_accepted_until_it_is_dropped(store: Store) -> None:
    derived = store.derived_keys("purpose")
    (before,) = derived()
    await store.rotate_master_key()
    assert derived()[0] != before
    assert derived()[1:] == (before,)
    assert await store.drop_previous_master_keys() == 1
    assert before not in derived()
    assert await store.drop_previous_master_keys() == 0


async def test_another_process_accepts_the_new_key_before_it_is_used(
    store: Store, database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = await Store.open(database_url, tmp_path / "data", None)
    told: list[set[bytes]] = []

    async def pause(seconds: float) -> None:
        await until(lambda: len(other.derived_keys("purpose")()) == 2)
        told.append(set(other.derived_keys("purpose")()))
        assert other.derived_keys("purpose")()[0] == store.derived_keys("purpose")()[0], "the old one signs"

    await rotation.rotate(store._database, store._keys, pause=pause)
    assert store.derived_keys("purpose")()[0] in told[0]
    await other.close()


async def test_a_kill_at_any_step_loses_nothing_and_the_next_one_finishes(tmp_path: Path) -> None:
    data, url = tmp_path / "data", f"sqlite:///{tmp_path}/speko.sqlite3"
    store = await Store.open(url, data, None)
    kept = await _with_keys(store)
    await store.close()
    killed = 0
    for step in range(40):
        command = [sys.executable, "-m", "tests.storage.rotation_child", url, str(data), str(step)]
        child = await asyncio.create_subprocess_exec(*command, cwd=ROOT, stdout=subprocess.PIPE)
        async with asyncio.timeout(60):
            out, _ = await child.communicate()
        if out:
            assert child.returncode == 0
            break
        assert child.returncode == -signal.SIGKILL
        killed += 1
        shutil.copytree(tmp_path, copy := tmp_path.with_name(f"{tmp_path.name}-{step}"))
        reopened = await Store.open(f"sqlite:///{copy}/speko.sqlite3", copy / "data", None)
        assert _seen(reopened, kept) == kept, step
        await reopened.rotate_master_key()
        assert not (await reopened.master_key_status()).unfinished
        assert len(await _versions(reopened)) == 1
        assert _seen(reopened, kept) == kept, step
        await reopened.close()
    assert killed >= 8
    finished = await Store.open(url, data, None)
    assert _seen(finished, kept) == kept
    assert not (await finished.master_key_status()).unfinished
    await finished.close()


async def test_a_rotation_that_broke_off_between_file_and_rows_is_finished_first(store: Store, tmp_path: Path) -> None:
    kept = await _with_keys(store)
    ring = load_keyring(tmp_path / "data")
    store._keys.replace(ring.announced(NEW).switched())
    assert (await store.master_key_status()).unfinished
    with pytest.raises(StorageError, match="Finish it first"):
        await store.drop_previous_master_keys()
    done = await store.rotate_master_key()
    assert (done.reencrypted, done.resumed) == (4, True)
    assert load_keyring(tmp_path / "data").current == NEW
    assert _seen(store, kept) == kept


async def test_keys_in_the_environment(database_url: str, tmp_path: Path) -> None:
    store = await Store.open(database_url, tmp_path, OLD)
    kept = await _with_keys(store)
    with pytest.raises(StorageError, match="SPEKO_PREVIOUS_MASTER_KEY"):
        await store.rotate_master_key()
    # Each replica gets both keys, one after the other; whichever it uses, it opens with both.
    exchanged = await Store.open(database_url, tmp_path, OLD, previous_master_key=NEW)
    both = await Store.open(database_url, tmp_path, NEW, previous_master_key=OLD)
    organization = next(iter(kept))
    await both.set_provider_key(organization, "xai", "with the new key")
    await until(lambda: "xai" in exchanged.directory.provider_keys(organization))
    assert exchanged.directory.provider_keys(organization)["xai"].secret == "with the new key"
    done = await both.rotate_master_key()
    assert (done.reencrypted, done.resumed) == (4, False)
    assert (await both.rotate_master_key()).reencrypted == 0
    for opened in (store, exchanged, both):
        await opened.close()
    alone = await Store.open(database_url, tmp_path, NEW)
    assert alone.warning is None
    assert not (tmp_path / "master.key").exists()
    await alone.close()


async def test_a_wrong_key_changes_nothing(store: Store, database_url: str, tmp_path: Path) -> None:
    kept = await _with_keys(store)
    wrong = await Store.open(database_url, tmp_path, NEW, previous_master_key=OLD)
    with pytest.raises(StorageError, match="4 stored vendor keys cannot be decrypted"):
        await wrong.rotate_master_key()
    done = await wrong.rotate_master_key(leave_unreadable=True)
    assert (done.reencrypted, done.unreadable) == (0, 4)
    await wrong.close()
    await store._watch.load()
    assert _seen(store, kept) == kept


async def test_a_database_that_was_restored_from_before_the_rotation(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/speko.sqlite3"
    store = await Store.open(url, tmp_path, None)
    kept = await _with_keys(store)
    first = load_keyring(tmp_path).current
    await store.close()
    shutil.copy(tmp_path / "speko.sqlite3", tmp_path / "backup")
    store = await Store.open(url, tmp_path, None)
    await store.rotate_master_key()
    await store.drop_previous_master_keys()
    await store.close()

    for name in ("speko.sqlite3", "speko.sqlite3-wal", "speko.sqlite3-shm"):
        (tmp_path / name).unlink(missing_ok=True)
    shutil.copy(tmp_path / "backup", tmp_path / "speko.sqlite3")
    restored = await Store.open(url, tmp_path, None)
    assert restored.warning is not None
    with pytest.raises(StorageError, match="SPEKO_PREVIOUS_MASTER_KEY"):
        await restored.rotate_master_key()
    await restored.close()
    restored = await Store.open(url, tmp_path, None, previous_master_key=first)
    assert _seen(restored, kept) == kept
    assert (await restored.rotate_master_key()).resumed
    await restored.close()
    restored = await Store.open(url, tmp_path, None)
    assert _seen(restored, kept) == kept
    await restored.close()


async def test_a_key_file_that_was_restored_from_before_is_said_and_can_be_put_right(
    store: Store, tmp_path: Path
) -> None:
    kept = await _with_keys(store)
    file = tmp_path / "data" / "master.key"
    before, _ = file.read_bytes(), await store.rotate_master_key()
    after = file.read_bytes()
    file.write_bytes(before)
    await store._watch.load()
    assert store.warning is not None
    file.write_bytes(after)
    await store._watch.load()
    assert store.warning is None
    assert _seen(store, kept) == kept


async def test_a_file_that_is_broken_changes_nothing_in_a_process_that_runs(
    store: Store, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    kept = await _with_keys(store)
    file = tmp_path / "data" / "master.key"
    whole = file.read_bytes()
    for content in (b"", b"nonsense", whole[:20]):
        file.write_bytes(content)
        await store._watch.load()
        assert _seen(store, kept) == kept
    file.unlink()
    await store._watch.load()
    assert _seen(store, kept) == kept
    assert len(caplog.records) == 1
    file.write_bytes(whole)
    await store.rotate_master_key()
    assert _seen(store, kept) == kept


async def test_what_was_stored_before_keys_had_names_is_rotated_too(store: Store) -> None:
    organization = await store.default_organization()
    await store.set_provider_key(organization.id, "openai", "hunter2")
    row = store.directory.provider_keys(organization.id)["openai"]
    owner = Owner(organization.id, "openai", row.id)
    _, cipher = store._keys.box._ciphers[0]
    associated = b"".join(
        len(part).to_bytes(4, "big") + part.encode() for part in (owner.organization_id, "openai", owner.row_id, "1")
    )
    async with store._database.write() as connection:
        ciphertext = cipher.encrypt(bytes(12), b"an old secret", associated)
        values = {"nonce": bytes(12), "ciphertext": ciphertext, "key_version": UNNAMED}
        await connection.execute(update(tables.provider_keys).values(values))
    await store._watch.load()
    assert store.directory.provider_keys(organization.id)["openai"].secret == "an old secret"
    done = await store.rotate_master_key()
    assert (done.reencrypted, done.resumed) == (1, False)
    assert store.directory.provider_keys(organization.id)["openai"].secret == "an old secret"


@pytest.mark.skipif(os.geteuid() != 0, reason="only root gives files away")
async def test_the_file_stays_its_owners(store: Store, tmp_path: Path) -> None:
    file = tmp_path / "data" / "master.key"
    os.chown(file, 12345, 12346)
    await store.rotate_master_key()
    assert (file.stat().st_uid, file.stat().st_gid) == (12345, 12346)


async def test_a_file_that_cannot_be_replaced_stops_it_before_anything_changed(
    store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept = await _with_keys(store)
    before = load_keyring(tmp_path / "data")

    def refuse(*_: object) -> None:
        raise OSError(30, "Read-only file system")

    monkeypatch.setattr(Path, "replace", refuse)
    with pytest.raises(StorageError, match="Read-only file system"):
        await store.rotate_master_key()
    monkeypatch.undo()
    assert encode(load_keyring(tmp_path / "data")) == encode(before)
    assert [path.name for path in (tmp_path / "data").glob("*master*")] == ["master.key"]
    assert _seen(store, kept) == kept
