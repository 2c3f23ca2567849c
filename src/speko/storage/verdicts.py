"""What vendors say about organisations' own keys: when one was refused, and with which words.

Noted from the rows of attempts, so a call pays a look into a dictionary, and written down with the ledger's batches. A
flood of refused calls is one statement a minute for each key: only a change of the verdict is written at once.
"""

from collections import OrderedDict
from collections.abc import Iterable
from datetime import datetime, timedelta

from msgspec import Struct
from sqlalchemy import bindparam, or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from speko.providers.errors import CredentialRejected
from speko.routing.ledger import AttemptRow
from speko.storage import tables

AGAIN_AFTER = timedelta(minutes=1)
"""An unchanged verdict is written again after so long."""
_MOST_KEYS = 10_000
_LONGEST = 500
"""Characters of a vendor's words; connectors keep them shorter and without secrets."""


class Rejection(Struct, frozen=True):
    """A vendor's refusal of a key."""

    at: datetime
    status: int | None
    """HTTP status; None where there was none."""
    message: str
    """The vendor's words, secrets removed."""


class Verdict(Struct, frozen=True):
    """What one call, or a test, says about an own key."""

    key_id: str
    at: datetime
    """Of a refusal: when it came. Of a success: when the call began, so that a long one says nothing about what was
    refused meanwhile."""
    rejection: Rejection | None
    """None: the vendor takes the key."""


def verdict_of(row: AttemptRow) -> Verdict | None:
    """The verdict that an attempt holds; None for the platform's keys, and where something else went wrong."""
    if row.credential_id == "platform" or row.key_source != "BYOK":
        return None
    if row.outcome == "served":
        return Verdict(row.credential_id, row.started_at, None)
    if row.cause == CredentialRejected.cause:
        at = row.started_at + timedelta(milliseconds=row.total_ms)
        return Verdict(row.credential_id, at, Rejection(at, row.status, row.message or ""))
    return None


class NewVerdicts:
    """Tells which verdicts are worth writing down."""

    def __init__(self) -> None:
        self._noted: OrderedDict[str, Verdict] = OrderedDict()
        """The last that was, by key."""

    def is_new(self, verdict: Verdict) -> bool:
        """False: the same was noted for that key within the last minute, or it is older than what was noted."""
        noted = self._noted.get(verdict.key_id)
        if noted is not None:
            same = (noted.rejection is None) == (verdict.rejection is None)
            if verdict.at < noted.at or (same and verdict.at - noted.at < AGAIN_AFTER):
                return False
        self.note(verdict)
        return True

    def note(self, verdict: Verdict) -> None:
        """This one is written down."""
        self._noted[verdict.key_id] = verdict
        self._noted.move_to_end(verdict.key_id)
        if len(self._noted) > _MOST_KEYS:
            self._noted.popitem(last=False)


def last_of_each(verdicts: Iterable[Verdict]) -> list[Verdict]:
    """One for each key. In one order everywhere, so that two processes never wait for each other's rows in a circle."""
    last = {verdict.key_id: verdict for verdict in verdicts}
    return [last[key_id] for key_id in sorted(last)]


_KEYS = tables.provider_keys
# The older of two verdicts never replaces the newer one, whichever process comes first.
_REJECT = (
    update(_KEYS)
    .where(_KEYS.c.id == bindparam("key_id"), or_(_KEYS.c.rejected_at.is_(None), _KEYS.c.rejected_at < bindparam("at")))
    .values(rejected_at=bindparam("at"), rejected_status=bindparam("status"), rejection=bindparam("message"))
)
_ACCEPT = (
    update(_KEYS)
    .where(_KEYS.c.id == bindparam("key_id"), _KEYS.c.rejected_at <= bindparam("at"))
    .values(rejected_at=None, rejected_status=None, rejection=None)
)


async def write_verdicts(connection: AsyncConnection, verdicts: list[Verdict]) -> None:
    """Writes them in the caller's transaction. A key that is gone meanwhile, or was replaced, is passed over."""
    for verdict in verdicts:
        refused = verdict.rejection
        if refused is None:
            await connection.execute(_ACCEPT, {"key_id": verdict.key_id, "at": verdict.at})
        else:
            values = {"at": refused.at, "status": refused.status, "message": _storable(refused.message)}
            await connection.execute(_REJECT, {"key_id": verdict.key_id, **values})


async def rejections_of(connection: AsyncConnection, organization_id: str) -> dict[str, Rejection]:
    """The organisation's keys that their vendors refused last time, by vendor."""
    query = select(_KEYS.c.vendor, _KEYS.c.rejected_at, _KEYS.c.rejected_status, _KEYS.c.rejection).where(
        _KEYS.c.organization_id == organization_id, _KEYS.c.rejected_at.is_not(None)
    )
    rows = await connection.execute(query)
    return {vendor: Rejection(at, status, message or "") for vendor, at, status, message in rows}


def _storable(text: str) -> str:
    """Short, and without what a database refuses: NUL and lone surrogates."""
    return text[:_LONGEST].encode("utf-8", "replace").decode().replace("\x00", "\ufffd")
