"""What a conversation in an agent process is given: whom it may call, where output goes, and how turns are found."""

from dataclasses import dataclass, field
from typing import Literal, Protocol

from msgspec import Struct

from speko.providers.catalogue import Modality
from speko.providers.registry import Connectors
from speko.providers.s2s import EngineCommand, EngineEvent
from speko.routing.attempts import Candidate, Deadlines
from speko.routing.health import Health
from speko.routing.intent import OptimizeFor
from speko.routing.ledger import Ledger
from speko.routing.metering import CallInfo


class TurnOptions(Struct, frozen=True):
    """How the agent finds the end of a turn. Times in seconds."""

    detection: Literal["vad", "model"] = "vad"
    silence: float = 0.3
    false_interruption_after: float = 1.0
    """Silence without words after a barge-in, after which the answer goes on."""


@dataclass(frozen=True, slots=True)
class AgentContext:
    """One conversation's means. Health and connectors are the process's; candidates and ledger are its own."""

    organization_id: str
    session_id: str
    request_id: str
    language: str
    """BCP-47."""
    optimize_for: OptimizeFor
    candidates: dict[Modality, tuple[Candidate, ...]]
    """For `stt`, `llm` and `tts`: best first."""
    connectors: Connectors
    health: Health
    ledger: Ledger
    """Sends the rows to the gateway, which alone writes them down."""
    deadlines: Deadlines = field(default_factory=Deadlines)
    turns: TurnOptions = field(default_factory=TurnOptions)
    api_key_id: str | None = None
    """The API key of the session, for metering; None = from the web console."""
    traceparent: str | None = None
    """The session's own span; None = nobody traces."""

    def call_info(self) -> CallInfo:
        """For metering."""
        return CallInfo(
            "session",
            self.request_id,
            self.organization_id,
            self.session_id,
            api_key_id=self.api_key_id,
            traceparent=self.traceparent,
        )


class AgentLink(Protocol):
    """A conversation's way to the relay. Calls return at once and keep their order."""

    def send(self, event: EngineEvent) -> None:
        """An event of the engine protocol."""

    def send_audio(self, pcm: bytes) -> None:
        """The next sound of the response whose `ResponseStarted` was sent last; PCM16 mono at the request's
        `output_rate`."""

    async def drained(self) -> None:
        """Waits until the relay has taken most of what was sent; to be awaited between pieces of audio."""


class Conversation(Protocol):
    """What an agent process holds per session."""

    async def start(self) -> None:
        """Ready to listen when it returns. Raises ProviderError."""

    def on_audio(self, pcm: bytes) -> None:
        """The user's next sound: PCM16 mono at the request's `input_rate`."""

    def on_command(self, command: EngineCommand) -> None:
        """What the relay wants."""

    async def close(self) -> None:
        """Ends it, and everything that it called."""
