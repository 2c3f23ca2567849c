import asyncio
import logging
import re
import sqlite3
import stat
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import text

from speko.storage.errors import StorageError
from speko.storage.store import Store
from tests.storage.postgres import PostgresServer
from tests.storage.rows import NOON, attempt_row, usage_row
from tests.storage.session_rows import session_row, timing
from tests.storage.waiting import until


async def _other(database_url: str, tmp_path: Path, master_key: bytes | None = None) -> Store:
    """Another process on the same database, as far as it can tell."""
    return await Store.open(database_url, tmp_path / "data", master_key)


async def _until_changed(store: Store) -> None:
    changed = asyncio.Event()
    store.directory.on_change(changed.set)
    async with asyncio.timeout(20):
        await changed.wait()


async def test_a_fresh_store_is_ready(store: Store) -> None:
    assert store.ready
    assert store.problem is None
    assert store.warning is None
    assert store.directory.revision == 0


async def test_the_data_folder_is_made_for_its_owner_alone(tmp_path: Path) -> None:
    data = tmp_path / "some" / "where"
    store = await Store.open(None, data, None)
    assert store.is_sqlite
    assert _mode(data) == 0o700
    await store.close()


def _mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


async def test_a_data_folder_that_cannot_be_made_says_what_to_do(tmp_path: Path) -> None:
    _write(tmp_path / "file", b"")
    with pytest.raises(StorageError, match="SPEKO_DATA"):
        await Store.open(None, tmp_path / "file" / "data", None)
    with pytest.raises(StorageError, match="SPEKO_DATA"):
        await Store.open(None, tmp_path / "file", None)


def _write(path: Path, content: bytes) -> None:
    path.write_bytes(content)


async def test_a_master_key_of_another_length_is_refused(tmp_path: Path) -> None:
    with pytest.raises(StorageError, match="32 bytes"):
        await Store.open(None, tmp_path, b"short")
    assert not _exists(tmp_path / "master.key")


def _exists(path: Path) -> bool:
    return path.exists()


async def test_organizations(store: Store) -> None:
    first = await store.create_organization("Ünïque Voices, Inc.")
    again = await store.create_organization("Ünïque Voices, Inc.")
    named = await store.create_organization("声", slug="koe")
    unnamed = await store.create_organization("声")
    assert re.fullmatch(r"org_[0-9a-f]{16}", first.id)
    assert first.slug == "n-que-voices-inc"
    assert re.fullmatch(r"n-que-voices-inc-[0-9a-f]{8}", again.slug)
    assert (named.slug, unnamed.slug) == ("koe", "organization")
    for organization in (first, again, named, unnamed):
        assert store.directory.organization(organization.id) == organization
    with pytest.raises(StorageError, match="koe"):
        await store.create_organization("another", slug="koe")
    assert store.directory.organization("org_unknown") is None


async def test_there_is_one_default_organization(store: Store, database_url: str, tmp_path: Path) -> None:
    other = await _other(database_url, tmp_path)
    found = await asyncio.gather(*(each.default_organization() for each in (store, other) * 5))
    assert {organization.id for organization in found} == {found[0].id}
    assert (found[0].name, found[0].slug) == ("Default", "default")
    await other.close()


async def test_an_api_key_serves_until_it_is_revoked(store: Store) -> None:
    organization = await store.default_organization()
    key, secret = await store.create_api_key(organization.id, "laptop")
    assert re.fullmatch(r"key_[0-9a-f]{16}", key.id)
    assert re.fullmatch(r"sk_live_[0-9a-f]{48}", secret)
    assert key.prefix == secret[:15] + "..."
    assert store.directory.authenticate(secret) == key
    assert await store.list_api_keys(organization.id) == [key]

    assert await store.revoke_api_key(organization.id, key.id)
    assert store.directory.authenticate(secret) is None
    assert await store.revoke_api_key(organization.id, key.id)
    assert [(found.id, found.revoked) for found in await store.list_api_keys(organization.id)] == [(key.id, True)]


async def test_a_foreign_key_is_an_unknown_key(store: Store) -> None:
    mine, theirs = await store.create_organization("mine"), await store.create_organization("theirs")
    key, secret = await store.create_api_key(theirs.id, "laptop")
    revision = store.directory.revision
    assert not await store.revoke_api_key(mine.id, key.id)
    assert not await store.revoke_api_key(mine.id, "key_unknown")
    assert store.directory.authenticate(secret) == key
    assert await store.list_api_keys(mine.id) == []
    assert store.directory.revision == revision


async def test_a_key_for_an_unknown_organization_is_refused(store: Store) -> None:
    with pytest.raises(StorageError):
        await store.create_api_key("org_unknown", "laptop")
    with pytest.raises(StorageError):
        await store.set_provider_key("org_unknown", "openai", "hunter2")
    assert store.directory.revision == 0


