"""What a session is told at its beginning."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime


@dataclass(frozen=True, slots=True)
class SessionConfig:
    """Rates in Hz, times in seconds."""

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
    replay: float = 60.0
    """Of the user's audio, for the next engine."""
    tools: frozenset[str] = frozenset()
    """Names of the tools that the client runs."""
    wall_clock: Callable[[], datetime] = lambda: datetime.now(UTC)
    """For records only."""
