"""One conversation as a state machine without I/O: client frames and engine events in, client frames and engine
commands out. Times are seconds of a monotonic clock that the caller passes in; audio is counted in samples.

Source: contract, S2S WebSocket 2 to 11.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime

from speko.events.s2s import EndReason
from speko.providers.errors import ProviderError
from speko.providers.s2s import EngineEvent, S2sCapabilities
from speko.realtime.actions import Action


@dataclass(frozen=True, slots=True)
class SessionConfig:
    """What a session is told at its beginning. Rates in Hz, times in seconds."""

    input_rate: int
    output_rate: int
    expires_at: float
    """Of the monotonic clock."""
    max_duration: float | None = None
    """From `ready` on."""
    idle_timeout: float = 300.0
    attach_again_within: float = 15.0
    tool_timeout: float = 30.0
    stall_timeout: float = 10.0
    tools: frozenset[str] = frozenset()
    """Names of the tools that the client runs."""
    wall_clock: Callable[[], datetime] = lambda: datetime.now(UTC)
    """For records only."""


class Session:
    """The state of one conversation. Every method but the audio ones returns what is to be done, in order."""

    def __init__(self, config: SessionConfig, now: float) -> None:
        raise NotImplementedError

    @property
    def deadline(self) -> float | None:
        """When `tick` is due next; may move with every call."""
        raise NotImplementedError

    def tick(self, now: float) -> list[Action]:
        """Time has passed."""
        raise NotImplementedError

    # ---- the client

    def attached(self, now: float) -> list[Action]:
        """A socket of the client is there: the first, or the next one after `detached`."""
        raise NotImplementedError

    def detached(self, code: int | None, now: float) -> list[Action]:
        """The client's socket is gone; `code` as in `ClientHandler.on_closed`. None = it may attach again."""
        raise NotImplementedError

    def client_audio(self, pcm: bytes, now: float) -> bytes | None:
        """The client's next sound; returns what the engine gets now, None = nothing (kept, or refused: see
        `pending`)."""
        raise NotImplementedError

    def client_text(self, text: bytes, now: float) -> list[Action]:
        """The client's next text frame, whatever is in it."""
        raise NotImplementedError

    # ---- the engine

    def engine_ready(self, provider: str, model: str, capabilities: S2sCapabilities, now: float) -> list[Action]:
        """An engine is connected."""
        raise NotImplementedError

    def engine_audio(self, response: str, pcm: bytes, now: float) -> bytes | None:
        """The next sound of a response, at the client's rate; returns what the client gets now, None = nothing (kept,
        or of a response that is over)."""
        raise NotImplementedError

    def engine_event(self, event: EngineEvent, now: float) -> list[Action]:
        """Something happened at the engine."""
        raise NotImplementedError

    def engine_lost(self, error: ProviderError, now: float) -> list[Action]:
        """The engine is gone."""
        raise NotImplementedError

    def no_engine(self, message: str, now: float) -> list[Action]:
        """No engine could be connected, at the beginning or after a loss. `message` is for people."""
        raise NotImplementedError

    # ---- the gateway

    def end(self, reason: EndReason, now: float) -> list[Action]:
        """The gateway ends the session. Idempotent."""
        raise NotImplementedError

    def pending(self) -> list[Action]:
        """What the two audio methods want done beside their result; mostly nothing. To be asked after each of them when
        `has_pending` is true."""
        raise NotImplementedError

    has_pending: bool = False