async def test_many_changes_at_once(store: Store) -> None:
    organization = await store.default_organization()
    made = await asyncio.gather(*(store.create_api_key(organization.id, f"key {n}") for n in range(10)))
    assert all(store.directory.authenticate(secret) == key for key, secret in made)
    assert store.directory.revision == 11


async def test_another_process_sees_a_change_within_a_second_or_so(
    store: Store, database_url: str, tmp_path: Path
) -> None:
    organization = await store.default_organization()
    key, secret = await store.create_api_key(organization.id, "laptop")
    other = await _other(database_url, tmp_path)
    assert other.directory.authenticate(secret) == key
    await store.revoke_api_key(organization.id, key.id)
    await store.set_provider_key(organization.id, "openai", "hunter2")
    while other.directory.revision != store.directory.revision:
        await _until_changed(other)
    assert other.directory.authenticate(secret) is None
    assert other.directory.provider_keys(organization.id)["openai"].secret == "hunter2"
    await other.close()


async def test_everything_is_there_after_a_restart(store: Store, database_url: str, tmp_path: Path) -> None:
    organization = await store.default_organization()
    key, secret = await store.create_api_key(organization.id, "laptop")
    await store.set_provider_key(organization.id, "openai", "hunter2")
    store.ledger.attempt(attempt_row(organization_id=organization.id))
    store.directory.touched(key.id)
    await store.close()

    again = await _other(database_url, tmp_path)
    found = again.directory.authenticate(secret)
    assert found is not None
    assert found.last_used_at is not None
    assert again.directory.organization(organization.id) == organization
    assert again.directory.provider_keys(organization.id)["openai"].secret == "hunter2"
    assert [row.id for row in await again.attempts_of(organization.id, "req_1")] == ["att_1"]
    await again.close()


async def test_vendor_keys_come_in_the_order_they_were_stored(store: Store) -> None:
    organization, other = await store.default_organization(), await store.create_organization("other")
    for vendor in ("openai", "groq", "deepgram"):
        await store.set_provider_key(organization.id, vendor, f"{vendor} key")
    await store.set_provider_key(other.id, "openai", "theirs")
    before = store.directory.provider_keys(organization.id)
    assert [(vendor, own.vendor, own.secret) for vendor, own in before.items()] == [
        ("openai", "openai", "openai key"),
        ("groq", "groq", "groq key"),
        ("deepgram", "deepgram", "deepgram key"),
    ]
    await store.set_provider_key(organization.id, "openai", "new")
    after = store.directory.provider_keys(organization.id)
    assert list(after) == ["groq", "deepgram", "openai"]
    assert after["openai"].secret == "new"
    assert after["openai"].id != before["openai"].id
    assert after["openai"].stored_at >= after["deepgram"].stored_at

    assert await store.remove_provider_key(organization.id, "openai")
    assert not await store.remove_provider_key(organization.id, "openai")
    assert list(store.directory.provider_keys(organization.id)) == ["groq", "deepgram"]
    assert store.directory.provider_keys(other.id)["openai"].secret == "theirs"


async def test_no_secret_reaches_the_database_in_the_clear(tmp_path: Path) -> None:
    store = await Store.open(None, tmp_path, None)
    organization = await store.default_organization()
    _, secret = await store.create_api_key(organization.id, "laptop")
    await store.set_provider_key(organization.id, "openai", "hunter2hunter2")
    await store.close()
    content = _read(tmp_path / "speko.sqlite3")
    assert b"laptop" in content
    assert b"hunter2" not in content
    assert secret[8:].encode() not in content
    assert bytes.fromhex(secret[8:]) not in content


def _read(path: Path) -> bytes:
    return path.read_bytes()


