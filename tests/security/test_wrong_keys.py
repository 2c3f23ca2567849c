"""Whoever guesses keys learns nothing, and slows nobody down."""

import asyncio
import resource
import time
from datetime import UTC, datetime
from hmac import compare_digest
from pathlib import Path
from statistics import median
from typing import Any

import pytest

from speko.storage.api_keys import fingerprint, new_api_key
from speko.storage.directory import Contents, Directory, KeyEntry
from speko.storage.records import ApiKey
from tests.api.raw import address_of
from tests.api.running import Running, running

GUESSERS = 1000
CALLS = 12


async def test_a_thousand_wrong_keys_at_once_slow_nobody_down(tmp_path: Path) -> None:
    """A good caller's calls all succeed while a thousand others, each on a connection of its own, guess without a
    pause. Every guess is refused, and no call of the good one takes long, although gateway, guessers and caller share
    one thread here."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, min(hard, 4 * GUESSERS)), hard))
    async with running(tmp_path, embedded="never") as gateway:
        alone = await _calls(gateway)
        refused = [0] * GUESSERS
        stop = asyncio.Event()
        connections = [await asyncio.open_connection(*address_of(gateway)) for _ in range(GUESSERS)]
        guessing = [
            asyncio.create_task(_guess(number, reader, writer, refused, stop))
            for number, (reader, writer) in enumerate(connections)
        ]
        try:
            async with asyncio.timeout(60):
                while not all(refused):  # noqa: ASYNC110 - each of them has begun
                    await asyncio.sleep(0.01)
            beside = await _calls(gateway)
        finally:
            stop.set()
            await asyncio.gather(*guessing)
            for _, writer in connections:
                writer.close()
        print(f"\n{sum(refused)} guesses refused; a call took {_figures(alone)} alone, {_figures(beside)} beside them")
        assert median(beside) < 1
        assert max(beside) < 10, "this machine may stand still for a moment, and the gateway may not"


async def _calls(gateway: Running) -> list[float]:
    took = []
    for _ in range(CALLS):
        began = time.perf_counter()
        answer = await gateway.client.get("/v1/organization")
        took.append(time.perf_counter() - began)
        assert answer.status_code == 200
    return took


def _figures(seconds: list[float]) -> str:
    return f"{median(seconds) * 1e3:.1f} ms ({max(seconds) * 1e3:.0f} at worst)"


async def _guess(
    number: int, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, refused: list[int], stop: asyncio.Event
) -> None:
    while not stop.is_set():
        writer.write(f"GET /v1/usage HTTP/1.1\r\nhost: x\r\nauthorization: Bearer {new_api_key()}\r\n\r\n".encode())
        head = await reader.readuntil(b"\r\n\r\n")
        assert head.startswith(b"HTTP/1.1 401 ")
        length = next(int(line[16:]) for line in head.split(b"\r\n") if line.startswith(b"content-length: "))
        await reader.readexactly(length)
        refused[number] += 1


class _Table(dict[str, KeyEntry]):
    """Remembers what it was asked for."""

    def __init__(self, entry: KeyEntry) -> None:
        super().__init__({entry.fingerprint: entry})
        self.asked: list[Any] = []

    def get(self, key: str, default: Any = None) -> Any:
        self.asked.append(key)
        return super().get(key, default)


def test_only_fingerprints_are_compared(monkeypatch: pytest.MonkeyPatch) -> None:
    """By construction, not by a stopwatch: what somebody presents is hashed first, nothing but the hash is looked up,
    and hashes are compared in constant time. How long it takes can tell of the hash alone, from which there is no way
    to a key."""
    secret, wrong = new_api_key(), new_api_key()
    key = ApiKey(
        id="key_1",
        organization_id="org_1",
        name="x",
        prefix="",
        created_at=datetime.now(UTC),
        last_used_at=None,
        revoked=False,
    )
    table = _Table(KeyEntry(fingerprint(secret), key))
    compared: list[tuple[Any, ...]] = []

    def compare(*both: Any) -> bool:
        compared.append(both)
        return compare_digest(*both)

    monkeypatch.setattr("speko.storage.directory.hmac.compare_digest", compare)
    directory = Directory(lambda key_id, at: None)
    directory.replace(Contents(api_keys=table))
    almost = secret[:-1] + ("0" if secret[-1] != "0" else "1")
    assert [directory.authenticate(presented) for presented in (secret, almost, wrong)] == [key, None, None]
    assert table.asked == [fingerprint(presented) for presented in (secret, almost, wrong)]
    assert compared == [(fingerprint(secret), fingerprint(secret))]
