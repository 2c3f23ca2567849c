"""Tools that the client runs, while they run."""

from collections.abc import Iterable
from dataclasses import dataclass

from speko.events.s2s import ErrorFrame, ToolCallFrame, ToolResult
from speko.providers.s2s import AnswerTool, ToolAnswered, ToolRequested
from speko.realtime.conversation import CallEntry, Conversation
from speko.realtime.engine_side import EngineSide
from speko.realtime.outbox import Outbox
from speko.realtime.responses import Responses

MOST_CALLS = 64
"""Of one session at a time."""
_REMEMBERED = 256


@dataclass(slots=True)
class _Running:
    entry: CallEntry
    by: float


class ToolCalls:
    """The calls of one session that wait for the client. Each is answered once, or fails."""

    def __init__(
        self,
        names: frozenset[str],
        timeout: float,
        *,
        out: Outbox,
        engine: EngineSide,
        conversation: Conversation,
        responses: Responses,
    ) -> None:
        self._names = dict.fromkeys(names)
        """All that the client has declared, the latest last: a response may ask for what was there when it began."""
        self._timeout = timeout
        self._out = out
        self._engine = engine
        self._conversation = conversation
        self._responses = responses
        self._running: dict[str, _Running] = {}
        """Oldest first, so the first is due first."""
        self._seen: dict[str, None] = {}

    def __bool__(self) -> bool:
        return bool(self._running)

    def declare(self, names: Iterable[str]) -> None:
        """The client runs these from now on."""
        for name in names:
            self._names.pop(name, None)
            self._names[name] = None
        while len(self._names) > _REMEMBERED:
            del self._names[next(iter(self._names))]

    def requested(self, event: ToolRequested, now: float) -> None:
        """The response in flight asks for a tool."""
        response = self._responses.live(event.response)
        if response is None or event.call_id in self._seen:
            return
        self._seen[event.call_id] = None
        if len(self._seen) > _REMEMBERED:
            del self._seen[next(iter(self._seen))]
        response.called = True
        entry = self._conversation.called(event.call_id, event.name, event.arguments)
        if event.name not in self._names:
            self._answer(entry, "There is no such tool", now, failed=True)
        elif len(self._running) >= MOST_CALLS:
            self._answer(entry, "Too many tools are running", now, failed=True)
        else:
            self._running[event.call_id] = _Running(entry, now + self._timeout)
            self._out.send(ToolCallFrame(event.call_id, event.name, event.arguments))

    def result(self, frame: ToolResult, now: float) -> None:
        """The client has answered."""
        running = self._running.pop(frame.call_id, None)
        if running is None:
            self._out.send(ErrorFrame("UNKNOWN_TOOL_CALL", "No tool call with this callId waits for a result"))
        else:
            self._answer(running.entry, frame.output_text, now)

    @property
    def due(self) -> float | None:
        """When the oldest call fails."""
        return next((running.by for running in self._running.values()), None)

    def late(self, now: float) -> None:
        """Calls that the client did not answer in time have failed."""
        for running in [running for running in self._running.values() if running.by <= now]:
            del self._running[running.entry.call_id]
            self._answer(running.entry, "The tool did not answer in time", now, failed=True)

    def _answer(self, entry: CallEntry, output: str, now: float, *, failed: bool = False) -> None:
        entry.answer = ToolAnswered(entry.call_id, output, failed)
        self._engine.tell(AnswerTool(entry.call_id, output, failed))
        self._engine.owe(now)
