"""The events that clients send. Members that this gateway does not know are passed over, as newer clients have more.

Source: https://platform.openai.com/docs/api-reference/realtime-client-events
"""

import re
from typing import Annotated, Any, Literal

import msgspec
from msgspec import UNSET, Meta, Struct, UnsetType

from speko.api.openai_realtime.complaints import Complaint

Name = Annotated[str, Meta(max_length=512)]


class InputText(Struct, tag_field="type", tag="input_text"):
    text: str


class InputAudio(Struct, tag_field="type", tag="input_audio"):
    pass


class InputImage(Struct, tag_field="type", tag="input_image"):
    pass


class OutputText(Struct, tag_field="type", tag="output_text"):
    text: str


class OutputAudio(Struct, tag_field="type", tag="output_audio"):
    transcript: str | None = None


Content = InputText | InputAudio | InputImage | OutputText | OutputAudio


class Message(Struct, tag_field="type", tag="message", kw_only=True):
    role: Literal["system", "user", "assistant"]
    content: list[Content]
    id: Name | None = None


class FunctionCall(Struct, tag_field="type", tag="function_call", kw_only=True):
    name: Name
    arguments: str
    call_id: Name | None = None
    id: Name | None = None


class FunctionCallOutput(Struct, tag_field="type", tag="function_call_output", kw_only=True):
    call_id: Name
    output: str
    id: Name | None = None


class McpApproval(Struct, tag_field="type", tag="mcp_approval_response"):
    pass


Item = Message | FunctionCall | FunctionCallOutput | McpApproval


class Format(Struct):
    type: str = "audio/pcm"
    rate: int | None = None


class TurnDetection(Struct):
    type: str = "server_vad"
    create_response: bool | None = None
    interrupt_response: bool | None = None


class Transcription(Struct):
    model: str | None = None
    language: Annotated[str, Meta(max_length=35)] | None = None


class VoiceId(Struct):
    id: Name


class AudioInput(Struct):
    format: Format | UnsetType | None = UNSET
    turn_detection: TurnDetection | UnsetType | None = UNSET
    transcription: Transcription | UnsetType | None = UNSET


class AudioOutput(Struct):
    format: Format | UnsetType | None = UNSET
    voice: Name | VoiceId | UnsetType | None = UNSET
    speed: float | UnsetType | None = UNSET


class Audio(Struct):
    input: AudioInput | UnsetType | None = UNSET
    output: AudioOutput | UnsetType | None = UNSET


class FunctionTool(Struct):
    type: str = "function"
    name: str | None = None
    description: str | None = None
    parameters: dict[str, Any] | None = None


class Session(Struct, kw_only=True):
    """The member `session` of `session.update`. What is absent stays as it is."""

    type: str = "realtime"
    model: str | UnsetType | None = UNSET
    instructions: str | UnsetType | None = UNSET
    output_modalities: list[str] | UnsetType | None = UNSET
    audio: Audio | UnsetType | None = UNSET
    tools: list[FunctionTool] | UnsetType | None = UNSET
    tool_choice: Any = UNSET
    max_output_tokens: int | str | UnsetType | None = UNSET
    temperature: Annotated[float, Meta(ge=0, le=2)] | UnsetType | None = UNSET
    prompt: Any = None


_Value = Annotated[str, Meta(max_length=512)]


class ResponseParams(Struct, kw_only=True):
    """The member `response` of `response.create`."""

    instructions: str | None = None
    metadata: dict[str, _Value] | None = None
    conversation: str | None = None
    input: list[Any] | None = None
    output_modalities: list[str] | None = None
    tools: list[Any] | None = None
    tool_choice: Any = None
    prompt: Any = None


class ClientEvent(Struct, kw_only=True, tag_field="type"):
    event_id: Name | None = None


class AppendAudio(ClientEvent, tag="input_audio_buffer.append"):
    audio: bytes
    """Base64 on the wire."""


class CommitAudio(ClientEvent, tag="input_audio_buffer.commit"):
    pass


class ClearAudio(ClientEvent, tag="input_audio_buffer.clear"):
    pass


class ClearOutput(ClientEvent, tag="output_audio_buffer.clear"):
    pass


class UpdateSession(ClientEvent, tag="session.update"):
    session: Session


class CreateItem(ClientEvent, tag="conversation.item.create"):
    item: Item
    previous_item_id: str | None = None


class RetrieveItem(ClientEvent, tag="conversation.item.retrieve"):
    item_id: str


class DeleteItem(ClientEvent, tag="conversation.item.delete"):
    item_id: str


class TruncateItem(ClientEvent, tag="conversation.item.truncate"):
    item_id: str
    audio_end_ms: Annotated[int, Meta(ge=0)]
    content_index: int = 0


class CreateResponse(ClientEvent, tag="response.create"):
    response: ResponseParams | None = None


class CancelResponse(ClientEvent, tag="response.cancel"):
    response_id: str | None = None


Event = (
    AppendAudio
    | CommitAudio
    | ClearAudio
    | ClearOutput
    | UpdateSession
    | CreateItem
    | RetrieveItem
    | DeleteItem
    | TruncateItem
    | CreateResponse
    | CancelResponse
)


class _Named(Struct):
    event_id: Any = None


_decode = msgspec.json.Decoder(Event).decode
_decode_name = msgspec.json.Decoder(_Named).decode
_PATH = re.compile(r" - at `\$\.?(.*)`$")
_FIELD = re.compile(r"field `([A-Za-z0-9_]{1,64})`")


def decode(text: bytes) -> Event:
    """The event in a message.

    Raises:
        Complaint: it is none, or none that is known here. It repeats nothing of what the client said.
    """
    try:
        event: Event = _decode(text)
    except msgspec.ValidationError as failure:
        raise _complaint(failure, _event_id(text)) from None
    except (msgspec.DecodeError, RecursionError):
        raise Complaint("The message is not valid JSON", "invalid_json") from None
    return event


def _event_id(text: bytes) -> str | None:
    try:
        name = _decode_name(text).event_id
    except (msgspec.DecodeError, RecursionError):
        return None
    return name if isinstance(name, str) and len(name) <= 512 else None


def _complaint(failure: msgspec.ValidationError, event_id: str | None) -> Complaint:
    text = str(failure)
    path = found[1] if (found := _PATH.search(text)) else ""
    name = found[1] if (found := _FIELD.search(text)) else ""
    where = ".".join(filter(None, (path, name))) or None
    if "missing required field" in text:
        return Complaint(f"Missing required parameter: '{where}'", "missing_required_parameter", where, event_id)
    if text.startswith("Invalid value") and path == "type":
        return Complaint("An event of this type is not known here", "invalid_value", "type", event_id)
    if text.startswith("Invalid base64"):
        return Complaint("The audio is not valid base64", "invalid_value", where, event_id)
    code = "invalid_type" if text.startswith("Expected") and ", got" in text else "invalid_value"
    return Complaint(f"Invalid value for '{where or 'the event'}'", code, where, event_id)
