from typing import Any, get_args

import msgspec
import pytest
from openai.types.realtime import (
    RealtimeClientEvent,
    RealtimeConversationItemFunctionCall,
    RealtimeConversationItemFunctionCallOutput,
    RealtimeFunctionTool,
    RealtimeResponseCreateParams,
    RealtimeSessionCreateRequest,
)
from openai.types.realtime.audio_transcription import AudioTranscription
from openai.types.realtime.realtime_audio_config_input import NoiseReduction, RealtimeAudioConfigInput
from openai.types.realtime.realtime_audio_config_output import RealtimeAudioConfigOutput
from openai.types.realtime.realtime_audio_input_turn_detection import SemanticVad, ServerVad
from openai.types.realtime.realtime_conversation_item_user_message import Content
from openai.types.realtime.realtime_tracing_config import TracingConfiguration
from pydantic import BaseModel

from speko.simulators.openai.realtime import client_events, config, items
from speko.simulators.openai.realtime.client_events import decode
from speko.simulators.openai.realtime.config import Config, SessionUpdate
from speko.simulators.openai.realtime.errors import Complaint

OURS: list[tuple[type, type[BaseModel]]] = [
    (config.SessionUpdate, RealtimeSessionCreateRequest),
    (config.AudioInput, RealtimeAudioConfigInput),
    (config.AudioOutput, RealtimeAudioConfigOutput),
    (config.ServerVad, ServerVad),
    (config.SemanticVad, SemanticVad),
    (config.NoiseReduction, NoiseReduction),
    (config.Transcription, AudioTranscription),
    (config.FunctionTool, RealtimeFunctionTool),
    (config.Tracing, TracingConfiguration),
    (items.CallItem, RealtimeConversationItemFunctionCall),
    (items.OutputItem, RealtimeConversationItemFunctionCallOutput),
    (client_events.ResponseParams, RealtimeResponseCreateParams),
]


def members(struct: Any) -> set[str]:
    tag = struct.__struct_config__.tag_field
    return set(struct.__struct_fields__) | ({tag} if tag else set())


@pytest.mark.parametrize(("ours", "theirs"), OURS, ids=lambda kind: kind.__name__)
def test_the_members_are_those_of_the_package(ours: type, theirs: type[BaseModel]) -> None:
    assert members(ours) == set(theirs.model_fields)


def kinds_of(union: Any) -> tuple[Any, ...]:
    """The members of a union, annotated or not."""
    return get_args(get_args(union)[0]) or get_args(union)


def test_every_client_event_of_the_package_is_known_with_its_members() -> None:
    theirs = {get_args(kind.model_fields["type"].annotation)[0]: kind for kind in kinds_of(RealtimeClientEvent)}
    ours = {kind.__struct_config__.tag: kind for kind in kinds_of(client_events.Event)}
    assert set(ours) == set(theirs)
    for name, kind in ours.items():
        assert members(kind) == set(theirs[name].model_fields), name


def test_every_content_of_the_package_is_known() -> None:
    parts = (items.InputText, items.InputAudio, items.InputImage)
    assert set().union(*map(members, parts)) == set(Content.model_fields)


def update(**session: Any) -> SessionUpdate:
    event = decode(msgspec.json.encode({"type": "session.update", "session": {"type": "realtime", **session}}))
    assert isinstance(event, client_events.UpdateSession)
    return event.session


def test_what_is_absent_stays_and_null_takes_away() -> None:
    held = Config("gpt-realtime")
    held.update(update(audio={"input": {"transcription": {"model": "whisper-1"}}}), has_spoken=False)
    held.update(update(instructions="x", audio={"output": {"speed": 1.5}}), has_spoken=False)
    assert held.transcription == config.Transcription(model="whisper-1")
    assert (held.instructions, held.speed, held.turn_detection) == ("x", 1.5, config.ServerVad())
    held.update(update(audio={"input": {"transcription": None, "turn_detection": None}}), has_spoken=False)
    shown = held.members("s", 1)
    assert (shown["audio"]["input"]["transcription"], shown["audio"]["input"]["turn_detection"]) == (None, None)
    assert shown["instructions"] == "x"


