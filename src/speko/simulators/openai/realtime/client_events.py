"""The events that clients send, member by member; a member that the vendor does not have is refused.

Source: https://platform.openai.com/docs/api-reference/realtime-client-events
"""

from typing import Annotated, Any, Literal

import msgspec
from msgspec import UNSET, Meta, Struct, UnsetType

from speko.simulators.openai.realtime.config import (
    Format,
    FunctionTool,
    MaxTokens,
    Modality,
    Reasoning,
    SessionUpdate,
    ToolChoice,
    Voice,
)
from speko.simulators.openai.realtime.errors import Complaint, complaint_about
from speko.simulators.openai.realtime.items import CallItem, ItemReference, MessageItem, NewItem, OutputItem

EventId = Annotated[str, Meta(max_length=512)]


class ClientEvent(Struct, kw_only=True, forbid_unknown_fields=True, tag_field="type"):
    event_id: EventId | None = None


class UpdateSession(ClientEvent, tag="session.update"):
    session: SessionUpdate


class AppendAudio(ClientEvent, tag="input_audio_buffer.append"):
    audio: str


class CommitAudio(ClientEvent, tag="input_audio_buffer.commit"):
    pass


class ClearAudio(ClientEvent, tag="input_audio_buffer.clear"):
    pass


class ClearOutput(ClientEvent, tag="output_audio_buffer.clear"):
    pass


class CreateItem(ClientEvent, tag="conversation.item.create"):
    item: NewItem
    previous_item_id: str | None = None


class RetrieveItem(ClientEvent, tag="conversation.item.retrieve"):
    item_id: str


class DeleteItem(ClientEvent, tag="conversation.item.delete"):
    item_id: str


class TruncateItem(ClientEvent, tag="conversation.item.truncate"):
    item_id: str
    content_index: Literal[0]
    audio_end_ms: Annotated[int, Meta(ge=0)]


class ResponseVoice(Struct, forbid_unknown_fields=True):
    format: Format | UnsetType = UNSET
    voice: Voice | UnsetType = UNSET


class ResponseAudio(Struct, forbid_unknown_fields=True):
    output: ResponseVoice | UnsetType = UNSET


_Key = Annotated[str, Meta(max_length=64)]
_Value = Annotated[str, Meta(max_length=512)]


class ResponseParams(Struct, kw_only=True, forbid_unknown_fields=True):
    """The member `response` of `response.create`. What is absent is as in the session."""

    audio: ResponseAudio | UnsetType = UNSET
    conversation: Literal["auto", "none"] = "auto"
    input: list[MessageItem | CallItem | OutputItem | ItemReference] | UnsetType = UNSET
    instructions: str | UnsetType = UNSET
    max_output_tokens: MaxTokens | UnsetType = UNSET
    metadata: Annotated[dict[_Key, _Value], Meta(max_length=16)] | None = None
    output_modalities: Annotated[list[Modality], Meta(min_length=1)] | UnsetType = UNSET
    parallel_tool_calls: bool | UnsetType | None = UNSET
    prompt: Any = UNSET
    reasoning: Reasoning | UnsetType | None = UNSET
    tool_choice: ToolChoice | UnsetType = UNSET
    tools: list[FunctionTool] | UnsetType = UNSET


class CreateResponse(ClientEvent, tag="response.create"):
    response: ResponseParams = msgspec.field(default_factory=ResponseParams)


class CancelResponse(ClientEvent, tag="response.cancel"):
    response_id: str | None = None


Event = (
    UpdateSession
    | AppendAudio
    | CommitAudio
    | ClearAudio
    | ClearOutput
    | CreateItem
    | RetrieveItem
    | DeleteItem
    | TruncateItem
    | CreateResponse
    | CancelResponse
)


class _Named(Struct):
    event_id: Any = None


_DECODER: msgspec.json.Decoder[Event] = msgspec.json.Decoder(Event)
_NAME_DECODER = msgspec.json.Decoder(_Named)


def decode(text: str | bytes) -> Event:
    """The event in a message.

    Raises:
        Complaint: it is none, or one that the vendor does not have, or does not take like this.
    """
    try:
        return _DECODER.decode(text)
    except msgspec.ValidationError as failure:
        raise complaint_about(failure) from None
    except (msgspec.DecodeError, RecursionError, UnicodeDecodeError):
        raise Complaint("The message is not valid JSON.", "invalid_json") from None


def event_id_of(text: str | bytes) -> str | None:
    """The `event_id` of a message that is no valid event."""
    try:
        name = _NAME_DECODER.decode(text).event_id
    except (msgspec.MsgspecError, RecursionError, UnicodeDecodeError):
        return None
    return name if isinstance(name, str) else None
