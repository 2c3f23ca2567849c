"""Transcript and timings of a session, and turns from outside. Source: contract, sessions 3 and 4."""

from datetime import UTC, datetime
from typing import Annotated, Any

from litestar import Request, get, post
from litestar.params import FromPath
from litestar.response import Response
from msgspec import Meta, Struct, to_builtins
from msgspec.structs import force_setattr

from speko.api.body import BODY, read_body
from speko.api.openapi import INGEST_TURNS, TIMINGS, TRANSCRIPT
from speko.api.sessions.addressed import Addressed, unknown_session
from speko.api.wire import optional_timestamp, timestamp
from speko.events.observation import TurnEvent
from speko.storage.records import new_id
from speko.storage.sessions import Turn
from speko.storage.sessions_records import LatencyStatus, Source

_Ms = Annotated[float, Meta(ge=0, le=86_400_000)]
_Who = Annotated[str, Meta(max_length=200)]


class TranscriptView(Struct, frozen=True):
    """What was said, by index."""

    entries: tuple[TurnEvent, ...]


class StageView(Struct, frozen=True):
    """One stage of a turn; `ms` since the end of the user's speech, and negative before it."""

    stage: str
    ms: int
    provider: str | None
    model: str | None


class TimingView(Struct, frozen=True, rename="camel"):
    """How long the stages of one turn took."""

    index: int
    started_at: str
    interrupted: bool
    stages: tuple[StageView, ...]


class TimingsView(Struct, frozen=True):
    """The timings of all turns, without words, by index."""

    entries: tuple[TimingView, ...]


class ToolCallBody(Struct, frozen=True):
    """A tool that was called in a turn."""

    name: str
    args: Any = None


class TurnBody(Struct, frozen=True, rename="camel", kw_only=True):
    """A turn as a worker sends it. Times without an offset are UTC."""

    index: Annotated[int, Meta(ge=0, le=2**31 - 1)]
    source: Source
    text: Annotated[str, Meta(min_length=1, max_length=16_384)]
    started_at: datetime
    ended_at: datetime | None = None
    provider: _Who | None = None
    model: _Who | None = None
    eou_ms: _Ms | None = None
    llm_ttft_ms: _Ms | None = None
    tts_ttfb_ms: _Ms | None = None
    conversational_latency_ms: _Ms | None = None
    latency_status: LatencyStatus | None = None
    tool_calls: tuple[ToolCallBody, ...] | None = None

    def __post_init__(self) -> None:
        force_setattr(self, "started_at", _utc(self.started_at))
        if self.ended_at is not None:
            force_setattr(self, "ended_at", _utc(self.ended_at))


class TurnsBody(Struct, frozen=True):
    """Finished turns."""

    turns: Annotated[tuple[TurnBody, ...], Meta(min_length=1, max_length=200)]


@get("/v1/sessions/{session_id:str}/transcript", **TRANSCRIPT)
async def transcript(request: Request[Any, Any, Any], session_id: FromPath[str]) -> TranscriptView:
    """Empty for a speech-to-speech session, unless the operator keeps its words."""
    asked = Addressed(request, session_id)
    turns = await asked.sessions.transcript(asked.organization_id, asked.id)
    if turns is None:
        raise unknown_session()
    return TranscriptView(tuple(map(turn_event, turns)))


@get("/v1/sessions/{session_id:str}/turns", **TIMINGS)
async def timings(request: Request[Any, Any, Any], session_id: FromPath[str]) -> TimingsView:
    """How long each stage of each turn took; kept for every session."""
    asked = Addressed(request, session_id)
    records = await asked.sessions.timings(asked.organization_id, asked.id)
    if records is None:
        raise unknown_session()
    return TimingsView(
        tuple(
            TimingView(
                record.index,
                timestamp(record.started_at),
                record.interrupted,
                tuple(StageView(stage.stage, stage.ms, stage.provider, stage.model) for stage in record.stages),
            )
            for record in records
        )
    )


@post("/v1/sessions/{session_id:str}/turns", status_code=202, opt={BODY: TurnsBody}, **INGEST_TURNS)
async def ingest_turns(request: Request[Any, Any, Any], session_id: FromPath[str]) -> Response[bytes]:
    """Stores turns, each in place of the one with its index; also for a session that has ended."""
    asked = Addressed(request, session_id)
    body = await read_body(request, TurnsBody)
    if not await asked.sessions.ingest_turns(asked.organization_id, asked.id, [_turn(sent) for sent in body.turns]):
        raise unknown_session()
    return Response(b"", status_code=202)


def turn_event(turn: Turn) -> TurnEvent:
    """A turn as callers see it."""
    return TurnEvent(
        id=turn.id,
        index=turn.index,
        source=turn.source,
        text=turn.text,
        started_at=timestamp(turn.started_at),
        ended_at=optional_timestamp(turn.ended_at),
        provider=turn.provider,
        model=turn.model,
        eou_ms=turn.eou_ms,
        llm_ttft_ms=turn.llm_ttft_ms,
        tts_ttfb_ms=turn.tts_ttfb_ms,
        conversational_latency_ms=turn.conversational_latency_ms,
        latency_status=turn.latency_status,
        tool_calls=turn.tool_calls,
    )


def _turn(sent: TurnBody) -> Turn:
    fields = {name: getattr(sent, name) for name in TurnBody.__struct_fields__ if name != "tool_calls"}
    return Turn(**fields, id=new_id("turn"), tool_calls=tuple(to_builtins(sent.tool_calls or ())))


def _utc(moment: datetime) -> datetime:
    """Raises ValueError for a time that UTC cannot say."""
    try:
        return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
    except OverflowError:
        raise ValueError("a time out of range") from None
