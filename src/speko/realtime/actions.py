"""What a session wants done: the answers of its state machine, carried out in order by the bridge."""

from datetime import datetime
from typing import Literal

from msgspec import Struct

from speko.events.s2s import Role, ServerFrame
from speko.events.s2s import Stage as TurnStageName
from speko.providers.s2s import Configure, EngineCommand, HistoryItem


class Send(Struct, frozen=True, gc=False):
    """A text frame for the client."""

    frame: ServerFrame


class Play(Struct, frozen=True, gc=False):
    """Audio for the client that was kept back."""

    pcm: bytes


class Hear(Struct, frozen=True, gc=False):
    """Audio for the engine that was kept back, at the client's rate."""

    pcm: bytes


class Tell(Struct, frozen=True, gc=False):
    """A command for the engine."""

    command: EngineCommand


class Connect(Struct, frozen=True):
    """The engine is gone or was never there: connect the same one once more, else the next. Answer with
    `Session.engine_ready` or `Session.no_engine`. It takes the place of an earlier one that has no answer yet: what it
    carried is no longer true, so an engine that was being connected with it must not serve."""

    history: tuple[HistoryItem, ...]
    """For an engine that continues an answer: of the open response, the words that were delivered."""
    continue_answer: bool
    history_heard: tuple[HistoryItem, ...] = ()
    """For an engine that does not: of the open response, the words that were heard."""
    configured: Configure | None = None
    """What the client has changed since the session was created; None = nothing."""


class HoldEngine(Struct, frozen=True, gc=False):
    """Read nothing more from the engine (`hold`), or read on."""

    hold: bool


class Close(Struct, frozen=True, gc=False):
    """Everything is over: close the client's socket, if there is one, with this code and reason, and the engine's."""

    code: int
    reason: str


class StageTime(Struct, frozen=True, gc=False, omit_defaults=True):
    """A stage of a turn, in ms since the user's end of speech."""

    stage: TurnStageName
    ms: int
    provider: str | None = None
    model: str | None = None


class TurnRecord(Struct, frozen=True):
    """The timings of one turn, without words. A turn is a response and the speech that it answers."""

    index: int
    started_at: datetime
    """When the speech began; of a response without any, when that began. UTC."""
    interrupted: bool
    stages: tuple[StageTime, ...]


class Spoken(Struct, frozen=True):
    """Final words of one side, as the transcript keeps them."""

    role: Role
    text: str
    started_at: datetime
    ended_at: datetime
    latency_status: Literal["complete", "interrupted"] | None = None


class Record(Struct, frozen=True, gc=False):
    """Something to be written down."""

    what: TurnRecord | Spoken


Action = Send | Play | Hear | Tell | Connect | HoldEngine | Close | Record
