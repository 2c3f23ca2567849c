"""Reads the contents of the directory from the database."""

import logging
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from sqlalchemy import RowMapping, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from speko.storage import tables
from speko.storage.credits import read_credit
from speko.storage.directory import Contents, KeyEntry
from speko.storage.limits import read_overrides
from speko.storage.records import ApiKey, Organization, OwnKey
from speko.storage.secrets_box import CannotOpen, Owner, Sealed, SecretsBox
from speko.storage.spent_tokens import spent_ids

logger = logging.getLogger(__name__)


async def read_revision(connection: AsyncConnection) -> int:
    """The number that every change of organisations, API keys, vendor keys, limits or credits raises."""
    found = await connection.execute(select(tables.directory_revision.c.revision))
    return int(found.scalar_one())


async def raise_revision(connection: AsyncConnection) -> int:
    """Comes first in each change and gives its number. The row's lock also makes changes wait for each other."""
    counter = tables.directory_revision
    await connection.execute(update(counter).values(revision=counter.c.revision + 1))
    return await read_revision(connection)


async def read_contents(connection: AsyncConnection, box: SecretsBox) -> Contents:
    """Everything the directory holds, in one read transaction."""
    # First, so that a change which commits between these reads shows as a higher revision later.
    revision = await read_revision(connection)
    own_keys, unreadable = await _own_keys(connection, box)
    return Contents(
        revision=revision,
        organizations=await _organizations(connection),
        api_keys=await _api_keys(connection),
        own_keys=own_keys,
        unreadable=unreadable,
        spent=await spent_ids(connection),
        limits=await read_overrides(connection),
        credit=await read_credit(connection),
    )


async def _organizations(connection: AsyncConnection) -> Mapping[str, Organization]:
    rows = (await connection.execute(select(tables.organizations))).mappings()
    return {row["id"]: to_organization(row) for row in rows}


async def _api_keys(connection: AsyncConnection) -> Mapping[str, KeyEntry]:
    keys = tables.api_keys
    rows = (await connection.execute(select(keys).where(keys.c.revoked_at.is_(None)))).mappings()
    return {row["sha256"]: KeyEntry(row["sha256"], to_api_key(row)) for row in rows}


async def _own_keys(
    connection: AsyncConnection, box: SecretsBox
) -> tuple[Mapping[str, Mapping[str, OwnKey]], frozenset[str]]:
    keys = tables.provider_keys
    rows = (await connection.execute(select(keys).order_by(keys.c.stored_in))).mappings()
    opened: dict[str, dict[str, OwnKey]] = {}
    unreadable = set()
    for row in rows:
        owner = Owner(row["organization_id"], row["vendor"], row["id"])
        try:
            secret: str | None = box.open(Sealed(row["nonce"], row["ciphertext"], row["key_version"]), owner)
        except CannotOpen:
            # It stays in the directory: whoever stored a key of his own must not be served with the platform's.
            unreadable.add(owner.row_id)
            secret = None
        own = OwnKey(owner.row_id, owner.vendor, secret, row["stored_at"])
        opened.setdefault(owner.organization_id, {})[owner.vendor] = own
    return {id: MappingProxyType(vendors) for id, vendors in opened.items()}, frozenset(unreadable)


def to_organization(row: RowMapping | Mapping[str, Any]) -> Organization:
    """A row of `organizations`."""
    return Organization(
        id=row["id"], name=row["name"], slug=row["slug"], created_at=row["created_at"], metadata=row["metadata"]
    )


def to_api_key(row: RowMapping | Mapping[str, Any]) -> ApiKey:
    """A row of `api_keys`."""
    return ApiKey(
        id=row["id"],
        organization_id=row["organization_id"],
        name=row["name"],
        prefix=row["prefix"],
        created_at=row["created_at"],
        last_used_at=row["last_used_at"],
        revoked=row["revoked_at"] is not None,
    )
