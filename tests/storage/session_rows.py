"""Sessions and turns for tests."""

from datetime import timedelta
from typing import Any

from speko.realtime.actions import Spoken, StageTime, TurnRecord
from speko.realtime.spec import SessionSpec
from speko.storage.sessions import SessionRow, Turn
from tests.storage.rows import NOON

ORG = "org_1"


def session_row(id: str = "s1", **changes: Any) -> SessionRow:
    """A session that was created at noon, for half an hour."""
    fields: dict[str, Any] = {
        "id": id,
        "organization_id": ORG,
        "kind": "s2s",
        "request_id": "req_1",
        "spec": SessionSpec(provider="openai", model="gpt-realtime"),
        "created_at": NOON,
        "expires_at": NOON + timedelta(minutes=30),
    }
    return SessionRow(**(fields | changes))


def turn(index: int = 0, **changes: Any) -> Turn:
    """Something the user said."""
    fields: dict[str, Any] = {
        "id": f"turn_{index}",
        "index": index,
        "source": "user",
        "text": "hello",
        "started_at": NOON,
    }
    return Turn(**(fields | changes))


def timing(index: int = 0, **changes: Any) -> TurnRecord:
    """A turn that was answered after 300 ms."""
    fields: dict[str, Any] = {
        "index": index,
        "started_at": NOON,
        "interrupted": False,
        "stages": (StageTime("speech_ended", 0), StageTime("first_audio", 300, "openai", "gpt-realtime")),
    }
    return TurnRecord(**(fields | changes))


def spoken(text: str = "hello", **changes: Any) -> Spoken:
    """Final words of the user."""
    fields: dict[str, Any] = {"role": "user", "text": text, "started_at": NOON, "ended_at": NOON + timedelta(seconds=1)}
    return Spoken(**(fields | changes))
