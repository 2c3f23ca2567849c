"""Sessions that a test puts into the database of a running gateway."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

from speko.realtime.spec import SessionSpec
from speko.storage.sessions import SessionRow, Sessions
from tests.api.running import Running

UNKNOWN = "1b4e28ba-2fa1-4cd2-883f-0016d3cca427"
NEVER_AN_ID = ["x", "%00", "..", UNKNOWN.upper(), UNKNOWN + "%0A", "%ED%A0%80", "é", "%FF", "a" * 5000]


def sessions_of(gateway: Running) -> Sessions:
    return gateway.gateway.store.sessions


async def organization_of(gateway: Running) -> str:
    return (await gateway.gateway.store.default_organization()).id


async def stored(gateway: Running, **changes: Any) -> SessionRow:
    """A session of the gateway's organisation, created now."""
    now = sessions_of(gateway).now()
    fields: dict[str, Any] = {
        "id": str(uuid4()),
        "organization_id": await organization_of(gateway),
        "kind": "s2s",
        "request_id": "req_1",
        "spec": SessionSpec(provider="alpha", model="voice"),
        "created_at": now,
        "expires_at": changes.get("created_at", now) + timedelta(minutes=30),
    }
    row = SessionRow(**(fields | changes))
    await sessions_of(gateway).create(row)
    return row


async def foreign(gateway: Running) -> SessionRow:
    """A session of another organisation."""
    other = await gateway.gateway.store.create_organization("Other")
    return await stored(gateway, organization_id=other.id)


def turn_body(index: int = 0, **changes: Any) -> dict[str, Any]:
    """A turn as a worker sends it."""
    return {
        "index": index,
        "source": "user",
        "text": f"text {index}",
        "startedAt": "2026-03-14T12:00:00.000Z",
        **changes,
    }


MINUTE = timedelta(minutes=1)
NOON = datetime(2026, 3, 14, 12, tzinfo=UTC)
