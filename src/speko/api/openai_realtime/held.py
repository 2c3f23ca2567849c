"""What the client has added to the conversation and no engine knows yet: items before the first engine, then those
that wait for the client to ask for a response."""

from typing import Any

from speko.api.openai_realtime.client_events import (
    FunctionCall,
    FunctionCallOutput,
    InputText,
    Item,
    McpApproval,
    Message,
    OutputAudio,
    OutputText,
)
from speko.api.openai_realtime.complaints import Complaint, not_served
from speko.providers.s2s import AssistantSaid, HistoryItem, ToolAnswered, ToolCalled, UserSaid

_MOST_ITEMS = 200
_MOST_CHARS = 65_536
Kept = UserSaid | AssistantSaid | ToolCalled | ToolAnswered | str
"""A string is what a system message says."""


class Held:
    """Of one session, in order."""

    def __init__(self) -> None:
        self._kept: dict[str, Kept] = {}
        self._chars = 0
        self.calls: set[str] = set()
        """Ids of tool calls that wait for an output."""

    def put(self, item_id: str, item: Item, *, begun: bool) -> dict[str, Any]:
        """Keeps an item; returns how it is shown. `begun`: an engine is there, and what it takes is narrower.

        Raises:
            Complaint: it cannot be taken.
        """
        kept, shown = _read(item, item_id)
        if begun and not isinstance(kept, UserSaid | ToolAnswered):
            raise not_served("Once the conversation has begun, only the user and tools say something new", "item")
        if isinstance(kept, ToolAnswered) and kept.call_id not in self.calls:
            raise Complaint("No call with this call_id waits for an output", "item_not_found", "item.call_id")
        size = len(str(kept))
        if len(self._kept) >= _MOST_ITEMS or self._chars + size > _MOST_CHARS:
            raise Complaint("Too much waits for a response to be asked for", "conversation_too_long", "item")
        if isinstance(kept, ToolAnswered):
            self.calls.discard(kept.call_id)
        elif isinstance(kept, ToolCalled):
            self.calls.add(kept.call_id)
        self._kept[item_id] = kept
        self._chars += size
        return shown

    def take_back(self, item_id: str) -> bool:
        """The client has deleted an item; whether it was still here."""
        kept = self._kept.pop(item_id, None)
        if kept is None:
            return False
        self._chars -= len(str(kept))
        if isinstance(kept, ToolAnswered):
            self.calls.add(kept.call_id)
        elif isinstance(kept, ToolCalled):
            self.calls.discard(kept.call_id)
        return True

    def history(self, *, asked: bool) -> tuple[tuple[HistoryItem, ...], str]:
        """What a session begins with: the conversation so far, and what system messages say. `asked`: a response was
        asked for, so what the user said last, and outputs, stay here to be answered."""
        kept, self._kept, self._chars = self._kept, {}, 0
        self.calls.clear()
        entries = list(kept.items())
        while asked and entries and isinstance(entries[-1][1], UserSaid):
            item_id, said = entries.pop()
            self._kept = {item_id: said, **self._kept}
        system = "\n\n".join(said for _, said in entries if isinstance(said, str))
        return tuple(said for _, said in entries if not isinstance(said, str)), system

    def texts(self) -> str:
        """What the user typed; it is taken."""
        said = [kept.text for kept in self._kept.values() if isinstance(kept, UserSaid)]
        self._kept = {item_id: kept for item_id, kept in self._kept.items() if not isinstance(kept, UserSaid)}
        self._count()
        return "\n\n".join(said)

    def outputs(self) -> list[ToolAnswered]:
        """What tools gave; it is taken."""
        found = [kept for kept in self._kept.values() if isinstance(kept, ToolAnswered)]
        self._kept = {item_id: kept for item_id, kept in self._kept.items() if not isinstance(kept, ToolAnswered)}
        self._count()
        return found

    def _count(self) -> None:
        self._chars = sum(len(str(kept)) for kept in self._kept.values())


def _read(item: Item, item_id: str) -> tuple[Kept, dict[str, Any]]:
    match item:
        case Message():
            text = "\n".join(_text(part, number) for number, part in enumerate(item.content))
            shown = {"id": item_id, "type": "message", "role": item.role}
            if item.role == "assistant":
                return AssistantSaid(text), {**shown, "content": [{"type": "output_text", "text": text}]}
            said: Kept = UserSaid(text) if item.role == "user" else text
            return said, {**shown, "content": [{"type": "input_text", "text": text}]}
        case FunctionCall():
            call_id = item.call_id or item_id
            shown = {"name": item.name, "arguments": item.arguments, "call_id": call_id}
            return ToolCalled(call_id, item.name, item.arguments), {"id": item_id, "type": "function_call", **shown}
        case FunctionCallOutput():
            shown = {"id": item_id, "type": "function_call_output", "call_id": item.call_id, "output": item.output}
            return ToolAnswered(item.call_id, item.output), shown
        case McpApproval():
            raise not_served("MCP is not served here", "item.type")


def _text(part: object, number: int) -> str:
    if isinstance(part, InputText | OutputText):
        return part.text
    if isinstance(part, OutputAudio) and part.transcript is not None:
        return part.transcript
    raise not_served("Items are text here; sound goes into the input buffer", f"item.content[{number}]")
