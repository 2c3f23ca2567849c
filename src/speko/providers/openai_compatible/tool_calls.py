"""Puts together tool calls that arrive in pieces."""

import uuid
from dataclasses import dataclass, field

import msgspec

from speko.providers.errors import MalformedResponse
from speko.providers.llm import ToolCall
from speko.providers.openai_compatible.chat_wire import ToolCallDelta

_MAX_ARGUMENTS = 2**20


@dataclass(slots=True)
class _Partial:
    id: str = ""
    name: str = ""
    arguments: list[str] = field(default_factory=list)


class ToolCallAssembler:
    """The tool calls of one answer, by the index that the vendor gives them.

    Some servers leave the index out or use 0 for every call: a new id then begins a new call.
    """

    def __init__(self) -> None:
        self._calls: list[_Partial] = []
        self._by_index: dict[int, _Partial] = {}
        self._size = 0

    def __bool__(self) -> bool:
        return bool(self._calls)

    def add(self, delta: ToolCallDelta) -> None:
        """Takes one piece.

        Raises:
            MalformedResponse: the arguments outgrow all reason.
        """
        index = delta.index or 0
        partial = self._by_index.get(index)
        if partial is None or (delta.id and partial.id and delta.id != partial.id):
            partial = self._by_index[index] = _Partial()
            self._calls.append(partial)
        partial.id = partial.id or delta.id or ""
        function = delta.function
        if function is None:
            return
        partial.name = partial.name or function.name or ""
        if function.arguments:
            self._size += len(function.arguments)
            if self._size > _MAX_ARGUMENTS:
                raise MalformedResponse("the arguments of the tool calls are too large")
            partial.arguments.append(function.arguments)

    def take(self) -> list[ToolCall]:
        """All calls, complete.

        Raises:
            MalformedResponse: a call has no name, or its arguments are not JSON.
        """
        calls = [_complete(partial) for partial in self._calls]
        self._calls.clear()
        self._by_index.clear()
        return calls


def _complete(partial: _Partial) -> ToolCall:
    if not partial.name:
        raise MalformedResponse("a tool call has no name")
    arguments = "".join(partial.arguments).strip()
    if arguments in ("", "null"):  # what some servers send for a tool without parameters
        arguments = "{}"
    try:
        msgspec.json.decode(arguments)
    except msgspec.DecodeError:
        raise MalformedResponse("the arguments of a tool call are not JSON") from None
    return ToolCall(partial.id or f"call_{uuid.uuid4().hex}", partial.name, arguments)
