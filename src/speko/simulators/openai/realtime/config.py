"""The configuration of a session: what `session.update` takes, and what the vendor says back.

Source: https://platform.openai.com/docs/api-reference/realtime-client-events/session/update
"""

from dataclasses import dataclass, field
from typing import Annotated, Any, Literal

import msgspec
from msgspec import UNSET, Meta, Struct, UnsetType

from speko.simulators.openai.realtime.errors import Complaint, not_simulated

SAMPLE_RATE = 24_000
"""Hz of the only format that is simulated: PCM16 little-endian mono, in both directions."""

Modality = Literal["text", "audio"]
MaxTokens = Annotated[int, Meta(ge=1, le=4096)] | Literal["inf"]
Name = Annotated[str, Meta(pattern=r"^[a-zA-Z0-9_-]{1,64}$(?!\n)")]


class Pcm(Struct, tag_field="type", tag="audio/pcm", forbid_unknown_fields=True):
    rate: Literal[24000] = 24000


class Pcmu(Struct, tag_field="type", tag="audio/pcmu", forbid_unknown_fields=True):
    pass


class Pcma(Struct, tag_field="type", tag="audio/pcma", forbid_unknown_fields=True):
    pass


Format = Pcm | Pcmu | Pcma


class NoiseReduction(Struct, forbid_unknown_fields=True, omit_defaults=True):
    type: Literal["near_field", "far_field"]
    strength: float | None = None


class Transcription(Struct, forbid_unknown_fields=True, omit_defaults=True):
    model: str | None = None
    language: str | None = None
    prompt: str | None = None
    languages: list[str] | None = None
    keywords: list[str] | None = None
    delay: Literal["minimal", "low", "medium", "high", "xhigh"] | None = None


class ServerVad(Struct, tag_field="type", tag="server_vad", forbid_unknown_fields=True):
    threshold: Annotated[float, Meta(ge=0, le=1)] = 0.5
    prefix_padding_ms: Annotated[int, Meta(ge=0, le=5000)] = 300
    silence_duration_ms: Annotated[int, Meta(ge=0, le=10_000)] = 500
    idle_timeout_ms: int | None = None
    create_response: bool = True
    interrupt_response: bool = True


class SemanticVad(Struct, tag_field="type", tag="semantic_vad", forbid_unknown_fields=True):
    eagerness: Literal["low", "medium", "high", "auto"] = "auto"
    create_response: bool = True
    interrupt_response: bool = True


TurnDetection = ServerVad | SemanticVad


class VoiceId(Struct, forbid_unknown_fields=True):
    id: str


Voice = Annotated[str, Meta(min_length=1)] | VoiceId


class FunctionTool(Struct, tag_field="type", tag="function", forbid_unknown_fields=True, omit_defaults=True):
    name: Name
    description: str | None = None
    parameters: dict[str, Any] | None = None


class ChosenFunction(Struct, tag_field="type", tag="function", forbid_unknown_fields=True):
    name: str


ToolChoice = Literal["none", "auto", "required"] | ChosenFunction


class Reasoning(Struct, forbid_unknown_fields=True):
    effort: Literal["minimal", "low", "medium", "high", "xhigh"] | None = None


class Tracing(Struct, forbid_unknown_fields=True):
    workflow_name: str | None = None
    group_id: str | None = None
    metadata: Any = None


class TokenLimits(Struct, forbid_unknown_fields=True):
    post_instructions: int | None = None


class Retention(Struct, tag_field="type", tag="retention_ratio", forbid_unknown_fields=True):
    retention_ratio: Annotated[float, Meta(ge=0, le=1)]
    token_limits: TokenLimits | None = None


class AudioInput(Struct, forbid_unknown_fields=True):
    format: Format | UnsetType = UNSET
    noise_reduction: NoiseReduction | UnsetType | None = UNSET
    transcription: Transcription | UnsetType | None = UNSET
    turn_detection: TurnDetection | UnsetType | None = UNSET


class AudioOutput(Struct, forbid_unknown_fields=True):
    format: Format | UnsetType = UNSET
    speed: Annotated[float, Meta(ge=0.25, le=1.5)] | UnsetType = UNSET
    voice: Voice | UnsetType = UNSET


class Audio(Struct, forbid_unknown_fields=True):
    input: AudioInput | UnsetType = UNSET
    output: AudioOutput | UnsetType = UNSET


class SessionUpdate(Struct, kw_only=True, forbid_unknown_fields=True):
    """The member `session` of `session.update`. What is absent stays as it is."""

    type: Literal["realtime", "transcription"]
    audio: Audio | UnsetType = UNSET
    include: list[Literal["item.input_audio_transcription.logprobs"]] | UnsetType | None = UNSET
    instructions: str | UnsetType = UNSET
    max_output_tokens: MaxTokens | UnsetType = UNSET
    model: str | UnsetType = UNSET
    output_modalities: Annotated[list[Modality], Meta(min_length=1)] | UnsetType = UNSET
    parallel_tool_calls: bool | UnsetType | None = UNSET
    prompt: Any = UNSET
    reasoning: Reasoning | UnsetType | None = UNSET
    tool_choice: ToolChoice | UnsetType = UNSET
    tools: list[FunctionTool] | UnsetType = UNSET
    tracing: Literal["auto"] | Tracing | UnsetType | None = UNSET
    truncation: Literal["auto", "disabled"] | Retention | UnsetType = UNSET


