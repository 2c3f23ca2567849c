"""What a simulated conversation saw and said, for tests that compare words in and words out."""

from collections import deque
from typing import Any

import msgspec
from msgspec import Struct, field, structs

MAX_SESSIONS = 64
_MAX_ROWS = 1000
"""Of each kind in a session; the oldest go first."""


def _rows() -> deque[Any]:
    return deque(maxlen=_MAX_ROWS)


class Truncation(Struct):
    """The client cut an answer."""

    item_id: str
    audio_end_ms: int
    text: str
    """Words that are left."""


class SeenResponse(Struct):
    """A response, as far as it got."""

    id: str
    status: str = "in_progress"
    text: str = ""
    """Words whose text was sent."""
    spoken: str = ""
    """Words whose sound was sent to its end."""
    audio_ms: float = 0.0
    deltas: int = 0
    """Messages with sound."""
    calls: list[str] = field(default_factory=list)
    """Names of the tools that were called."""
    instructions: str | None = None
    """Of this response alone."""
    session_instructions: str = ""
    """Of the session, when it was thought about; like the next."""
    tools: list[str] = field(default_factory=list)
    """Names of those that it may call."""
    usage: dict[str, Any] | None = None
    """The member of `response.done`, once that was sent."""


class ToolOutput(Struct):
    """The client answered a tool call."""

    call_id: str
    output: str


class SeenSession(Struct):
    """One session."""

    id: str
    model: str
    open: bool = True
    close_code: int | None = None
    """That the client sent, or 1006."""
    appended_ms: float = 0.0
    commits: int = 0
    cancels: int = 0
    heard: deque[str] = field(default_factory=_rows)
    """Words of the user, an entry per utterance."""
    written: deque[str] = field(default_factory=_rows)
    """Messages that the client added, with their role before a colon."""
    truncations: deque[Truncation] = field(default_factory=_rows)
    responses: deque[SeenResponse] = field(default_factory=_rows)
    tool_outputs: deque[ToolOutput] = field(default_factory=_rows)
    complaints: deque[str] = field(default_factory=_rows)
    """Codes of the errors that the client was told."""


def _shown(session: SeenSession) -> dict[str, Any]:
    members = structs.asdict(session)
    return {name: list(value) if isinstance(value, deque) else value for name, value in members.items()}


class Seen:
    """The last sessions, oldest first."""

    def __init__(self) -> None:
        self.reset()

    def reset(self) -> None:
        """Forgets everything. Sessions that are open are counted as long as they are."""
        self.sessions: deque[SeenSession] = deque(maxlen=MAX_SESSIONS)
        self.opened = 0

    def opens(self, session_id: str, model: str) -> SeenSession:
        """A session begins."""
        session = SeenSession(session_id, model)
        self.sessions.append(session)
        self.opened += 1
        return session

    def state(self) -> dict[str, Any]:
        """As the control address shows it."""
        return {
            "opened": self.opened,
            "open": sum(session.open for session in self.sessions),
            "sessions": msgspec.to_builtins([_shown(session) for session in self.sessions]),
        }
