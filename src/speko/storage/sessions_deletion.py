"""What goes when a session is deleted: its row, its words, its timings, answers that name it, and what vendors said
about it. Usage stays, since it is money, and so do the attempts' figures."""

from collections.abc import Iterable
from datetime import datetime
from typing import Literal

from sqlalchemy import delete, not_, or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from speko.storage import tables
from speko.storage.sessions_records import LOST_AFTER

Deletion = Literal["deleted", "live", "unknown"]
_s = tables.sessions.c


async def delete_session(connection: AsyncConnection, organization_id: str, session_id: str, now: datetime) -> Deletion:
    """Deletes a session that is not live, inside a transaction that writes."""
    ours = (_s.id == session_id, _s.organization_id == organization_id)
    live = _s.status.in_(("connecting", "active"))
    given_up = (_s.kind == "s2s") & (_s.expires_at <= now - LOST_AFTER)  # as in `as_of`
    # One statement: a session that is being claimed at this moment is either gone before or live afterwards.
    gone = await connection.execute(
        delete(tables.sessions).where(*ours, or_(not_(live), given_up)).returning(_s.created_at)
    )
    created_at = gone.scalar_one_or_none()
    if created_at is None:
        there = await connection.execute(select(_s.id).where(*ours))
        return "unknown" if there.first() is None else "live"
    await _forget_answer(connection, organization_id, session_id, created_at)
    await connection.execute(
        update(tables.attempts).where(tables.attempts.c.session_id == session_id).values(message=None)
    )
    for table in (tables.session_transcript, tables.session_turn_timings):
        await connection.execute(delete(table).where(table.c.session_id == session_id))
    return "deleted"


async def _forget_answer(
    connection: AsyncConnection, organization_id: str, session_id: str, created_at: datetime
) -> None:
    """The answer to its creation, which is as old as the session and so found by its time."""
    keys = tables.session_idempotency
    same_moment = (keys.c.organization_id == organization_id, keys.c.created_at == created_at)
    rows = await connection.execute(select(keys.c.key, keys.c.response).where(*same_moment))
    for key in _naming(rows, session_id):
        await connection.execute(delete(keys).where(*same_moment, keys.c.key == key))


def _naming(rows: Iterable[tuple[str, dict[str, object]]], session_id: str) -> list[str]:
    return [key for key, response in rows if response.get("sessionId") == session_id]
