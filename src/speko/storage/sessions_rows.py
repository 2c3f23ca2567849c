"""Sessions and their turns to and from the database."""

from typing import Any

import msgspec
from sqlalchemy import RowMapping

from speko.realtime.actions import StageTime, TurnRecord
from speko.realtime.spec import SessionSpec
from speko.storage.sessions_records import SessionRow, Turn

Values = dict[str, Any]
_PLAIN = tuple(name for name in SessionRow.__struct_fields__ if name not in ("spec", "metadata", "webhook_tags"))
_TURN = tuple(name for name in Turn.__struct_fields__ if name not in ("index", "tool_calls"))


def session_values(row: SessionRow) -> Values:
    """Columns of `sessions`."""
    values: Values = {name: getattr(row, name) for name in _PLAIN}
    values["spec"] = msgspec.to_builtins(row.spec)
    values["metadata"] = dict(row.metadata)
    values["webhook_tags"] = dict(row.webhook_tags)
    return values


def to_session(row: RowMapping) -> SessionRow:
    """A row of `sessions`."""
    values: Values = {name: row[name] for name in _PLAIN}
    spec = msgspec.convert(row["spec"], SessionSpec)
    return SessionRow(**values, spec=spec, metadata=row["metadata"], webhook_tags=row["webhook_tags"])


def timing_values(session_id: str, record: TurnRecord) -> Values:
    """Columns of `session_turn_timings`."""
    return {
        "session_id": session_id,
        "turn_index": record.index,
        "started_at": record.started_at,
        "interrupted": record.interrupted,
        "stages": msgspec.to_builtins(record.stages),
    }


def to_timing(row: RowMapping) -> TurnRecord:
    """A row of `session_turn_timings`."""
    stages = msgspec.convert(row["stages"], tuple[StageTime, ...])
    return TurnRecord(row["turn_index"], row["started_at"], row["interrupted"], stages)


def turn_values(session_id: str, turn: Turn) -> Values:
    """Columns of `session_transcript`."""
    values: Values = {name: getattr(turn, name) for name in _TURN}
    for name in ("text", "provider", "model"):
        values[name] = values[name] and storable(values[name])
    return values | {"session_id": session_id, "turn_index": turn.index, "tool_calls": list(turn.tool_calls)}


def to_turn(row: RowMapping) -> Turn:
    """A row of `session_transcript`."""
    values: Values = {name: row[name] for name in _TURN}
    return Turn(**values, index=row["turn_index"], tool_calls=tuple(row["tool_calls"]))


def storable(text: str) -> str:
    """A text without what a database refuses: NUL and lone surrogates."""
    return text.encode("utf-8", "replace").decode().replace("\x00", "\ufffd")