async def test_a_wrong_master_key_costs_the_vendor_keys_and_nothing_else(
    store: Store, database_url: str, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    organization = await store.default_organization()
    key, secret = await store.create_api_key(organization.id, "laptop")
    await store.set_provider_key(organization.id, "openai", "hunter2")
    await store.set_provider_key(organization.id, "groq", "hunter3")
    with caplog.at_level(logging.ERROR):
        other = await _other(database_url, tmp_path, bytes(32))
    assert len(caplog.records) == 1
    assert other.ready
    assert other.warning is not None
    assert other.warning.startswith("2 stored vendor keys cannot be decrypted")
    assert other.directory.authenticate(secret) == key
    stored = other.directory.provider_keys(organization.id)
    assert {vendor: key.secret for vendor, key in stored.items()} == {"openai": None, "groq": None}
    # Stored again or removed, they are no trouble any more.
    await other.set_provider_key(organization.id, "openai", "anew")
    assert await other.remove_provider_key(organization.id, "groq")
    assert other.directory.provider_keys(organization.id)["openai"].secret == "anew"
    assert other.warning is None
    await other.close()


async def test_a_vendor_key_that_was_moved_to_another_organization_is_refused(tmp_path: Path) -> None:
    store = await Store.open(None, tmp_path, None)
    mine, theirs = await store.create_organization("mine"), await store.create_organization("theirs")
    await store.set_provider_key(theirs.id, "openai", "hunter2")
    await store.close()
    with sqlite3.connect(tmp_path / "speko.sqlite3") as connection:
        connection.execute("UPDATE provider_keys SET organization_id = ?", [mine.id])
    connection.close()
    store = await Store.open(None, tmp_path, None)
    assert store.directory.provider_keys(mine.id)["openai"].secret is None
    assert store.warning is not None
    await store.close()


async def test_a_missing_key_file_beside_stored_keys_stops_the_start(tmp_path: Path) -> None:
    store = await Store.open(None, tmp_path, None)
    organization = await store.default_organization()
    await store.set_provider_key(organization.id, "openai", "hunter2")
    await store.close()
    kept = (tmp_path / "master.key").rename(tmp_path / "elsewhere")
    with pytest.raises(StorageError, match="missing"):
        await Store.open(None, tmp_path, None)
    assert not (tmp_path / "master.key").exists(), "no new key is left in its place"
    kept.rename(tmp_path / "master.key")
    store = await Store.open(None, tmp_path, None)
    assert store.directory.provider_keys(organization.id)["openai"].secret == "hunter2"
    await store.close()


async def test_a_use_shows_in_the_list_at_once_and_is_written_down(
    store: Store, database_url: str, tmp_path: Path
) -> None:
    organization = await store.default_organization()
    key, _ = await store.create_api_key(organization.id, "laptop")
    before = datetime.now(UTC)
    store.directory.touched(key.id)
    noted = (await store.list_api_keys(organization.id))[0].last_used_at
    assert noted is not None
    assert noted >= before
    other = await _other(database_url, tmp_path)

    async def last_use() -> datetime | None:
        return (await other.list_api_keys(organization.id))[0].last_used_at

    async def is_written() -> bool:
        return await last_use() is not None

    await until(is_written)
    written = await last_use()
    assert written is not None
    assert timedelta(0) <= noted - written < timedelta(milliseconds=1)
    await other.close()


async def test_reports_see_what_was_just_added(store: Store) -> None:
    for number in range(3):
        store.ledger.attempt(attempt_row(f"a{number}", position=number))
        store.ledger.usage(usage_row(f"u{number}"))
    assert [row.id for row in await store.attempts_of("org_1", "req_1")] == ["a0", "a1", "a2"]
    assert await store.attempts_of("org_2", "req_1") == []
    store.ledger.usage(usage_row("u3"))
    assert (await store.usage_summary("org_1", NOON, NOON)).breakdown[0].quantity == 120


async def test_a_database_server_that_goes_and_comes_back(postgres: PostgresServer, tmp_path: Path) -> None:
    store = await Store.open(await asyncio.to_thread(postgres.empty_database), tmp_path, None)
    organization = await store.default_organization()
    _, secret = await store.create_api_key(organization.id, "laptop")
    await asyncio.to_thread(postgres.stop)
    try:
        store.ledger.usage(usage_row("u1", organization_id=organization.id))
        await until(lambda: not store.ready and store.ledger.behind)
        assert store.problem is not None
        assert store.directory.authenticate(secret) is not None
        with pytest.raises(StorageError, match="does not answer"):
            await store.list_api_keys(organization.id)
    finally:
        await asyncio.to_thread(postgres.start)
    await until(lambda: store.ready)
    assert len((await store.usage_summary(organization.id, NOON, NOON)).breakdown) == 1
    assert await store.list_api_keys(organization.id) != []
    await store.close()


async def test_sessions_that_cannot_be_written_keep_the_store_from_being_ready(store: Store) -> None:
    async with store._database.write() as connection:
        await connection.execute(text("ALTER TABLE session_turn_timings RENAME TO elsewhere"))
    store.sessions.journal.turn("s1", timing())
    await until(lambda: store.problem == "session rows cannot be written")
    async with store._database.write() as connection:
        await connection.execute(text("ALTER TABLE elsewhere RENAME TO session_turn_timings"))
    await store.sessions.journal.flush()
    assert store.ready


async def test_closing_writes_the_journal(database_url: str, tmp_path: Path) -> None:
    store = await _other(database_url, tmp_path)
    await store.sessions.create(session_row())
    store.sessions.journal.ended("s1", "ended", "client_closed")
    await store.close()
    again = await _other(database_url, tmp_path)
    row = await again.sessions.get("org_1", "s1")
    assert row is not None
    assert row.end_reason == "client_closed"
    await again.close()


async def test_derived_keys_are_the_same_wherever_the_master_key_is(store: Store, tmp_path: Path) -> None:
    same = await Store.open(None, tmp_path / "data", None)
    other = await Store.open(None, tmp_path / "other", None)
    assert store.derived_keys("a purpose")() == same.derived_keys("a purpose")() != other.derived_keys("a purpose")()
    await same.close()
    await other.close()
