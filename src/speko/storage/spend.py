"""Sums of what was spent on platform keys, as limits need them: by organisation and API key."""

from collections import defaultdict
from collections.abc import Mapping
from datetime import datetime

from sqlalchemy import func, select

from speko.storage import tables
from speko.storage.database import Database

Sums = Mapping[str, int]
"""Micro-USD by id of an organisation or an API key."""


async def sums_between(
    database: Database, organization_id: str | None, start: datetime | None, end: datetime | None
) -> Sums:
    """What an organisation (None = each) and its API keys have spent from `start` until before `end` (None = for ever).

    Raises:
        StorageError: the database does not answer.
    """
    usage = tables.usage
    # All are named where all are meant: so the index leads to the rows of the time.
    whose = select(tables.organizations.c.id) if organization_id is None else (organization_id,)
    conditions = [usage.c.organization_id.in_(whose), usage.c.cost_micro_usd > 0]
    if start is not None:
        conditions.append(usage.c.created_at >= start)
    if end is not None:
        conditions.append(usage.c.created_at < end)
    owners = (usage.c.organization_id, usage.c.api_key_id)
    query = select(*owners, func.sum(usage.c.cost_micro_usd)).where(*conditions).group_by(*owners)
    sums: defaultdict[str, int] = defaultdict(int)
    async with database.read() as connection:
        for owner_id, key_id, total in await connection.execute(query):
            sums[owner_id] += int(total)
            if key_id is not None:
                sums[key_id] += int(total)
    return sums
