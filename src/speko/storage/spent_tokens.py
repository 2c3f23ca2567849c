"""Tokens of the web console that count no more, although they are still valid: links that were used, and sessions that
were logged out. Rows go when the tokens expire."""

from datetime import datetime

from sqlalchemy import Insert, delete, select
from sqlalchemy.ext.asyncio import AsyncConnection

from speko.storage import tables

_spent = tables.spent_tokens.c


async def spend_token(
    connection: AsyncConnection,
    insert: Insert,
    token_id: str,
    expires_at: datetime,
    now: datetime,
) -> bool:
    """Whether the token was not spent before. `insert` passes over rows that are there already."""
    await connection.execute(delete(tables.spent_tokens).where(_spent.expires_at <= now))
    fresh = insert.values(id=token_id, expires_at=expires_at).returning(_spent.id)
    return (await connection.execute(fresh)).first() is not None


async def spent_ids(connection: AsyncConnection) -> frozenset[str]:
    """All that may still be valid."""
    rows = await connection.execute(select(_spent.id))
    return frozenset(rows.scalars())
