import asyncio
import base64
import logging
import stat
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from speko.storage import master_key
from speko.storage.errors import StorageError
from speko.storage.keyring import Keyring, decode, encode
from speko.storage.master_key import MasterKeys, load_keyring, new_key
from speko.storage.store import Store


def test_a_missing_key_is_made_once(tmp_path: Path) -> None:
    key = load_keyring(tmp_path).current
    assert len(key) == 32
    assert load_keyring(tmp_path) == Keyring(key)
    assert base64.b64decode((tmp_path / "master.key").read_bytes()) == key
    assert stat.S_IMODE((tmp_path / "master.key").stat().st_mode) == 0o600
    assert [path.name for path in tmp_path.iterdir()] == ["master.key"]


def test_processes_that_start_at_once_agree(tmp_path: Path) -> None:
    script = (
        "import sys, pathlib\n"
        "from speko.storage.master_key import load_keyring\n"
        "print('here', flush=True); sys.stdin.readline()\n"
        "print(load_keyring(pathlib.Path(sys.argv[1])).current.hex())\n"
    )
    command = [sys.executable, "-c", script, str(tmp_path)]
    pipe = subprocess.PIPE
    children = [subprocess.Popen(command, text=True, stdin=pipe, stdout=pipe) for _ in range(4)]
    for child in children:
        assert child.stdout is not None
        assert child.stdout.readline() == "here\n"
    for child in children:
        assert child.stdin is not None
        child.stdin.write("go\n")
        child.stdin.flush()
    keys = {child.communicate(timeout=30)[0] for child in children}
    assert keys == {load_keyring(tmp_path).current.hex() + "\n"}


def test_the_loser_of_a_race_takes_the_winners_key(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    key = load_keyring(tmp_path)
    monkeypatch.setattr(Path, "exists", lambda self: False)
    assert load_keyring(tmp_path) == key
    assert [path.name for path in tmp_path.iterdir()] == ["master.key"]


@pytest.mark.parametrize("content", [b"", b"\xff\x00", b"not base64!", base64.b64encode(bytes(31)), b"\n\n"])
def test_a_file_without_a_key_says_what_to_do(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "master.key").write_bytes(content)
    with pytest.raises(StorageError, match="Restore it from a backup"):
        load_keyring(tmp_path)
    assert (tmp_path / "master.key").read_bytes() == content


def test_a_folder_in_its_place_says_what_to_do(tmp_path: Path) -> None:
    (tmp_path / "master.key").mkdir()
    with pytest.raises(StorageError, match="SPEKO_MASTER_KEY"):
        load_keyring(tmp_path)


def test_a_key_that_others_can_read_is_noticed(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    load_keyring(tmp_path)
    (tmp_path / "master.key").chmod(0o644)
    with caplog.at_level(logging.WARNING):
        load_keyring(tmp_path)
    assert "can be read by other users" in caplog.text


def test_a_file_that_is_replaced_while_a_process_starts_is_read_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    rotated = Keyring(new_key())
    with monkeypatch.context() as patched:
        ring = load_keyring(tmp_path)
        MasterKeys(tmp_path, None).replace(rotated)
        patched.setattr(master_key, "load_keyring", lambda data: ring)  # it read before, and goes on now
        late = MasterKeys(tmp_path, None)
    assert late.ring == ring
    assert late.reread()
    assert late.ring == rotated


def test_an_older_ring_never_comes_after_a_newer_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    keys, reading, go_on = MasterKeys(tmp_path, None), threading.Event(), threading.Event()

    def slow(text: bytes) -> Keyring:
        ring = decode(text)
        if not reading.is_set():
            reading.set()
            assert go_on.wait(20)
        return ring

    monkeypatch.setattr(master_key, "decode", slow)
    poll = threading.Thread(target=keys.reread)
    poll.start()
    assert reading.wait(20)
    rotated = Keyring(new_key())
    (tmp_path / "new").write_bytes(encode(rotated))
    (tmp_path / "new").replace(tmp_path / "master.key")
    change = threading.Thread(target=keys.reread)
    change.start()
    change.join(0.2)  # it waits for the poll, or it would be overtaken by it
    go_on.set()
    poll.join(20)
    change.join(20)
    assert keys.ring == rotated


@pytest.mark.parametrize(("content", "vendor_keys"), [("garbage", 0), ("garbage", 1), (None, 1)])
def test_the_advice_works_when_it_is_pasted(tmp_path: Path, content: str | None, vendor_keys: int) -> None:
    """Whatever is wrong with the file, and whether vendor keys are stored or not."""
    data = tmp_path / "my data"
    file = data / "master.key"
    asyncio.run(_store_vendor_keys(data, vendor_keys))
    if content is None:
        file.unlink()
    else:
        file.write_text(content)
    with pytest.raises(StorageError) as told:
        asyncio.run(_vendor_keys(data))
    assert "\n" not in str(told.value)
    subprocess.run(["/bin/sh", "-c", str(told.value).partition(" type: ")[2]], check=True, timeout=30)
    assert asyncio.run(_vendor_keys(data)) == [None] * vendor_keys
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    asyncio.run(_store_vendor_keys(data, 1))
    assert asyncio.run(_vendor_keys(data)) == ["secret"]


async def _store_vendor_keys(data: Path, count: int) -> None:
    store = await Store.open(None, data, None)
    organization = await store.default_organization()
    for _ in range(count):
        await store.set_provider_key(organization.id, "groq", "secret")
    await store.close()


async def _vendor_keys(data: Path) -> list[str | None]:
    store = await Store.open(None, data, None)
    found = store.directory.provider_keys((await store.default_organization()).id)
    await store.close()
    return [key.secret for key in found.values()]
