"""One response of the vendor: its events in their order, whatever becomes of it.

Source: https://platform.openai.com/docs/api-reference/realtime-server-events/response
"""

import asyncio
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from msgspec import UNSET

from speko.providers.errors import ProviderError
from speko.providers.llm import ToolCall
from speko.simulators.faults import FaultKind, Stage
from speko.simulators.openai.realtime.client_events import ResponseParams
from speko.simulators.openai.realtime.config import VoiceId
from speko.simulators.openai.realtime.items import Item, Status, new_id
from speko.simulators.openai.realtime.message import Full, Message
from speko.simulators.openai.realtime.sabotage import Dropped, Failed
from speko.simulators.openai.realtime.seen import SeenResponse
from speko.simulators.openai.realtime.thinking import Asked, Thought, think
from speko.simulators.openai.realtime.usage import Tokens, item_tokens, scripted, text_tokens, usage
from speko.simulators.openai.realtime.voice import speak
from speko.simulators.script import pieces

if TYPE_CHECKING:
    from speko.simulators.openai.realtime.session import Session

_CHARACTERS_PER_DELTA = 12
"""Of a call's arguments."""
_RATE_LIMITS = [
    {"name": "requests", "limit": 10_000, "remaining": 9_999, "reset_seconds": 0.006},
    {"name": "tokens", "limit": 2_000_000, "remaining": 1_995_904, "reset_seconds": 0.123},
]
_ENGINE_FAILED = {"type": "server_error", "code": None, "message": "The server had an error."}


@dataclass(frozen=True, slots=True)
class _Outcome:
    status: str
    details: dict[str, Any] | None = None


_IN_PROGRESS = _Outcome("in_progress")


