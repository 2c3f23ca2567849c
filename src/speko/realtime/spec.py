"""What a session was created with, as it is stored with its row: later changes elsewhere do not affect it."""

from msgspec import Struct

from speko.providers.llm import Tool
from speko.providers.s2s import CascadeOptions
from speko.routing.intent import PipelineConstraints, RoutingIntent


class SessionSpec(Struct, frozen=True, kw_only=True, rename="camel", omit_defaults=True):
    """One speech-to-speech session. Holds no secret. Source: contract, sessions 1.3 to 1.8."""

    agent_id: str | None = None
    intent: RoutingIntent | None = None
    constraints: PipelineConstraints | None = None
    provider: str | None = None
    """Pinned, together with `model`; both None = routed."""
    model: str | None = None
    voice: str | None = None
    system_prompt: str | None = None
    temperature: float | None = None
    input_sample_rate: int = 24000
    """Hz, of the client's side; like the next."""
    output_sample_rate: int = 24000
    tools: tuple[Tool, ...] = ()
    """Run by the client."""
    cascade: CascadeOptions = CascadeOptions()
    cascade_voice: str | None = None
    """`voice` of the session itself, which only the gateway's own agent reads, where `s2s.voice` is absent."""
    max_duration_seconds: int | None = None
    manual_turns: bool = False
    """See `S2sRequest`."""
    tool_timeout_seconds: float = 30.0
    """That the client may take to answer a tool call."""

    @property
    def pinned(self) -> bool:
        """Whether the caller named the engine."""
        return self.provider is not None
