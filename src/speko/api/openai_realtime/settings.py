"""How a session is configured: what `session.update` may say, what is said back, and what an engine is asked for.

What an engine would not be told is not said back either: thresholds of a detector, noise reduction, a transcriber's
name. What would change the conversation and cannot be had is refused.

Source: https://platform.openai.com/docs/api-reference/realtime-client-events/session/update
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

from msgspec import UNSET, UnsetType

from speko.api.openai_realtime.client_events import (
    Audio,
    AudioInput,
    AudioOutput,
    Format,
    FunctionTool,
    Session,
    TurnDetection,
    VoiceId,
)
from speko.api.openai_realtime.complaints import Complaint, not_served
from speko.providers.llm import Tool
from speko.providers.s2s import Configure

RATE = 24_000
"""Hz of the only format: PCM16 little-endian mono, in both directions."""
Modality = Literal["audio", "text"]
Detection = Literal["server_vad", "semantic_vad"]
_TOOL_NAME = re.compile(r"[a-zA-Z0-9_-]{1,64}\Z")
_LONGEST_DESCRIPTION = 1024
_MOST_TOOLS = 128
_NO_PARAMETERS: dict[str, Any] = {"type": "object", "properties": {}}


@dataclass(frozen=True, slots=True)
class Settings:
    """Of one session. The defaults are that API's own."""

    model: str
    """As the client named it."""
    instructions: str | None = None
    modality: Modality = "audio"
    voice: str | None = None
    """None = the engine's own."""
    tools: tuple[Tool, ...] = ()
    tool_choice: Literal["auto", "none"] = "auto"
    detection: Detection | None = "server_vad"
    """Who finds the end of a turn; None = the client says it."""
    transcribes: bool = False
    """The client wants to see what the user said."""
    language: str | None = None
    """BCP-47, as a hint."""
    temperature: float | None = None

    @property
    def fixed(self) -> tuple[object, ...]:
        """What an engine is told when it is connected, and not later."""
        return self.voice, self.detection is None, self.language, self.temperature

    def configured(self, system: str) -> Configure:
        """What an engine may be told at any time. `system`: goes behind the instructions."""
        return Configure("\n\n".join(filter(None, (self.instructions, system))) or None, self.usable_tools)

    @property
    def usable_tools(self) -> tuple[Tool, ...]:
        """Those that may be called."""
        return self.tools if self.tool_choice == "auto" else ()

    def members(self, session_id: str, expires_at: int) -> dict[str, Any]:
        """The member `session` of `session.created` and `session.updated`; `expires_at` in seconds since 1970."""
        pcm = {"type": "audio/pcm", "rate": RATE}
        detection = {"type": self.detection, "create_response": True, "interrupt_response": True}
        transcription = {"language": self.language} if self.language else {}
        return {
            "type": "realtime",
            "object": "realtime.session",
            "id": session_id,
            "expires_at": expires_at,
            "model": self.model,
            "output_modalities": [self.modality],
            "instructions": self.instructions or "",
            "tools": [tool_members(tool) for tool in self.tools],
            "tool_choice": self.tool_choice,
            "max_output_tokens": "inf",
            "tracing": None,
            "truncation": "auto",
            "prompt": None,
            "include": None,
            "audio": {
                "input": {
                    "format": pcm,
                    "noise_reduction": None,
                    "transcription": transcription if self.transcribes else None,
                    "turn_detection": detection if self.detection else None,
                },
                "output": {"format": pcm, "voice": self.voice, "speed": 1.0},
            },
        }


def tool_members(tool: Tool) -> dict[str, Any]:
    """A tool as the client gave it."""
    return {"type": "function", "name": tool.name, "description": tool.description, "parameters": tool.parameters}