class Response:
    """A response in flight: `run` it in a task of its own, `task`."""

    def __init__(self, session: "Session", params: ResponseParams, number: int) -> None:
        """`number`: of the session's responses, from 1."""
        config = session.config
        self.id = new_id("resp")
        self.in_conversation = params.conversation == "auto"
        self.task: asyncio.Task[None] | None = None
        self._session = session
        self._params = params
        self._number = number
        self._modalities = _given(params.output_modalities, config.output_modalities)
        self._max_tokens = _given(params.max_output_tokens, config.max_output_tokens)
        self._asked_voice = config.voice
        if params.audio is not UNSET and params.audio.output is not UNSET:
            self._asked_voice = _given(params.audio.output.voice, config.voice)
        self._read = self._cached = Tokens(0, 0)
        self._called = Tokens(0, 0)
        self._output: list[Item] = []
        self._message: Message | None = None
        self._created = False
        self._producing = False
        self._cancelled: str | None = None
        self._seen = SeenResponse(self.id, instructions=_given(params.instructions, None))
        session.seen.responses.append(self._seen)

    async def run(self) -> None:
        """All of it, from `response.created` to `response.done`."""
        try:
            outcome = await self._outcome()
            await self._finish(outcome)
        except Dropped:
            self._seen.status = "dropped"
        finally:
            self._session.finished(self)

    async def cancel(self, reason: str) -> None:
        """Stops it and returns when its last event is sent. `reason`: `turn_detected` or `client_cancelled`."""
        if self._cancelled is None:
            self._cancelled = reason
            if self._producing and self.task is not None:
                self.task.cancel()
        if self.task is not None:
            await asyncio.wait({self.task})

    async def _outcome(self) -> _Outcome:
        self._producing = True
        try:
            if self._cancelled is None:
                await self._produce()
        except asyncio.CancelledError:
            if self._cancelled is None:
                raise
        except Full:
            return _Outcome("incomplete", {"type": "incomplete", "reason": "max_output_tokens"})
        except Failed as failed:
            return _Outcome("failed", {"type": "failed", "error": failed.members})
        except ProviderError:
            return _Outcome("failed", {"type": "failed", "error": _ENGINE_FAILED})
        finally:
            self._producing = False
        if self._cancelled is not None:
            return _Outcome("cancelled", {"type": "cancelled", "reason": self._cancelled})
        return _Outcome("completed")

    async def _produce(self) -> None:
        session = self._session
        await session.saboteur.strike(Stage.RESPONSE, self._number)
        await self._create()
        thought = await self._think()
        for call in thought.calls:
            await self._call(call)
        if not thought.text:
            return
        item = Item(new_id("item"), "message", "assistant", "in_progress")
        where = await self._add(item)
        self._message = Message(session, item, where, number=self._number, seen=self._seen, max_tokens=self._max_tokens)
        sounds = "audio" in self._modalities
        await self._message.begin("output_audio" if sounds else "output_text")
        words = await speak(thought.text, session.script, session.engines, session.config.speed) if sounds else []
        await session.saboteur.strike(Stage.FIRST_AUDIO, self._number)
        if sounds:
            await self._message.say(words)
        else:
            await self._message.write(thought.text)

    async def _think(self) -> Thought:
        session, params, config = self._session, self._params, self._session.config
        items = await session.context(params)
        if session.script.first_byte:
            await asyncio.sleep(session.script.first_byte)
        asked = Asked(
            items,
            _given(params.instructions, config.instructions),
            config.instructions,
            _given(params.tools, config.tools),
            _given(params.tool_choice, config.tool_choice),
        )
        self._seen.session_instructions = asked.session_instructions
        self._seen.tools = [tool.name for tool in asked.tools] if asked.tool_choice != "none" else []
        head = asked.instructions + "".join(str(tool) for tool in asked.tools)
        parts: list[tuple[object, Tokens]] = [(head, Tokens(text_tokens(head), 0))]
        parts += [((item.id, item.text, item.audio_ms), item_tokens(item)) for item in items]
        self._read = Tokens(sum(tokens.text for _, tokens in parts), sum(tokens.audio for _, tokens in parts))
        if self.in_conversation:
            self._cached = session.cache.take(parts)
        if session.saboteur.suffers(FaultKind.EMPTY, self._number):
            return Thought("")
        return await think(asked, session.script, session.engines)

    async def _call(self, call: ToolCall) -> None:
        saboteur = self._session.saboteur
        item = Item(new_id("item"), "function_call", status="in_progress", call_id=call.id, name=call.name)
        where = {**await self._add(item), "call_id": call.id}
        self._seen.calls.append(call.name)
        deltas = pieces(call.args, -(-len(call.args) // _CHARACTERS_PER_DELTA)) if call.args else ()
        for index, delta in enumerate(deltas):
            if index == len(deltas) // 2:
                await saboteur.strike(Stage.CALL, self._number)
            await self._session.send("response.function_call_arguments.delta", **where, delta=delta)
            item.arguments += delta
        self._called = self._called.plus(Tokens(text_tokens(call.name + call.args), 0))
        done = {"name": call.name, "arguments": item.arguments}
        await self._session.send("response.function_call_arguments.done", **where, **done)
        await self._item_done(item, "completed")

    async def _create(self) -> None:
        self._created = True
        await self._session.send("response.created", response=self._shown(_IN_PROGRESS))
        await self._session.send("rate_limits.updated", rate_limits=_RATE_LIMITS)

    async def _finish(self, outcome: _Outcome) -> None:
        if not self._created:
            await self._create()
        if self._session.saboteur.suffers(FaultKind.TRUNCATED, self._number):
            raise Dropped
        if self._message is not None:
            await self._message.end()
        status: Status = "completed" if outcome.status == "completed" else "incomplete"
        for item in self._output:
            if item.status == "in_progress":
                await self._item_done(item, status)
        self._seen.status = outcome.status
        self._session.finished(self)
        shown = self._shown(outcome)
        await self._session.send("response.done", response=shown)
        self._seen.usage = shown["usage"]

    async def _add(self, item: Item) -> dict[str, Any]:
        """Shows a new item; returns what its events have in common."""
        session, index = self._session, len(self._output)
        self._output.append(item)
        where = {"response_id": self.id, "output_index": index}
        await session.send("response.output_item.added", **where, item=item.shown())
        if self.in_conversation:
            before = session.conversation.add(item)
            await session.send("conversation.item.added", previous_item_id=before, item=item.shown())
        return {**where, "item_id": item.id}

    async def _item_done(self, item: Item, status: Status) -> None:
        item.status = status
        where = {"response_id": self.id, "output_index": self._output.index(item)}
        if self.in_conversation:
            before = self._session.conversation.before(item)
            await self._session.send("conversation.item.done", previous_item_id=before, item=item.shown())
        await self._session.send("response.output_item.done", **where, item=item.shown())

    def _shown(self, outcome: _Outcome) -> dict[str, Any]:
        script, done = self._session.script, outcome.status != "in_progress"
        said = self._called.plus(self._message.tokens) if self._message is not None else self._called
        counted = scripted(script.usage) if script.usage else usage(self._read, self._cached, said)
        voice = self._asked_voice.id if isinstance(self._asked_voice, VoiceId) else self._asked_voice
        return {
            "object": "realtime.response",
            "id": self.id,
            "status": outcome.status,
            "status_details": outcome.details,
            "output": [item.shown() for item in self._output] if done else [],
            "conversation_id": self._session.conversation_id if self.in_conversation else None,
            "output_modalities": self._modalities,
            "max_output_tokens": self._max_tokens,
            "audio": {"output": {"format": {"type": "audio/pcm", "rate": 24000}, "voice": voice}},
            "usage": counted if done and script.report_usage else None,
            "metadata": self._params.metadata,
        }


def _given(value: Any, otherwise: Any) -> Any:
    return otherwise if value is UNSET else value
