"""Body of `POST /v1/sessions`. Source: contract, sessions 1.3 to 1.8."""

from typing import Annotated, Any, Literal

from msgspec import Meta, Struct

from speko.providers.llm import Tool
from speko.routing.intent import Name, PipelineConstraints, RoutingIntent

Rate = Literal[16000, 24000]
Temperature = Annotated[float, Meta(ge=0, le=2)]
Voice = Annotated[str, Meta(min_length=1, max_length=200)]


class S2sBody(Struct, frozen=True, rename="camel", kw_only=True, omit_defaults=True):
    """What is asked of the speech-to-speech engine."""

    provider: Name | None = None
    """Together with `model`; without both, the router chooses."""
    model: Name | None = None
    voice: Voice | None = None
    system_prompt: str | None = None
    temperature: Temperature | None = None
    input_sample_rate: Rate | None = None
    """Hz; default 24000. Like the next."""
    output_sample_rate: Rate | None = None
    tools: tuple[Tool, ...] | None = None
    """Run by the client."""


class LlmBody(Struct, frozen=True, rename="camel", kw_only=True, omit_defaults=True):
    """Options of the language model of the gateway's own agent."""

    temperature: Temperature | None = None
    max_tokens: Annotated[int, Meta(ge=1)] | None = None


class TtsBody(Struct, frozen=True, rename="camel", kw_only=True, omit_defaults=True):
    """Options of its voice."""

    sample_rate: Annotated[int, Meta(ge=1, le=384_000)] | None = None
    """Hz."""
    speed: Annotated[float, Meta(ge=0.5, le=2)] | None = None


class SttBody(Struct, frozen=True, rename="camel", kw_only=True, omit_defaults=True):
    """Options of its recogniser."""

    keywords: Annotated[tuple[str, ...], Meta(max_length=200)] | None = None
    language: str | None = None
    prompt: Annotated[str, Meta(max_length=2000)] | None = None


class SessionBody(Struct, frozen=True, rename="camel", kw_only=True, omit_defaults=True):
    """A session to create. null is as good as absent."""

    mode: Literal["cascade", "s2s"] | None = None
    agent_id: str | None = None
    intent: RoutingIntent | None = None
    constraints: PipelineConstraints | None = None
    metadata: dict[str, Any] | None = None
    ttl_seconds: Annotated[int, Meta(ge=1)] | None = None
    webhook_tags: dict[str, str] | None = None
    """Need `agentId`."""
    variables: dict[str, str] | None = None
    """Not served yet."""
    tool_secrets: dict[str, Any] | None = None
    """Not served yet."""
    max_duration_seconds: int | None = None
    """From the moment the engine is ready; between 30 and 14400."""
    s2s: S2sBody | None = None
    voice: Voice | None = None
    """This and the next four are read by the gateway's own voice agent alone."""
    first_message: Annotated[str, Meta(max_length=2000)] | None = None
    """Said before anybody speaks."""
    llm: LlmBody | None = None
    tts_options: TtsBody | None = None
    stt_options: SttBody | None = None