EVERYTHING: dict[str, Any] = {
    "model": "gpt-realtime",
    "include": ["item.input_audio_transcription.logprobs"],
    "max_output_tokens": 4096,
    "output_modalities": ["text"],
    "parallel_tool_calls": True,
    "prompt": None,
    "reasoning": {"effort": "low"},
    "tool_choice": {"type": "function", "name": "f"},
    "tools": [{"type": "function", "name": "f", "description": "d", "parameters": {"type": "object"}}],
    "tracing": {"workflow_name": "w", "group_id": "g", "metadata": {}},
    "truncation": {"type": "retention_ratio", "retention_ratio": 0.5, "token_limits": {"post_instructions": 9}},
    "audio": {
        "input": {
            "format": {"type": "audio/pcm", "rate": 24000},
            "noise_reduction": {"type": "near_field"},
            "turn_detection": {"type": "semantic_vad", "eagerness": "high"},
        },
        "output": {"format": {"type": "audio/pcm"}, "voice": {"id": "voice_1"}},
    },
}


def test_everything_is_taken_and_shown() -> None:
    held = Config("gpt-realtime")
    held.update(update(**EVERYTHING), has_spoken=False)
    shown = held.members("sess_1", 9)
    for name in set(EVERYTHING) - {"audio"}:
        assert shown[name] == EVERYTHING[name], name
    assert shown["audio"]["output"]["voice"] == {"id": "voice_1"}
    assert shown["audio"]["input"]["noise_reduction"] == {"type": "near_field"}


AUDIO = "session.audio"


@pytest.mark.parametrize(
    ("session", "code", "param"),
    [
        ({"type": "nothing"}, "invalid_value", "session.type"),
        ({"type": "transcription"}, "invalid_value", "session.type"),
        ({"modalities": ["audio"]}, "unknown_parameter", "session.modalities"),
        ({"model": "gpt-realtime-mini"}, "invalid_value", "session.model"),
        ({"instructions": None}, "invalid_type", "session.instructions"),
        ({"max_output_tokens": 0}, "invalid_value", "session.max_output_tokens"),
        ({"max_output_tokens": "none"}, "invalid_value", "session.max_output_tokens"),
        ({"output_modalities": ["text", "audio"]}, "invalid_value", "session.output_modalities"),
        ({"output_modalities": ["video"]}, "invalid_value", "session.output_modalities[0]"),
        ({"prompt": {"id": "p"}}, "invalid_value", "session.prompt"),
        ({"tools": [{"type": "function"}]}, "missing_required_parameter", "session.tools[0].name"),
        ({"tools": [{"type": "function", "name": "a b"}]}, "invalid_value", "session.tools[0].name"),
        ({"tools": [{"type": "function", "name": "f", "meta": 1}]}, "unknown_parameter", "session.tools[0].meta"),
        ({"tools": [{"type": "mcp", "server_label": "x"}]}, "invalid_value", "session.tools[0].type"),
        ({"audio": {"input": {"format": {"type": "audio/pcmu"}}}}, "invalid_value", f"{AUDIO}.input.format"),
        ({"audio": {"output": {"format": {"type": "audio/pcma"}}}}, "invalid_value", f"{AUDIO}.output.format"),
        ({"audio": {"input": {"format": {"type": "pcm16"}}}}, "invalid_value", f"{AUDIO}.input.format.type"),
        (
            {"audio": {"input": {"format": {"type": "audio/pcm", "rate": 16000}}}},
            "invalid_value",
            f"{AUDIO}.input.format.rate",
        ),
        ({"audio": {"output": {"voice": ""}}}, "invalid_value", f"{AUDIO}.output.voice"),
        ({"audio": {"output": {"speed": 3}}}, "invalid_value", f"{AUDIO}.output.speed"),
        (
            {"audio": {"input": {"turn_detection": {"type": "server_vad", "threshold": 2}}}},
            "invalid_value",
            f"{AUDIO}.input.turn_detection.threshold",
        ),
        (
            {"audio": {"input": {"turn_detection": {"type": "server_vad", "idle_timeout_ms": 5000}}}},
            "invalid_value",
            f"{AUDIO}.input.turn_detection.idle_timeout_ms",
        ),
    ],
)
def test_what_does_not_fit_is_named_and_changes_nothing(session: dict[str, Any], code: str, param: str) -> None:
    held = Config("gpt-realtime")
    before = held.members("s", 1)
    with pytest.raises(Complaint) as complaint:
        held.update(update(**{"instructions": "secret words", **session}), has_spoken=False)
    assert (complaint.value.code, complaint.value.param) == (code, param)
    assert "secret words" not in complaint.value.message
    assert held.members("s", 1) == before
