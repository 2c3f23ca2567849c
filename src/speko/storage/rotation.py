"""Puts a new master key in the place of the old one, while gateways run.

Each step is a transaction that holds the lock of the directory's revision, so that steps and changes of vendor keys
wait for each other, also those of other processes and machines:

1. The new key is *announced* in the key file. Running processes read it at their next poll; then they open and
   accept with it too.
2. When all have had the time, the new key is *in use* and the old one is *previous*; then, in the same transaction,
   every vendor key is encrypted with the new one. The file comes first: at no moment is a row in the database whose key
   is in no file.

Whoever was killed in between leaves a file with both keys, and is followed by the next who rotates. With keys in the
environment the operator does the first step and the exchange; see docs/how-to/rotate-the-master-key.md.
"""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

from sqlalchemy import bindparam, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from speko.storage import tables
from speko.storage.database import Database
from speko.storage.errors import StorageError
from speko.storage.loading import raise_revision
from speko.storage.master_key import MasterKeys, new_key
from speko.storage.secrets_box import CannotOpen, Owner, Sealed, name_of

ANNOUNCED_SECONDS = 3.0
"""From the announcement of a key to its use: several polls of a process that knows nothing of it yet."""
_ROWS_AT_ONCE = 200
_KEYS = tables.provider_keys
Pause = Callable[[float], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Rotated:
    """What came of it."""

    reencrypted: int
    """Vendor keys that are encrypted with the key in use now, and were not before."""
    unreadable: int
    """Vendor keys that no known master key opens; they were left as they are."""
    resumed: bool
    """A rotation that had broken off was finished; no key is new."""


@dataclass(frozen=True, slots=True)
class KeyStatus:
    """The master keys and what they are used for. Names are numbers that say nothing about the keys."""

    in_file: bool
    name: int
    next: int | None
    previous: tuple[int, ...]
    vendor_keys: int
    """All that are stored."""
    older: int
    """Those that are encrypted with another key than the one in use, and can be read."""
    unreadable: int

    @property
    def unfinished(self) -> bool:
        """A rotation broke off; the next one finishes it."""
        return self.next is not None or self.older > 0


@dataclass(slots=True)
class _Stored:
    """What is encrypted in the database."""

    total: int = 0
    due: list[tuple[Owner, str]] = field(default_factory=list, repr=False)
    """What is not marked with the key in use: the secrets, and whose they are."""
    older: int = 0
    """Those of them that another key has encrypted. The rest is from before keys had names."""
    unreadable: int = 0


async def rotate(
    database: Database, keys: MasterKeys, *, leave_unreadable: bool = False, pause: Pause = asyncio.sleep
) -> Rotated:
    """Rotates, or finishes a rotation that broke off.

    Args:
        database: with the vendor keys.
        keys: of this process.
        leave_unreadable: goes on where vendor keys are stored that no known master key opens.
        pause: waits for so many seconds.

    Raises:
        StorageError: nothing can be rotated, or some vendor keys cannot be read; the text says what to do. All that
            could be read can still be read.
    """
    if not keys.in_file and len(keys.box.names) == 1:
        raise StorageError(
            "The master key is in the environment. Give every process the new key as SPEKO_MASTER_KEY and the old one "
            "as SPEKO_PREVIOUS_MASTER_KEY, then rotate (docs/how-to/rotate-the-master-key.md)."
        )
    resumed = False
    if keys.in_file:
        resumed = not await _announce(database, keys, leave_unreadable)
        if keys.ring.next is not None:
            await pause(ANNOUNCED_SECONDS)
    async with database.write() as connection:
        await raise_revision(connection)
        await asyncio.to_thread(keys.reread)
        stored = await _stored(connection, keys)
        _refuse_unreadable(stored, leave_unreadable)
        if keys.ring.next is not None:
            await asyncio.to_thread(keys.replace, keys.ring.switched())
            stored = await _stored(connection, keys)
        await _reencrypt(connection, keys, stored)
    return Rotated(len(stored.due), stored.unreadable, resumed)


async def _announce(database: Database, keys: MasterKeys, leave_unreadable: bool) -> bool:
    """Whether a new key was made; False where a rotation has to be finished first."""
    async with database.write() as connection:
        await raise_revision(connection)
        await asyncio.to_thread(keys.reread)
        stored = await _stored(connection, keys)
        _refuse_unreadable(stored, leave_unreadable)
        if keys.ring.next is not None or stored.older:
            return False
        await asyncio.to_thread(keys.replace, keys.ring.announced(new_key()))
    return True


async def drop_previous(database: Database, keys: MasterKeys) -> int:
    """Removes earlier keys from the file; what they signed, tokens and logins, is not accepted any more. The number of
    keys that went.

    Raises:
        StorageError: the keys are not in a file, or a rotation is unfinished.
    """
    if not keys.in_file:
        raise StorageError("The master key is in the environment: remove SPEKO_PREVIOUS_MASTER_KEY there.")
    async with database.write() as connection:
        await raise_revision(connection)
        await asyncio.to_thread(keys.reread)
        if keys.ring.next is not None or (await _stored(connection, keys)).older:
            raise StorageError("A rotation has not been finished. Finish it first: speko master-key rotate")
        gone = len(keys.ring.previous)
        if gone:
            await asyncio.to_thread(keys.replace, keys.ring.alone())
    return gone


async def status(database: Database, keys: MasterKeys) -> KeyStatus:
    """Reads and changes nothing."""
    await asyncio.to_thread(keys.reread)
    async with database.read() as connection:
        stored = await _stored(connection, keys)
    upcoming = None if keys.ring.next is None else name_of(keys.ring.next)
    return KeyStatus(
        in_file=keys.in_file,
        name=keys.box.name,
        next=upcoming,
        previous=tuple(name for name in keys.box.names if name not in (keys.box.name, upcoming)),
        vendor_keys=stored.total,
        older=stored.older,
        unreadable=stored.unreadable,
    )


def _refuse_unreadable(stored: _Stored, allowed: bool) -> None:
    if stored.unreadable and not allowed:
        raise StorageError(
            f"{stored.unreadable} stored vendor keys cannot be decrypted with the master keys at hand, so nothing was "
            "changed. Give the key they were stored with too (SPEKO_PREVIOUS_MASTER_KEY), or leave them as they are "
            "with --leave-unreadable."
        )


async def _stored(connection: AsyncConnection, keys: MasterKeys) -> _Stored:
    found = _Stored()
    for row in (await connection.execute(select(_KEYS).order_by(_KEYS.c.id))).mappings():
        owner = Owner(row["organization_id"], row["vendor"], row["id"])
        found.total += 1
        try:
            secret, name = keys.box.open_with(Sealed(row["nonce"], row["ciphertext"], row["key_version"]), owner)
        except CannotOpen:
            found.unreadable += 1
            continue
        found.older += name != keys.box.name
        if row["key_version"] != keys.box.name:
            found.due.append((owner, secret))
    return found


_RESEAL = (
    update(_KEYS)
    .where(_KEYS.c.id == bindparam("row_id"))
    .values(nonce=bindparam("new_nonce"), ciphertext=bindparam("new_ciphertext"), key_version=bindparam("version"))
)


async def _reencrypt(connection: AsyncConnection, keys: MasterKeys, stored: _Stored) -> None:
    for start in range(0, len(stored.due), _ROWS_AT_ONCE):
        values = []
        for owner, secret in stored.due[start : start + _ROWS_AT_ONCE]:
            sealed = keys.box.seal(secret, owner)
            values.append(
                {
                    "row_id": owner.row_id,
                    "new_nonce": sealed.nonce,
                    "new_ciphertext": sealed.ciphertext,
                    "version": sealed.key_version,
                }
            )
        await connection.execute(_RESEAL, values)
