"""Items of a conversation: how clients write them, and how the vendor holds and shows them.

Source: https://platform.openai.com/docs/api-reference/realtime-client-events/conversation/item/create
"""

from dataclasses import dataclass, field
from typing import Annotated, Any, Literal
from uuid import uuid4

from msgspec import Meta, Struct

from speko.simulators.openai.realtime.errors import Complaint

Id = Annotated[str, Meta(min_length=1, max_length=32)]
CallId = Annotated[str, Meta(pattern=r"^[a-zA-Z0-9_-]+$(?!\n)", max_length=32)]
Status = Literal["completed", "incomplete", "in_progress"]


class InputText(Struct, tag_field="type", tag="input_text", forbid_unknown_fields=True):
    text: str


class InputAudio(Struct, tag_field="type", tag="input_audio", forbid_unknown_fields=True):
    audio: str
    """Base64."""
    transcript: str | None = None


class InputImage(Struct, tag_field="type", tag="input_image", forbid_unknown_fields=True):
    image_url: str
    detail: Literal["auto", "low", "high"] = "auto"


class OutputText(Struct, tag_field="type", tag="output_text", forbid_unknown_fields=True):
    text: str


class OutputAudio(Struct, tag_field="type", tag="output_audio", forbid_unknown_fields=True):
    audio: str | None = None
    transcript: str | None = None


Content = InputText | InputAudio | InputImage | OutputText | OutputAudio


class MessageItem(Struct, tag_field="type", tag="message", kw_only=True, forbid_unknown_fields=True):
    role: Literal["system", "user", "assistant"]
    content: list[Content]
    id: Id | None = None
    object: Literal["realtime.item"] | None = None
    status: Status | None = None


class CallItem(Struct, tag_field="type", tag="function_call", kw_only=True, forbid_unknown_fields=True):
    name: str
    arguments: str
    call_id: CallId | None = None
    id: Id | None = None
    object: Literal["realtime.item"] | None = None
    status: Status | None = None


class OutputItem(Struct, tag_field="type", tag="function_call_output", kw_only=True, forbid_unknown_fields=True):
    call_id: CallId
    output: str
    id: Id | None = None
    object: Literal["realtime.item"] | None = None
    status: Status | None = None


class ItemReference(Struct, tag_field="type", tag="item_reference", forbid_unknown_fields=True):
    id: str


NewItem = MessageItem | CallItem | OutputItem

_ALLOWED: dict[str, tuple[type, ...]] = {
    "system": (InputText,),
    "user": (InputText, InputAudio, InputImage),
    "assistant": (OutputText, OutputAudio),
}


@dataclass(slots=True)
class Part:
    """A part of a message. `text` is its text or the transcript of its sound, None where that is not known."""

    type: str
    text: str | None = None
    image: dict[str, str] | None = None

    def shown(self) -> dict[str, Any]:
        """As the vendor shows it, without sound."""
        if self.image is not None:
            return {"type": self.type, **self.image}
        name = "transcript" if self.type.endswith("audio") else "text"
        return {"type": self.type, name: self.text}


@dataclass(slots=True)
class SpokenWord:
    """A word with the space before it, and where its sound ends within the item, in milliseconds."""

    text: str
    end_ms: float


@dataclass(slots=True, eq=False)
class Item:
    """An item of a conversation."""

    id: str
    type: Literal["message", "function_call", "function_call_output"]
    role: str | None = None
    status: Status = "completed"
    parts: list[Part] = field(default_factory=list)
    call_id: str = ""
    name: str = ""
    arguments: str = ""
    output: str = ""
    audio_ms: float = 0.0
    """Sound of the item: what the user said, or what was sent of an answer."""
    words: list[SpokenWord] = field(default_factory=list)
    """Of an answer, as far as its text was sent."""

    @property
    def text(self) -> str:
        """The words of a message."""
        return " ".join(part.text for part in self.parts if part.text)

    def shown(self) -> dict[str, Any]:
        """As the vendor shows it."""
        head = {"id": self.id, "object": "realtime.item", "type": self.type, "status": self.status}
        if self.type == "message":
            return {**head, "role": self.role, "content": [part.shown() for part in self.parts]}
        if self.type == "function_call":
            return {**head, "call_id": self.call_id, "name": self.name, "arguments": self.arguments}
        return {**head, "call_id": self.call_id, "output": self.output}

    def truncate(self, audio_end_ms: int) -> None:
        """Forgets what comes after the words whose sound is complete by then.

        Raises:
            Complaint: there is no sound, or less.
        """
        if self.role != "assistant" or not self.audio_ms:
            raise Complaint("Only model output audio messages can be truncated", "unsupported_content_type")
        if audio_end_ms > self.audio_ms:
            said = f"Audio content of {self.audio_ms:.0f}ms is already shorter than {audio_end_ms}ms"
            raise Complaint(said, "invalid_value", "audio_end_ms")
        self.audio_ms = audio_end_ms
        self.words = [word for word in self.words if word.end_ms <= audio_end_ms]
        self.parts[0].text = "".join(word.text for word in self.words)


def new_id(prefix: str) -> str:
    """An identifier in the vendor's manner, at most 32 characters."""
    return f"{prefix}_{uuid4().hex[:21]}"


def item_of(written: NewItem, where: str) -> Item:
    """The item that a client wrote; sound in it is not heard here.

    Args:
        written: checked member by member already.
        where: its path in the event.

    Raises:
        Complaint: it has content that does not go with its role.
    """
    item_id = written.id or new_id("item")
    if isinstance(written, OutputItem):
        return Item(item_id, "function_call_output", call_id=written.call_id, output=written.output)
    if isinstance(written, CallItem):
        call_id = written.call_id or new_id("call")
        return Item(item_id, "function_call", call_id=call_id, name=written.name, arguments=written.arguments)
    for index, content in enumerate(written.content):
        if not isinstance(content, _ALLOWED[written.role]):
            raise Complaint(
                f"This content does not go with the role {written.role}.",
                "invalid_value",
                f"{where}.content[{index}].type",
            )
        if isinstance(content, OutputAudio):
            # The documentation: a client "cannot populate assistant audio messages".
            raise Complaint("Assistant audio cannot be added.", "invalid_value", f"{where}.content[{index}].type")
    return Item(item_id, "message", written.role, parts=[_part(content) for content in written.content])


def _part(content: Content) -> Part:
    match content:
        case InputText(text=text):
            return Part("input_text", text)
        case OutputText(text=text):
            return Part("output_text", text)
        case InputImage(image_url=url, detail=detail):
            return Part("input_image", image={"image_url": url, "detail": detail})
    return Part(content.__struct_config__.tag, content.transcript)  # type: ignore[arg-type]
