"""The assistant's side: at most one response is open, and each has one end.

Source: https://platform.openai.com/docs/api-reference/realtime-server-events/response/created
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from speko.api.openai_realtime.items import Items
from speko.api.openai_realtime.server_events import Numbered, Sounds
from speko.api.openai_realtime.settings import RATE, Modality
from speko.api.openai_realtime.wanted import Wanted
from speko.events.s2s import ToolCallFrame
from speko.providers.s2s import ResponseUsage

Status = Literal["completed", "cancelled", "incomplete", "failed"]
Why = Literal["turn_detected", "client_cancelled"]


@dataclass(frozen=True, slots=True)
class Asked:
    """What the client said about the response that it wants."""

    metadata: Mapping[str, str] | None = None
    modality: Modality | None = None


@dataclass(slots=True, eq=False)
class Message:
    """What the assistant says in a response."""

    item: dict[str, Any]
    place: dict[str, Any]
    sounds: Sounds | None
    """None: text is wanted, and no sound."""
    text: str = ""


@dataclass(slots=True, eq=False)
class Response:
    """One response while it is open."""

    id: str
    modality: Modality
    metadata: Mapping[str, str] | None
    output: list[dict[str, Any]] = field(default_factory=list)
    message: Message | None = None


class Output:
    """Of one session."""

    def __init__(self, numbers: Numbered, items: Items, out: list[Wanted]) -> None:
        self.modality: Modality = "audio"
        self.voice: str | None = None
        self.conversation_id = numbers.new("conv")
        self.open: Response | None = None
        self.asked: Asked | None = None
        """What the client said of the response that it waits for; None = it waits for none."""
        self.sounds: Sounds | None = None
        """Where the sound of the open response goes."""
        self.last: dict[str, Any] | None = None
        """The last message of the assistant."""
        self.last_is_cut = False
        """It was interrupted."""
        self._numbers = numbers
        self._items = items
        self._out = out

    # ---- a response

    def begin(self) -> None:
        """The engine begins a response, or goes on with that of another engine."""
        if self.open is not None:
            return
        asked, self.asked = self.asked or Asked(), None
        self.open = Response(self._numbers.new("resp"), asked.modality or self.modality, asked.metadata)
        self._say("response.created", response=self._shown("in_progress"))

    def end(self, status: Status, why: Why | None = None, usage: ResponseUsage | None = None) -> None:
        """The open response is over."""
        response = self.open
        if response is None:
            return
        self._end_message("completed" if status == "completed" else "incomplete")
        details = None if status == "completed" else {"type": status, **({"reason": why} if why else {})}
        self._say("response.done", response=self._shown(status, details, usage))
        self.open = None
        if status == "cancelled":
            self.last_is_cut = True

    def nothing(self, status: Status, why: Why | None = None) -> None:
        """The response that the client waits for has come to nothing."""
        if self.asked is not None and self.open is None:
            self.begin()
            self.end(status, why)

    # ---- what is in it

    def text(self, words: str) -> None:
        """All words so far."""
        response = self.open
        if response is None:
            return
        message = response.message or self._begin_message(response)
        if not words.startswith(message.text) or len(words) == len(message.text):
            return  # what was heard of it, after an interruption
        delta, message.text = words[len(message.text) :], words
        kind = "response.output_audio_transcript" if message.sounds else "response.output_text"
        self._say(f"{kind}.delta", **message.place, delta=delta)

    def sound_begins(self) -> None:
        """The first sound of the open response is there."""
        if self.open is not None and self.open.message is None:
            self._begin_message(self.open)

    def call(self, frame: ToolCallFrame) -> None:
        """The assistant asks for a tool."""
        response = self.open
        if response is None:
            return
        item = {"id": self._numbers.new("item"), "type": "function_call", "call_id": frame.call_id, "name": frame.name}
        place = {"response_id": response.id, "output_index": len(response.output)}
        response.output.append(item)
        named = {"item_id": item["id"], "call_id": frame.call_id, **place}
        item["arguments"] = ""
        item["status"] = "in_progress"
        self._say("response.output_item.added", **place, item=item)
        self._items.add(item, status="in_progress")
        self._say("response.function_call_arguments.delta", **named, delta=frame.arguments)
        self._say("response.function_call_arguments.done", **named, name=frame.name, arguments=frame.arguments)
        item["arguments"] = frame.arguments
        item["status"] = "completed"
        self._say("response.output_item.done", **place, item=item)
        self._items.done(item, "completed")

    def _begin_message(self, response: Response) -> Message:
        item: dict[str, Any] = {"id": self._numbers.new("item"), "type": "message", "role": "assistant", "content": []}
        item["status"] = "in_progress"
        place = {"response_id": response.id, "output_index": len(response.output)}
        response.output.append(item)
        self._say("response.output_item.added", **place, item=item)
        self._items.add(item, status="in_progress")
        place = {**place, "item_id": item["id"], "content_index": 0}
        self.sounds = self._numbers.sounds(**place) if response.modality == "audio" else None
        message = response.message = Message(item, place, self.sounds)
        self._say("response.content_part.added", **place, part=_part(message))
        self.last, self.last_is_cut = item, False
        return message

    def _end_message(self, status: Literal["completed", "incomplete"]) -> None:
        response, self.sounds = self.open, None
        message = response.message if response is not None else None
        if message is None:
            return
        if message.sounds:
            self._say("response.output_audio.done", **message.place)
            self._say("response.output_audio_transcript.done", **message.place, transcript=message.text)
            content = {"type": "output_audio", "transcript": message.text}
        else:
            self._say("response.output_text.done", **message.place, text=message.text)
            content = {"type": "output_text", "text": message.text}
        self._say("response.content_part.done", **message.place, part=_part(message))
        item = message.item
        item["content"], item["status"] = [content], status
        place = {name: message.place[name] for name in ("response_id", "output_index")}
        self._say("response.output_item.done", **place, item=item)
        self._items.done(item, status)

    # ---- how it is shown

    def _shown(
        self, status: str, details: Mapping[str, Any] | None = None, usage: ResponseUsage | None = None
    ) -> dict[str, Any]:
        response = self.open
        assert response is not None  # noqa: S101 - nothing else is shown
        voice = {"format": {"type": "audio/pcm", "rate": RATE}, "voice": self.voice}
        return {
            "object": "realtime.response",
            "id": response.id,
            "status": status,
            "status_details": details,
            "output": response.output,
            "conversation_id": self.conversation_id,
            "output_modalities": [response.modality],
            "max_output_tokens": "inf",
            "audio": {"output": voice},
            "usage": None if usage is None else _tokens(usage),
            "metadata": response.metadata,
        }

    def _say(self, kind: str, **members: Any) -> None:
        self._out.append(self._numbers.event(kind, **members))


def _part(message: Message) -> dict[str, Any]:
    if message.sounds:
        return {"type": "audio", "transcript": message.text}
    return {"type": "text", "text": message.text}


def _tokens(usage: ResponseUsage) -> dict[str, Any]:
    cached_text = usage.cached_tokens - usage.cached_audio_tokens
    return {
        "total_tokens": usage.input_tokens + usage.output_tokens,
        "input_tokens": usage.input_tokens,
        "output_tokens": usage.output_tokens,
        "input_token_details": {
            "text_tokens": usage.input_tokens - usage.input_audio_tokens,
            "audio_tokens": usage.input_audio_tokens,
            "cached_tokens": usage.cached_tokens,
            "cached_tokens_details": {"text_tokens": cached_text, "audio_tokens": usage.cached_audio_tokens},
        },
        "output_token_details": {
            "text_tokens": usage.output_tokens - usage.output_audio_tokens,
            "audio_tokens": usage.output_audio_tokens,
        },
    }