def updated(settings: Settings, update: Session, *, begun: bool) -> Settings:
    """The settings after an update, which is taken as a whole or not at all. `begun`: an engine has been told the
    settings, so what is `fixed` stays as it is.

    Raises:
        Complaint: it cannot be taken.
    """
    if update.type != "realtime":
        raise not_served("Only sessions of the type 'realtime' are served here", "session.type")
    if _given(update.model) and update.model != settings.model:
        raise Complaint("The model of a session cannot be changed", "cannot_be_changed", "session.model")
    if update.prompt is not None:
        raise not_served("Stored prompts are not served here: send instructions", "session.prompt")
    if _given(update.max_output_tokens) and update.max_output_tokens != "inf":
        raise not_served("The length of an answer cannot be limited here", "session.max_output_tokens")
    new = settings
    if update.instructions is not UNSET:
        new = replace(new, instructions=update.instructions or None)
    if update.temperature is not UNSET:
        new = replace(new, temperature=update.temperature)
    if _given(update.output_modalities):
        new = replace(new, modality=modality_of(update.output_modalities or (), "session.output_modalities"))
    if update.tools is not UNSET:
        new = replace(new, tools=tools_of(update.tools or ()))
    if _given(update.tool_choice):
        new = replace(new, tool_choice=_choice(update.tool_choice, "session.tool_choice"))
    if isinstance(update.audio, Audio):
        new = _with_audio(new, update.audio)
    if begun and new.fixed != settings.fixed:
        raise Complaint(
            "Voice, language, temperature and who ends a turn cannot be changed once the conversation has begun: open "
            "another session",
            "cannot_be_changed",
            "session",
        )
    return new


def _with_audio(settings: Settings, audio: Audio) -> Settings:
    if isinstance(audio.input, AudioInput):
        settings = _with_input(settings, audio.input)
    if isinstance(audio.output, AudioOutput):
        _check_format(audio.output.format, "session.audio.output.format")
        if _given(audio.output.speed) and audio.output.speed != 1:
            raise not_served("The speed of speech cannot be set here", "session.audio.output.speed")
        voice = audio.output.voice
        if voice is not UNSET:
            settings = replace(settings, voice=voice.id if isinstance(voice, VoiceId) else voice)
    return settings


def _with_input(settings: Settings, audio: AudioInput) -> Settings:
    _check_format(audio.format, "session.audio.input.format")
    if audio.transcription is not UNSET:
        wanted = audio.transcription
        language = wanted.language if wanted is not None else None
        settings = replace(settings, transcribes=wanted is not None, language=language or settings.language)
    if audio.turn_detection is not UNSET:
        settings = replace(settings, detection=_detection(audio.turn_detection))
    return settings


def _detection(wanted: TurnDetection | None) -> Detection | None:
    path = "session.audio.input.turn_detection"
    if wanted is None:
        return None
    if wanted.create_response is False or wanted.interrupt_response is False:
        raise not_served("Whoever finds the end of a turn also answers it, and lets the user interrupt", path)
    if wanted.type == "server_vad":
        return "server_vad"
    if wanted.type == "semantic_vad":
        return "semantic_vad"
    raise Complaint("Turn detection is server_vad, semantic_vad or null", "invalid_value", f"{path}.type")


def _check_format(wanted: Format | UnsetType | None, path: str) -> None:
    if isinstance(wanted, Format) and (wanted.type != "audio/pcm" or wanted.rate not in (None, RATE)):
        raise not_served("Sound is audio/pcm at 24000 Hz here", path)


def modality_of(wanted: Sequence[str], path: str) -> Modality:
    """Text or sound.

    Raises:
        Complaint: it is neither, or both.
    """
    match list(wanted):
        case ["audio"]:
            return "audio"
        case ["text"]:
            return "text"
    raise Complaint("One of audio, which comes with its transcript, and text", "invalid_value", path)


def _choice(wanted: Any, path: str) -> Literal["auto", "none"]:
    if wanted == "auto":
        return "auto"
    if wanted == "none":
        return "none"
    raise not_served("Which tool is called cannot be forced here: auto or none", path)


def tools_of(wanted: Sequence[FunctionTool]) -> tuple[Tool, ...]:
    """Tools that the client runs.

    Raises:
        Complaint: one of them cannot be had.
    """
    if len(wanted) > _MOST_TOOLS:
        raise Complaint(f"At most {_MOST_TOOLS} tools", "array_above_max_length", "session.tools")
    return tuple(_tool(tool, f"session.tools[{number}]") for number, tool in enumerate(wanted))


def _tool(wanted: FunctionTool, path: str) -> Tool:
    if wanted.type != "function":
        raise not_served("Only functions that the client runs", f"{path}.type")
    name, description = wanted.name or "", wanted.description or wanted.name or ""
    if not _TOOL_NAME.match(name):
        raise Complaint("A name is 1 to 64 letters, digits, _ and -", "invalid_value", f"{path}.name")
    if len(description) > _LONGEST_DESCRIPTION:
        raise Complaint(f"At most {_LONGEST_DESCRIPTION} characters", "string_above_max_length", f"{path}.description")
    return Tool(name, description, wanted.parameters or _NO_PARAMETERS)


def _given(value: Any) -> bool:
    return value is not UNSET and value is not None
