"""What operators have set for single API keys and organisations, in the database."""

from collections.abc import Callable, Mapping
from contextlib import AbstractAsyncContextManager
from datetime import datetime

from msgspec import structs
from sqlalchemy import delete, select
from sqlalchemy.ext.asyncio import AsyncConnection

from speko.limits.ceilings import Override
from speko.storage import tables
from speko.storage.database import Database
from speko.storage.errors import StorageError

Change = Callable[[], AbstractAsyncContextManager[tuple[AsyncConnection, int]]]
"""A transaction that changes the directory, and its revision."""


class LimitRows:
    """Sets and clears limits. Methods raise StorageError when the database does not answer."""

    def __init__(self, database: Database, change: Change, now: Callable[[], datetime]) -> None:
        self._database = database
        self._change = change
        self._now = now

    async def set(self, subject: str, limits: Mapping[str, int | None]) -> None:
        """Sets some limits of an API key or an organisation, by their names in `Override`; the others stay.

        Raises:
            StorageError: there is no such subject.
        """
        async with self._change() as (connection, _):
            organization_id = await _owner(connection, subject)
            if organization_id is None:
                raise StorageError(f"There is no API key and no organization {subject!r}.")
            # Read in here, where changes wait for each other: two that name different limits both hold.
            override = structs.replace((await read_overrides(connection)).get(subject, Override()), **limits)
            row = {"subject": subject, "organization_id": organization_id, "updated_at": self._now()}
            values = row | structs.asdict(override)
            await connection.execute(self._database.insert_or_replace(tables.limits).values(values))

    async def clear(self, subject: str) -> bool:
        """Lets the settings decide again. False = nothing was set."""
        async with self._change() as (connection, _):
            gone = await connection.execute(delete(tables.limits).where(tables.limits.c.subject == subject))
            return gone.rowcount > 0


async def read_overrides(connection: AsyncConnection) -> Mapping[str, Override]:
    """All that is set, by subject, inside a transaction of the caller."""
    rows = (await connection.execute(select(tables.limits))).mappings()
    return {row["subject"]: Override(*(row[name] for name in Override.__struct_fields__)) for row in rows}


async def _owner(connection: AsyncConnection, subject: str) -> str | None:
    """The organisation that a subject is, or belongs to."""
    keys, organizations = tables.api_keys, tables.organizations
    found = await connection.execute(
        select(keys.c.organization_id)
        .where(keys.c.id == subject)
        .union_all(select(organizations.c.id).where(organizations.c.id == subject))
    )
    return found.scalars().first()