_PLAIN = (
    "include instructions max_output_tokens output_modalities parallel_tool_calls reasoning tool_choice tools tracing "
    "truncation"
).split()


@dataclass
class Config:
    """How a session is configured. The defaults are the documented ones."""

    model: str
    instructions: str = "You are a helpful, friendly assistant. Answer briefly."
    output_modalities: list[Modality] = field(default_factory=lambda: ["audio"])
    max_output_tokens: int | Literal["inf"] = "inf"
    tools: list[FunctionTool] = field(default_factory=list)
    tool_choice: ToolChoice = "auto"
    parallel_tool_calls: bool | None = None
    reasoning: Reasoning | None = None
    include: list[str] | None = None
    tracing: Any = None
    truncation: Any = "auto"
    noise_reduction: NoiseReduction | None = None
    transcription: Transcription | None = None
    turn_detection: TurnDetection | None = field(default_factory=ServerVad)
    speed: float = 1.0
    voice: Voice = "marin"

    def update(self, update: SessionUpdate, *, has_spoken: bool) -> None:
        """Takes an update over, whole or not at all.

        Args:
            update: checked member by member already.
            has_spoken: the voice has been heard and cannot be changed any more.

        Raises:
            Complaint: it cannot be.
        """
        _check(update, self, has_spoken=has_spoken)
        for name in _PLAIN:
            if (value := getattr(update, name)) is not UNSET:
                setattr(self, name, value)
        if update.audio is UNSET:
            return
        for part, names in (
            (update.audio.input, ("noise_reduction", "transcription", "turn_detection")),
            (update.audio.output, ("speed", "voice")),
        ):
            for name in names:
                if part is not UNSET and (value := getattr(part, name)) is not UNSET:
                    setattr(self, name, value)

    def members(self, session_id: str, expires_at: int) -> dict[str, Any]:
        """The member `session` of `session.created` and `session.updated`; `expires_at` is in seconds since 1970."""
        members = {
            "type": "realtime",
            "object": "realtime.session",
            "id": session_id,
            "expires_at": expires_at,
            "model": self.model,
            "output_modalities": self.output_modalities,
            "instructions": self.instructions,
            "tools": self.tools,
            "tool_choice": self.tool_choice,
            "max_output_tokens": self.max_output_tokens,
            "tracing": self.tracing,
            "truncation": self.truncation,
            "prompt": None,
            "include": self.include,
            "audio": {
                "input": {
                    "format": Pcm(),
                    "noise_reduction": self.noise_reduction,
                    "transcription": self.transcription,
                    "turn_detection": self.turn_detection,
                },
                "output": {"format": Pcm(), "voice": self.voice, "speed": self.speed},
            },
        }
        if self.reasoning is not None:
            members["reasoning"] = self.reasoning
        if self.parallel_tool_calls is not None:
            members["parallel_tool_calls"] = self.parallel_tool_calls
        return dict(msgspec.to_builtins(members))


def check_modalities(modalities: list[Modality] | UnsetType, param: str) -> None:
    """Text or audio, not both.

    Raises:
        Complaint: both.
    """
    if modalities is not UNSET and len(modalities) > 1:
        raise Complaint("Audio comes with its transcript: ask for audio or for text.", "invalid_value", param)


def _check(update: SessionUpdate, config: Config, *, has_spoken: bool) -> None:
    if update.type == "transcription":
        raise Complaint("This is a conversation, no transcription session.", "invalid_value", "session.type")
    if update.model not in (UNSET, config.model):
        raise Complaint("The model of a session cannot be changed.", "invalid_value", "session.model")
    if update.prompt not in (UNSET, None):
        raise Complaint("There is no such prompt.", "invalid_value", "session.prompt")
    check_modalities(update.output_modalities, "session.output_modalities")
    if update.audio is UNSET:
        return
    heard, said = update.audio.input, update.audio.output
    for name, part in (("input", heard), ("output", said)):
        if part is not UNSET and part.format is not UNSET and not isinstance(part.format, Pcm):
            raise not_simulated(f"session.audio.{name}.format")
    if heard is not UNSET and getattr(heard.turn_detection, "idle_timeout_ms", None) is not None:
        raise not_simulated("session.audio.input.turn_detection.idle_timeout_ms")
    if has_spoken and said is not UNSET and said.voice not in (UNSET, config.voice):
        raise Complaint(
            "Cannot update a conversation's voice if assistant audio is present.",
            "cannot_update_voice",
            "session.audio.output.voice",
        )
